(() => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const config = read("config");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const PRINTED_WIDTH = 680;
  const draw = (theme, width) => {
    for (const place of document.querySelectorAll(".plot")) {
      const drawn = read(`${place.id}-${theme}`);
      const size = width ? { width, autosize: false } : { autosize: true };
      place.style.height = `${drawn.layout.height}px`;
      Plotly.react(place, drawn.data, { ...drawn.layout, ...size }, config);
    }
  };
  const onScreen = () => draw(prefersDark.matches ? "dark" : "light");
  onScreen();
  prefersDark.addEventListener("change", onScreen);
  addEventListener("beforeprint", () => draw("light", PRINTED_WIDTH));
  addEventListener("afterprint", onScreen);
})();
