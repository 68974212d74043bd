"""The look that all figures share: colours, fonts, title, legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import plotly.graph_objects as go

from cachestats.figures.text import words
from cachestats.schema import Cause, MissClass, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["CONFIG", "OTHER", "Ink", "figure", "ink", "key", "nothing", "palette"]

OTHER = "other_steps"
Entry = tuple[str, str, str]
Ink = Literal["text", "faint", "grid", "paper"]

# Chosen so that any two of a theme stay apart in the eyes of people with protanopia,
# deuteranopia and without either (tests/figures/test_theme.py measures it). Legitimate causes
# are blue, structural ones purple, avoidable ones warm.
CAUSES: dict[str, str] = {
    Cause.FIRST_SEEN: "#57AAFF",
    Cause.PREVIOUS_FAILURE: "#447AAD",
    Cause.INSTRUCTION_EDIT: "#1267C4",
    Cause.CONTENT_CHANGE: "#685EFF",
    Cause.BASE_IMAGE_UPDATE: "#4012AC",
    Cause.VOLATILE_VALUE: "#A698AF",
    Cause.ENVIRONMENT_CHANGE: "#91426B",
    Cause.COLD_BUILDER: "#F08A00",
    Cause.IMPORT_FAILED: "#BB5C09",
    Cause.IMPORT_EMPTY: "#F7B16A",
    Cause.NOT_EXPORTED: "#EFF142",
    Cause.EVICTED: "#802000",
    Cause.NO_CACHE_FLAG: "#F70054",
    Cause.CASCADE: "#C4BAF4",
    Cause.UNKNOWN: "#A19C83",
}
CLASSES = {
    MissClass.STRUCTURAL: CAUSES[Cause.VOLATILE_VALUE],
    MissClass.AVOIDABLE: CAUSES[Cause.COLD_BUILDER],
}
# What is no miss stays near the paper, so that misses catch the eye.
CALM: dict[bool, dict[str, str]] = {
    False: {Standing.HIT: "#C9DEAC", Standing.NOT_REACHED: "#E9ECEF", OTHER: "#DDD5DD"},
    True: {Standing.HIT: "#0E753E", Standing.NOT_REACHED: "#20252D", OTHER: "#28333C"},
}
INKS: dict[bool, dict[Ink, str]] = {
    False: {"text": "#1F2933", "faint": "#5B6672", "grid": "#E3E7EB", "paper": "#FFFFFF"},
    True: {"text": "#E6EAEE", "faint": "#A3ADB8", "grid": "#333A44", "paper": "#14181E"},
}
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

TITLE_HEIGHT, LINE_HEIGHT = 48, 16
ALONE = 12
"""plotly sets a single line of notes lower than the first of several."""

AXIS_HEIGHT, ENTRY_HEIGHT = 60, 20
EMPTY_HEIGHT = 180
KEY_WIDTH, KEY_GAP = 60, 5
FULL, HOLLOW = "■", "□"

LEGEND = {
    "orientation": "h",
    "traceorder": "normal",
    "x": 0,
    "xref": "container",
    "y": 0,
    "yanchor": "bottom",
    "yref": "container",
}

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,
    "typesetMath": False,
}
"""Configuration for `to_html` and `show`; it leaves out plotly's button that uploads a figure."""


def palette(*, dark: bool = False) -> dict[str, str]:
    """Return the colours by `Cause`, `hit`, `not_reached` and `other_steps`.

    The colours of causes are the same on either ground.

    Args:
        dark: Whether they stand on a dark ground.
    """
    return {**CAUSES, **CALM[dark]}


def ink(kind: Ink, *, dark: bool) -> str:
    """Return the colour of text, of faint text, of grid lines or of the paper."""
    return INKS[dark][kind]


def figure(
    traces: Sequence[Any], *, title: str, notes: Sequence[str] = (), height: int, dark: bool
) -> go.Figure:
    """Make a figure of traces, with its title, notes below that, and the legend at its foot.

    Args:
        traces: Traces of plotly.
        title: Title, escaped.
        notes: Lines below the title, escaped, each short enough for a telephone.
        height: Pixels of the plot, without title and legend.
        dark: Whether to draw on a dark ground.
    """
    top = TITLE_HEIGHT + LINE_HEIGHT * len(notes) + (ALONE if len(notes) == 1 else 0)
    # On a telephone two entries stand side by side.
    entries = sum(bool(trace.name) and trace.showlegend is not False for trace in traces)
    legend = ENTRY_HEIGHT * -(-entries // 2)
    made = go.Figure(list(traces), layout={"template": _template(dark=dark)})
    made.update_layout(
        title={"text": title, "subtitle": {"text": "<br>".join(notes)}},
        height=top + height + AXIS_HEIGHT + legend,
        margin={"t": top},
    )
    return made


def nothing(title: str, *, dark: bool, why: str = "no data") -> go.Figure:
    """Make the figure of an empty table: its title, and that there is nothing to show."""
    made = figure([], title=title, height=EMPTY_HEIGHT, dark=dark)
    made.update_layout(xaxis_visible=False, yaxis_visible=False)
    made.add_annotation(
        text=why, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font_size=16
    )
    return made


def key(states: Iterable[str], *, dark: bool, more: Sequence[Entry] = ()) -> list[str]:
    """Explain colours in lines of a note: a legend of plotly would not fit beside wide names.

    Args:
        states: Keys of `palette` in the order to name them.
        dark: Whether the figure is drawn on a dark ground.
        more: Mark, colour and meaning of what else there is to explain.
    """
    colours = palette(dark=dark)
    entries = [
        *((HOLLOW if s == Standing.NOT_REACHED else FULL, colours[s], words(s)) for s in states),
        *more,
    ]
    written, used = [""], 0
    for mark, colour, meaning in entries:
        length = len(meaning) + KEY_GAP
        if used and used + length > KEY_WIDTH:
            written, used = [*written, ""], 0
        written[-1] += f'<span style="color:{colour}">{mark}</span> {meaning}   '
        used += length
    return written


def _template(*, dark: bool) -> go.layout.Template:
    inks = INKS[dark]
    axis = _axis(inks)
    layout = go.Layout(
        font={"family": FONTS, "size": 12, "color": inks["text"]},
        paper_bgcolor=inks["paper"],
        plot_bgcolor=inks["paper"],
        title=_title(inks),
        margin={"l": 12, "r": 12, "b": AXIS_HEIGHT, "pad": 2},
        legend=LEGEND,
        hoverlabel={
            "align": "left",
            "bgcolor": inks["paper"],
            "bordercolor": inks["faint"],
            "font": {"color": inks["text"], "family": FONTS, "size": 12},
        },
        hovermode="closest",
        dragmode=False,
        modebar={"remove": ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"]},
        xaxis=axis,
        yaxis=axis,
        bargap=0.25,
    )
    return go.layout.Template(layout=layout)


def _title(inks: dict[Ink, str]) -> dict[str, Any]:
    return {
        "font": {"size": 17},
        "x": 0,
        "xanchor": "left",
        "xref": "container",
        "y": 1,
        "yanchor": "top",
        "yref": "container",
        "pad": {"l": 12, "t": 14},
        "subtitle": {"font": {"size": 12, "color": inks["faint"]}},
    }


def _axis(inks: dict[Ink, str]) -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": inks["grid"],
        "linecolor": inks["grid"],
        "tickfont": {"color": inks["text"], "size": 11},
        "title": {"font": {"color": inks["faint"], "size": 12}},
        "ticks": "",
        "zeroline": False,
    }
