"""What a number format prints beside the digits, where it changes what the number says.

Belongs here: percent, thousands left out, and the words of a format (0"万元", "约"0). Does not belong here: dates
(calamine tells them), rounding and separators (a figure is read as it is stored), colours, and what only zeros or
negative numbers look like.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

BUILT_IN: Final = {9: "0%", 10: "0.00%"}
"""the numbered formats of Excel that change what is read"""
_TOKEN: Final = re.compile(
    r"""(?P<skipped>\[[^\]]*\]|[_*].)|"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)
        |(?P<digit>General|G/通用格式|[0#?])|(?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_WORDS: Final = re.compile("[一-鿿%]+")
_DATE: Final = re.compile("[ymdhse]", re.IGNORECASE)
_LONGEST: Final = 255
"""characters of a number format, by the standards"""


class Shown(NamedTuple):
    """What is printed for a number: ``prefix``, the number times ``factor``, ``suffix``."""

    factor: Decimal
    prefix: str
    suffix: str

    def text(self, number: Decimal) -> str:
        """The number as a person reads it, every stored digit kept."""
        return f"{self.prefix}{plain(number * self.factor)}{self.suffix}"


def plain(number: Decimal) -> str:
    """The digits without an exponent and without zeros at the end: 12, 0.3, 100000."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=1024)
def shown(code: str) -> Shown | None:
    """What the format says beside the digits; None where it says nothing but the number."""
    if len(code) > _LONGEST:
        return None
    factor = Decimal(1)
    before, after = "", ""
    digits_since_point, has_point, commas = 0, False, 0
    is_begun = False
    for token in _TOKEN.finditer(code):
        literal = token["quoted"] or token["escaped"] or ""
        other = token["other"] or ""
        if other == ";":
            break
        if token["digit"]:
            # words between digits belong to no number that could be read
            is_begun, after, commas = True, "", 0
            digits_since_point += has_point
        elif token["escaped"] == "." and is_begun:
            # 0!.0, prints ten thousands: a point that is drawn, not counted
            has_point = True
        elif other == "," and is_begun:
            commas += 1
        elif other == "%":
            factor *= 100
            after += "%"
        elif other and _DATE.match(other):
            return None
        elif is_begun:
            after += literal + other
        else:
            before += literal + other
    prefix, suffix = ("".join(_WORDS.findall(text)) for text in (before, after))
    factor *= Decimal(1).scaleb(-3 * commas - digits_since_point)
    return Shown(factor, prefix, suffix) if is_begun and (prefix or suffix or factor != 1) else None
