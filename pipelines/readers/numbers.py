"""From the printed text of a cell to its number, or to the reason why there is none.

Belongs here: digits of both widths, separators, signs, units and notes in a cell. A number is never rounded and never
guessed: what does not parse as a whole is "not a number". Does not belong here: whether the form allows the number
(``schemas.cells``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

NOT_APPLICABLE: Final = frozenset({"/", "-", "—", "——", "--", "–", "无", "不适用", "N/A"})
_SEPARATED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_NOTE: Final = re.compile(r"^(?P<number>[^()]+?)\((?P<note>[^()]*)\)$")
_UNIT: Final = re.compile(r"^(?P<number>[+-]?[\d,]+(?:\.\d+)?)(?P<unit>万元|亿元|元|人次|[件条项次期篇份场个人])$")
_IN_YUAN: Final = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}
_DIGITS: Final = 14
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
    text = unicodedata.normalize("NFKC", printed).replace("−", "-").strip()
    compact = "".join(text.split())
    if not compact:
        return Parsed(None, "blank")
    if compact in NOT_APPLICABLE:
        return Parsed(None, "not_applicable")
    note = ""
    if match := _NOTE.match(compact):
        compact, note = match["number"], match["note"]
    factor = Decimal(1)
    if match := _UNIT.match(compact):
        compact = match["number"]
        note = "；".join(part for part in (note, f"单位：{match['unit']}") if part)
        if match["unit"] in _IN_YUAN and unit in _IN_YUAN:
            factor = _IN_YUAN[match["unit"]] / _IN_YUAN[unit]
            if factor != 1:
                note += f"，已换算为{unit}"
    # digits apart by a space are two numbers or a broken one, not a number
    if not (_PLAIN.fullmatch(compact) or _SEPARATED.fullmatch(compact)) or _has_inner_space(text):
        return Parsed(None, "not_a_number", remark="V06", message="不是数字")
    value = Decimal(compact.replace(",", "")) * factor
    value = value.normalize() if value else Decimal(0)
    exponent = value.as_tuple().exponent
    if value.adjusted() >= _DIGITS or (isinstance(exponent, int) and -exponent > _DECIMALS):
        message = f"数字超过{_DIGITS}位整数或{_DECIMALS}位小数"
        return Parsed(None, "not_a_number", remark="V06", message=message)
    if note:
        return Parsed(value, "reported", note, "V09", f"数字旁另有文字（{note}），已分开保存")
    return Parsed(value, "reported")


def _has_inner_space(text: str) -> bool:
    return re.search(r"\d\s+\d", text) is not None
