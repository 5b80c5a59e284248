"""Numbers in Chinese characters: 三十五, 一千三百, 二〇一七, 壹万贰仟, and 1千3百.

Belongs here: the exact value of a numeral, or None. What may mean two numbers is none: 一千三 (1003 or 1300), 三五,
二三十, 一二三. Not by cn2an: its normal mode reads 一千三 as 1300 and 三五 as 35 in silence, its strict mode knows
neither 二〇一七 nor 两百零三. Does not belong here: what stands around it (``pipelines.readers.numbers``).
"""

from __future__ import annotations

import re
from typing import Final

NUMERAL: Final = "〇○零一二三四五六七八九十百千万亿两廿卅卌壹贰叁肆伍陆柒捌玖拾佰仟貳參陸萬億兩"
"""every character of a numeral"""
_PLAIN: Final = str.maketrans(
    dict(zip("○〇壹贰叁肆伍陆柒捌玖拾佰仟貳參陸萬億兩", "零零一二三四五六七八九十百千二三六万亿两", strict=True))
    | {"廿": "二十", "卅": "三十", "卌": "四十"}
)
_DIGITS: Final = "零一二三四五六七八九"
_FROM_ARABIC: Final = str.maketrans("0123456789", _DIGITS)
_SCALES: Final = {"十": 10, "百": 10**2, "千": 10**3}
_LARGE_SCALES: Final = {"万": 10**4, "亿": 10**8}

# a lone digit after a scale needs its 零: without it, 一千三 may be 1003 or 1300
_D: Final = "[一二三四五六七八九]"
_TENS: Final = f"{_D}?十{_D}?"
_HUNDREDS: Final = f"{_D}百(?:零{_D}|{_TENS})?"
_THOUSANDS: Final = f"{_D}千(?:零{_D}|零?{_TENS}|{_HUNDREDS})?"
_SECTION: Final = f"(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS}|{_D})"
_REST: Final = f"(?:零?(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS})|零{_D})"
_NUMBER: Final = re.compile(f"{_SECTION}亿(?:零?{_SECTION}万{_REST}?|{_REST})?|{_SECTION}万{_REST}?|{_SECTION}")
_POSITIONS: Final = re.compile(f"(?:{_D}[零一二三四五六七八九]{{3,}}|{_D}+零[零一二三四五六七八九]*)")


def numeral(text: str) -> int | None:
    """The number that ``text`` says as a whole, below 10**12; digits of both kinds may be mixed (1千3百).

    None where it is no numeral or may mean more than one number.
    """
    if re.search("[0-9]{2}", text) or text.isascii():
        return None
    plain = re.sub("两(?=[百千万亿])", "二", text.translate(_PLAIN).translate(_FROM_ARABIC))
    if plain in {"零", "两"}:
        return "零一两".index(plain)
    if _POSITIONS.fullmatch(plain):
        return int("".join(str(_DIGITS.index(digit)) for digit in plain))
    return _value(plain) if _NUMBER.fullmatch(plain) else None


def _value(plain: str) -> int:
    total = section = digit = 0
    for char in plain:
        if char in _LARGE_SCALES:
            total += (section + digit) * _LARGE_SCALES[char]
            section = digit = 0
        elif char in _SCALES:
            section += (digit or 1) * _SCALES[char]
            digit = 0
        else:
            digit = _DIGITS.index(char)
    return total + section + digit
