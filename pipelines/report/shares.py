"""Shares of a whole that add up to exactly 100 %: the one rule of the annual report.

Belongs here: rounding. Does not belong here: which figures are parts of what (``schemas/report_phrases.yaml``).

The rule: two decimals; where the shares, each rounded half up, do not add up to 100 with two, then one, three or four
decimals, the first of these with which they do. So each printed share is the rounded one, which rule N02 asks for, and
the sum is 100. Where no number of decimals does it (three equal parts never do), two decimals by largest remainder
(Hamilton): all are cut off, and what is missing goes in last places to the largest remainders, of equal ones to the
first. A share that this leaves on another value than its own rounding is told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

RULE: Final = (
    "各项占比取两位小数；各项四舍五入后合计不是百分之百的，改取一位、三位或四位小数中最先能恰好合计的一种；"
    "都不能的，取两位小数，按最大余额法分配末位，末位有调整的占比前加“{moved}”。"
)
"""how the report states it; without figures, which would be read as figures of the report"""
_DECIMALS: Final = (2, 1, 3, 4)
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Share:
    """A percentage as printed; ``is_moved`` where it is not the exact one rounded half up."""

    percent: Decimal
    is_moved: bool = False


def shares(parts: Sequence[Decimal], whole: Decimal) -> list[Share] | None:
    """The share of every part, in order; None where they are no parts of the whole: it is zero, or not their sum."""
    if whole <= 0 or sum(parts) != whole or min(parts) < 0:
        return None
    exact = [Fraction(part) / Fraction(whole) * _WHOLE for part in parts]
    for decimals in _DECIMALS:
        rounded = [half_up(value, decimals) for value in exact]
        if sum(rounded) == _WHOLE:
            return [Share(percent) for percent in rounded]
    return _largest_remainder(exact, _DECIMALS[0])


def half_up(value: Fraction, decimals: int) -> Decimal:
    """``value`` rounded half up, exactly: a quotient is never rounded twice."""
    steps = value * 10**decimals + Fraction(1, 2)
    return _in_steps(steps.numerator // steps.denominator, decimals)


def _largest_remainder(exact: Sequence[Fraction], decimals: int) -> list[Share]:
    scaled = [value * 10**decimals for value in exact]
    steps = [value.numerator // value.denominator for value in scaled]
    missing = _WHOLE * 10**decimals - sum(steps)
    by_remainder = sorted(range(len(steps)), key=lambda place: steps[place] - scaled[place])
    for place in by_remainder[:missing]:
        steps[place] += 1
    given = [_in_steps(step, decimals) for step in steps]
    return [Share(percent, percent != half_up(value, decimals)) for percent, value in zip(given, exact, strict=True)]


def _in_steps(steps: int, decimals: int) -> Decimal:
    return Decimal(steps).scaleb(-decimals)
