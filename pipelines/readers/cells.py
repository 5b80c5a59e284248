"""From what stands at a place of the form to a cell of the submission.

Belongs here: number and state of one cell, a cell told twice, the cells that are not there. What the contract judges
(counts whole, nothing missing) is left to ``schemas.cells``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from pipelines.readers.grid import Printed
from pipelines.readers.model import Problem, ReadCell
from pipelines.readers.numbers import parse_number
from schemas.form import CellKey, Form
from schemas.narrative import label_of


class Found(NamedTuple):
    """A cell and what is to be said about how it is printed."""

    cell: ReadCell
    problems: list[Problem]


_FLAGGED = {
    "shared": ("V10", "uncertain", "这一格与另一格合并在一起，无法断定数字属于哪一格；请取消合并后分别填写"),
    "surplus": ("V10", "uncertain", "这一行的字段比表头多，无法断定数字；数字里有逗号的，整个数字要加引号"),
    "beside": (
        "V10",
        "uncertain",
        "这一格是空白，紧挨着它却有一个不在任何列下的数字，无法断定是不是这一格的；请对齐后重报",
    ),
    "garbled": ("V10", "uncertain", "这一格有认不出的字，无法断定数字；请改交 .xlsx 或由 Word、Excel 直接导出的 PDF"),
    "date": ("V14", "uncertain", "这一格被电子表格当成了日期，无法断定原来的数字；请把单元格格式改为“数值”并重新填写"),
    "formula": ("V13", "uncertain", "这一格是公式而没有保存结果，未计算；请填入数字"),
    "error": ("", "not_a_number", ""),
    "boolean": ("", "not_a_number", ""),
}
_ASKED = {
    "V09": "“{label}”：{message}",
    "V10": "“{label}”现填“{printed}”，{message}；请核对后在这一格只填准确的数字",
}
"""what is said of a number by the rule that parsing names; V06 is the contract's"""


def reported(form: Form, key: CellKey, printed: Printed, sheet: str, address: str, *, unit: str = "") -> Found:
    """The cell ``key`` as printed at a place; ``unit`` is only given where the form does not know the code."""
    scope, label = key.scope, label_of(form, key)
    if printed.flag in _FLAGGED:
        rule, state, message = _FLAGGED[printed.flag]
        cell = ReadCell(key, printed.text, None, state, sheet, address)
        said = [Problem(rule, f"“{label}”：{message}", sheet, address, printed.text, scope)] if rule else []
        return Found(cell, said)
    indicator = form.indicators.get(key.indicator_code)
    parsed = parse_number(printed.text, indicator.unit if indicator else unit)
    cell = ReadCell(
        key, printed.text.strip(), parsed.value, parsed.state, sheet, address, parsed.note or parsed.message
    )
    said = []
    if parsed.remark in _ASKED:
        message = _ASKED[parsed.remark].format(label=label, printed=cell.printed, message=parsed.message)
        said.append(Problem(parsed.remark, message, sheet, address, printed.text, scope))
    return Found(cell, said)


def complete(form: Form, variant: str, found: Iterable[Found]) -> tuple[list[ReadCell], list[Problem]]:
    """Every cell that the variant has exactly once, in printed order, then the others; and what is to be said."""
    cells: dict[CellKey, ReadCell] = {}
    problems: list[Problem] = []
    for item in found:
        first = cells.setdefault(item.cell.key, item.cell)
        if first is item.cell:
            problems += item.problems
        elif (first.value, first.value_state) != (item.cell.value, item.cell.value_state):
            problems.append(_told_twice(form, first, item.cell))
    for key in form.cells(variant):
        cells.setdefault(key, ReadCell(key, "", None, "missing_row", "", "", confidence=None))
    order = {key: index for index, key in enumerate(form.cells(variant))}
    return sorted(cells.values(), key=lambda cell: order.get(cell.key, len(order))), problems


def with_printed(form: Form, found: Found, printed: str, note: str, *, unit: str = "") -> Found:
    """The cell with the printed text and note that a long CSV gives beside the value; V10 where the two disagree."""
    cell = found.cell
    indicator = form.indicators.get(cell.key.indicator_code)
    parsed = parse_number(printed, indicator.unit if indicator else unit)
    notes = "；".join(part for part in (cell.note, note) if part)
    if parsed.value is not None and parsed.value != cell.value:
        message = (
            f"“{label_of(form, cell.key)}”的 value 是“{cell.printed}”，printed 却是“{printed}”，无法断定；"
            "请改为一致（数字里有逗号的，整个数字要加引号）"
        )
        uncertain = replace(cell, printed=printed, value=None, value_state="uncertain", note=notes)
        problem = Problem("V10", message, cell.sheet, cell.address, printed, cell.key.scope)
        return Found(uncertain, [*found.problems, problem])
    return Found(replace(cell, printed=printed or cell.printed, note=notes), found.problems)


def _told_twice(form: Form, first: ReadCell, second: ReadCell) -> Problem:
    message = (
        f"“{label_of(form, first.key)}”出现两次而不同：{first.sheet}!{first.address} 为“{first.printed}”，"
        f"{second.sheet}!{second.address} 为“{second.printed}”；采用了前一处，请删去多余的一处后重报"
    )
    return Problem("V07", message, second.sheet, second.address, second.printed, second.key.scope)
