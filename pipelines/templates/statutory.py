"""A form as an office types it by hand: the statutory layout without anything of ours.

Belongs here: workbooks for samples and tests that look like what departments really send - a title row, merged cells,
three header rows, heads broken over lines, full-width brackets, no labelled identity, no hidden sheet. Does not belong
here: what departments are asked to fill in (``workbook``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from openpyxl import Workbook

from pipelines.templates import painting
from pipelines.templates.layout import Box, Role, lay_out
from pipelines.templates.package import workbook_bytes
from schemas.form import CellKey, Form

_SHEET_NAME: Final = "Sheet1"
_FULL_WIDTH: Final = str.maketrans({"(": "（", ")": "）", ":": "：", ",": "，"})
_HEAD_BREAK: Final = 3
_LABEL_BREAK: Final = 14
_SHORT_HEAD: Final = 2


def write_statutory(
    form: Form,
    *,
    organ_name: str,
    report_year: int,
    variant: str = "",
    values: Mapping[CellKey, painting.FilledValue] | None = None,
    note: str = "",
) -> bytes:
    """The workbook of ``variant`` of ``form`` as typed by hand, blank or filled with ``values``.

    All sections stand on one sheet under a title such as 厦门市XX局2024年政府信息公开工作年度报告; the column of units
    stays empty, as in the published annex. ``note`` is a line below the tables. The same arguments give the same bytes.
    Raises FormError where the edition has no such variant, or ``values`` names a cell that it does not print.
    """
    values = values or {}
    painting.check_values(form, variant, values)
    printed = lay_out(form, variant=variant, report_year=report_year, first_row=2)
    layout = replace(printed, boxes=tuple(replace(box, text=_as_typed(box)) for box in printed.boxes))
    workbook = Workbook()
    sheet = workbook[workbook.sheetnames[0]]
    sheet.title = _SHEET_NAME
    title = painting.put_text(sheet, 1, 1, f"{organ_name}{report_year}年政府信息公开工作年度报告")
    title.font, title.alignment = painting.TITLE_FONT, painting.CENTRED
    painting.merge(sheet, 1, 1, 1, layout.last_column)
    painting.paint(sheet, layout, values)
    painting.size_sheet(sheet, layout)
    if note:
        painting.put_text(sheet, layout.last_row + 2, 1, note).font = painting.SMALL_FONT
    return workbook_bytes(workbook)


def _as_typed(box: Box) -> str:
    """The words of a box as people type them: broken over lines, spaced out, in full-width punctuation."""
    if box.role in (Role.UNIT, Role.REMARK):
        return ""
    text = box.text.translate(_FULL_WIDTH)
    if box.role is Role.HEADER and len(text) == _SHORT_HEAD:
        return f"{text[0]} {text[1]}"
    narrow_head = _HEAD_BREAK if box.columns == 1 else len(text)
    limit = {Role.HEADER: narrow_head, Role.LABEL: _LABEL_BREAK}.get(box.role, len(text))
    # a last line of a single character is what a narrow column makes of 商业企业, and is left as it is
    return f"{text[:limit]}\n{text[limit:]}" if len(text) > limit else text
