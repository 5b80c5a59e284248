"""From the printed text of a cell to its number, or to the reason why there is none.

Belongs here: digits of both widths, separators, signs, units and notes in a cell. A number is never rounded and never
guessed: what does not parse as a whole is "not a number". Does not belong here: whether the form allows the number
(``schemas.cells``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

_NOT_APPLICABLE: Final = re.compile(r"[-‐‑‒–—―─]+|/+|无|不适用|N/?A", re.IGNORECASE)
# not NFKC: it makes a digit of what is a footnote mark (12① would read 121)
_HALF_WIDTH: Final = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: " ", 0x2212: "-", 0xFE63: "-"}
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
_PRINTED: Final = re.compile(
    r"""(?P<number>[+-]?\s*(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\s*
        (?:(?P<unit>万元|亿元|元|人次|[件条项次期篇份场个人%])\s*)?
        (?:\((?P<note>[^()]*)\))?""",
    re.VERBOSE,
)
_UNIT_NOTE: Final = re.compile(r"(?:单位:?)?\s*(万元|亿元|元)")
_IN_YUAN: Final = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
_LONGEST: Final = 200
"""characters of a cell that may still be a number with a note"""
_EXACT: Final = Context(prec=2 * _LONGEST)
_DIGITS: Final = 11
"""whole digits of one figure: the sums of a thousand organs still fit into DECIMAL(18,4)"""
_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cell's number and state. ``remark`` is '' or the rule (V06, V09) and ``message`` what it says."""

    value: Decimal | None
    state: str
    note: str = ""
    remark: str = ""
    message: str = ""


def parse_number(printed: str, unit: str) -> Parsed:
    """The number that ``printed`` says in the form's ``unit``.

    A unit of money that differs from the form's is converted, because it is printed; note and message say so.
    """
    text = printed.strip().strip(_ZERO_WIDTH).translate(_HALF_WIDTH).strip()
    if not text:
        return Parsed(None, "blank")
    if _NOT_APPLICABLE.fullmatch("".join(text.split())):
        return Parsed(None, "not_applicable")
    match = _PRINTED.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or (match["unit"] == "%" and unit != "%"):
        return Parsed(None, "not_a_number", remark="V06", message="不是数字")
    printed_unit, note = match["unit"] or "", (match["note"] or "").strip()
    if not printed_unit and (bracketed := _UNIT_NOTE.fullmatch(note)):
        printed_unit, note = bracketed[1], ""
    factor = unit_factor(printed_unit, unit) or Decimal(1)
    value = exact("".join(match["number"].split()).replace(",", ""), factor)
    if value is None:
        message = f"数字超过{_DIGITS}位整数或{_DECIMALS}位小数"
        return Parsed(None, "not_a_number", remark="V06", message=message)
    said = [f"单位：{printed_unit}"] if printed_unit else []
    converted = f"，已换算为{unit}" if factor != 1 else ""
    note = "；".join(part for part in (note, *said) if part) + converted
    if note:
        return Parsed(value, "reported", note, "V09", f"数字旁另有文字（{note}），已分开保存")
    return Parsed(value, "reported")


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
