"""From the printed text of a cell to its number, or to the reason why there is none.

Belongs here: digits of both widths, separators, signs, units, qualifiers and notes in a cell. A number is never rounded
and never guessed: what may be read in two ways is uncertain, and what is something else is told as what it is. Does not
belong here: numbers in Chinese characters (``pipelines.readers.numerals``), whether the form allows the number
(``schemas.cells``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

from pipelines.readers.not_numbers import ARABIC, UNIT, doubt_in_note, what_else
from pipelines.readers.numerals import NUMERAL, numeral

ROUGH: Final = "约数："
"""begins what the note of a qualified figure says of it; the judging SQL knows it too"""
_LONGEST: Final = 200
"""characters of a cell that may still be a number with a note"""
_EXACT: Final = Context(prec=2 * _LONGEST)
_DIGITS: Final = 11
"""whole digits of one figure: the sums of a thousand organs still fit into DECIMAL(18,4)"""
_DECIMALS: Final = 4

_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
_BLANK: Final = "".join(filter(str.isspace, map(chr, range(0x10000)))) + _ZERO_WIDTH
# one character for one, so that a note can be cut out of what was printed; not NFKC: it makes a digit of what is a
# footnote mark (12① would read 121)
_HALF_WIDTH: Final = (
    {0xFF01 + offset: 0x21 + offset for offset in range(94)}
    | {0x3000: " ", 0x2212: "-", 0xFE63: "-", 0xFE62: "+", 0xFFE5: "¥", ord("圆"): "元"}
    | dict(zip(map(ord, "〔【［〕】］"), "((()))", strict=True))
    | {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
)
_NOT_APPLICABLE: Final = re.compile(r"[-‐‑‒–—―─⸺⸻]+|/+|无|不适用|N/?A", re.IGNORECASE)

_PRINTED: Final = re.compile(
    rf"""(?P<about>大约|约为?|将近|接近|近|超过?|逾|不足|不到|不少于|至少|至多|最多|多达|[><≥≤≈])?\s*
        (?P<sign>[+-]|负)?\s*(?P<currency>人民币|¥)?\s*
        (?:(?P<number>{ARABIC})\s*(?P<odd>[余多几])?(?P<scale>万亿|[百千万亿])??|(?P<words>[0-9{NUMERAL}]+?))
        (?P<odd_too>[余多几来])?\s*(?P<unit>{UNIT})?(?P<odd_last>[余多])?\s*
        (?P<over>以上|以下|以内|左右|上下|多)?。?""",
    re.VERBOSE,
)
SCALES: Final = {"百": 10**2, "千": 10**3, "万": 10**4, "亿": 10**8, "万亿": 10**12}
_QUALIFIERS: Final = ("about", "odd", "odd_too", "odd_last", "over")
_UNIT_NOTE: Final = re.compile(rf"(?:单位:?)?\s*({UNIT})")
_IN_YUAN: Final = {"元": Decimal(1), "千元": Decimal(1000), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
_LOOK_ALIKES: Final = frozenset({"一", "○"})
"""alone in a cell they may be a stroke and a circle"""
_PERSONS: Final = frozenset({"人", "人次", "名", "位"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cell's number and state. ``remark`` is '' or the rule (V06, V09, V10) and ``message`` what it says.

    Only a reported cell has a value; of a rough figure the note says how it is qualified.
    """

    value: Decimal | None
    state: str
    note: str = ""
    remark: str = ""
    message: str = ""


class _NoNumberError(Exception):
    """The text is no number for certain; its arguments are the state, what is said, and the note that is kept."""


def parse_number(printed: str, unit: str) -> Parsed:
    """The number that ``printed`` says in the form's ``unit`` ('': unknown, and nothing contradicts it).

    A unit of money that differs from the form's is converted, because it is printed; note and message say so. A rough
    figure (约22, 460余) is uncertain: the form asks for a count, and what is added up must not pass for exact.
    """
    original = printed.strip(_BLANK)
    text = original.translate(_HALF_WIDTH)
    if not text:
        return Parsed(None, "blank")
    if len(text) > _LONGEST:
        return Parsed(None, "not_a_number", remark="V06", message="不是数字")
    try:
        figure, notes = _without_notes(text, original)
        if _NOT_APPLICABLE.fullmatch("".join(figure.split())) and not any(map(str.isdigit, text)):
            return Parsed(None, "not_applicable", "；".join(notes))
        return _figure(_matched(figure), notes, unit)
    except _NoNumberError as error:
        state, message, *note = error.args
        return Parsed(None, state, "".join(note), "V10" if state == "uncertain" else "V06", message)


def _matched(figure: str) -> re.Match[str]:
    match = _PRINTED.fullmatch(figure)
    if match is None or figure in _LOOK_ALIKES or (match["words"] and numeral(match["words"]) is None):
        raise _NoNumberError(*what_else(figure))
    return match


def _figure(match: re.Match[str], notes: list[str], unit: str) -> Parsed:
    """The figure that ``match`` found, with what stands beside it."""
    printed_unit, said = _unit_and_notes(match, notes)
    if reason := _contradiction(printed_unit, unit, match[0]):
        raise _NoNumberError(*reason)
    qualifier = "".join(match[name] or "" for name in _QUALIFIERS)
    if qualifier:
        raise _NoNumberError("uncertain", f"是约数（{qualifier}），统计表要准确的数", ROUGH + qualifier)
    factor = unit_factor(printed_unit, unit) or Decimal(1)
    digits, scale = _digits(match), SCALES.get(match["scale"] or "", 1)
    value = exact(digits, factor * scale)
    if value is None:
        if _EXACT.multiply(abs(Decimal(digits)), factor * scale) >= 10**_DIGITS:
            raise _NoNumberError("not_a_number", f"数字超过{_DIGITS}位整数")
        raise _NoNumberError("uncertain", f"小数超过{_DECIMALS}位，可能是计算留下的误差，无法断定准确的数")
    if match["words"] or match["scale"]:
        said.append(f"“{match[0]}”读作{_EXACT.divide(value, factor).normalize(_EXACT):f}{printed_unit}")
    elif printed_unit:
        said.append(f"单位：{printed_unit}")
    if factor != 1:
        said[-1] += f"，已换算为{unit}"
    elif unit and printed_unit and (printed_unit in _PERSONS) != (unit in _PERSONS):
        said[-1] += f"，与表样的“{unit}”不同"
    note = "；".join(filter(None, said))
    if note:
        return Parsed(value, "reported", note, "V09", f"数字旁另有文字（{note}），已分开保存")
    return Parsed(value, "reported")


def _unit_and_notes(match: re.Match[str], notes: list[str]) -> tuple[str, list[str]]:
    """The unit behind the figure or alone in brackets, and the other notes."""
    unit = (match["unit"] or "").removesuffix("整") or ("元" if match["currency"] else "")
    others = []
    for note in notes:
        narrow = note.translate(_HALF_WIDTH)
        if not unit and (bracketed := _UNIT_NOTE.fullmatch(narrow)):
            unit = bracketed[1]
        elif doubt := doubt_in_note(narrow):
            raise _NoNumberError("uncertain", doubt, note)
        else:
            others.append(note)
    return unit, others


def _contradiction(printed_unit: str, unit: str, figure: str) -> tuple[str, str] | None:
    """State and message where the figure is printed in a unit that its cell cannot have."""
    if printed_unit == "%" and unit != "%":
        return "not_a_number", "是比例，不是件数"
    if unit and printed_unit and (printed_unit in _IN_YUAN) != (unit in _IN_YUAN):
        return "uncertain", f"写的单位是“{printed_unit}”，这一格应为“{unit}”，无法断定数字是否填错了格"
    if unit in _IN_YUAN and unit != "元" and not printed_unit and re.search("[万亿]", figure):
        # 1.5亿 in a cell of 万元 is one and a half of 亿元 rather than of 亿万元
        return "uncertain", f"没有写明单位，这一格按“{unit}”填，无法断定是多少{unit}"
    return None


def _without_notes(text: str, original: str) -> tuple[str, list[str]]:
    """What stands outside brackets, and what in each, as printed.

    The text itself comes back where it begins with a bracket, brackets do not close, or anything but a unit follows
    the first.
    """
    depth = opened = 0
    outside = ""
    notes: list[str] = []
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "(" and depth == 1:
            opened = at + 1
        elif char == ")" and depth == 0:
            notes.append(original[opened:at].strip(_BLANK))
        elif depth == 0:
            outside += char
        elif depth < 0:
            return text, []
    before = text.partition("(")[0]
    behind = outside[len(before) :].strip()
    has_unit = re.search(f"{UNIT}$", before.strip())
    is_all_in_brackets = not before.strip("+- ") and any(map(str.isdigit, text))
    if depth or is_all_in_brackets or (behind and (has_unit or not re.fullmatch(UNIT, behind))):
        return text, []
    # a run of blanks would be tried in every way
    return re.sub(r"\s{2,}", " ", f"{before.strip()}{behind}"), notes


def _digits(match: re.Match[str]) -> str:
    """The number as Decimal reads it."""
    sign = "-" if match["sign"] in {"-", "负"} else ""
    return sign + (re.sub(r"[,\s]", "", match["number"]) if match["number"] else str(numeral(match["words"])))


def unit_factor(printed_unit: str, unit: str) -> Decimal | None:
    """What turns a figure printed in one unit of money into another; None where either is not money."""
    if printed_unit in _IN_YUAN and unit in _IN_YUAN:
        return _IN_YUAN[printed_unit] / _IN_YUAN[unit]
    return None


def exact(digits: str, factor: Decimal) -> Decimal | None:
    """The number itself, or None where it has more digits than a cell of the warehouse."""
    value = _EXACT.multiply(Decimal(digits), factor)
    if not value:
        return Decimal(0)
    value = value.normalize(_EXACT)
    exponent = value.as_tuple().exponent
    is_too_fine = isinstance(exponent, int) and -exponent > _DECIMALS
    return None if value.adjusted() >= _DIGITS or is_too_fine else value
