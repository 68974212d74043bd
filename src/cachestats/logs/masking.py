"""Step numbers that a CI system took for a secret and printed as `***`."""

from __future__ import annotations

import re

__all__ = ["MASKED", "unmasked"]

MASKED = "step numbers were masked as ***: those that are missing were put in"

# All that is `22` is masked if a secret is `22`: `#*** DONE`, and `#1***` is 122.
_HIDDEN = re.compile(rb"(?<![^\s])#(\d*)\*\*\*(\d*)(?= )")
_SHOWN = re.compile(rb"(?<![^\s])#(\d{1,5}) ")
# How far behind the last number that is shown a masked one may lie.
_BEHIND = 20


def unmasked(data: bytes) -> bytes | None:
    """Put masked step numbers back, where one secret explains them best.

    BuildKit numbers steps without a gap. The secret is one whose numbers are all missing among
    those that are printed; of several the one that leaves the fewest gaps.

    Returns:
        The log with its numbers; None if none is masked, or no secret is the best.
    """
    # Looking for one byte costs a tenth of looking for three, and few logs have it.
    if b"*" not in data or not (hidden := set(_HIDDEN.findall(data))):
        return None
    shown = {int(number) for number in _SHOWN.findall(data)}
    last = max(shown, default=0) + _BEHIND
    gaps: dict[int, list[bytes]] = {}
    for number in range(1, last + 1):
        secret = b"%d" % number
        masked = {int(before + secret + after) for before, after in hidden}
        if max(masked) <= last and not any(secret in b"%d" % other for other in shown):
            numbers = shown | masked
            gaps.setdefault(max(numbers) - len(numbers - {0}), []).append(secret)
    best = gaps[min(gaps)] if gaps else []
    if len(best) != 1:
        return None
    return _HIDDEN.sub(lambda found: b"#" + found[1] + best[0] + found[2], data)
