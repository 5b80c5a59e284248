"""How a laid-out form is painted on a worksheet.

Belongs here: cells, merges, borders, fonts, column widths, row heights and print set-up, the same for the template and
for the statutory layout. Does not belong here: where boxes stand (``layout``), and what only a template has
(``workbook``).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from math import ceil
from typing import Any, Final
from unicodedata import east_asian_width

from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.merge import MergedCellRange
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.templates.layout import Layout, Role
from schemas.form import CellKey, Form, FormError

FONT_NAME: Final = "宋体"
LINE_HEIGHT_POINTS: Final = 15
_LANDSCAPE_FROM_COLUMNS: Final = 8
_LABEL_WIDTHS: Final = {1: (46.0,), 3: (12.0, 14.0, 34.0)}
_UNIT_WIDTH: Final = 10.0
_VALUE_WIDTH_WIDE: Final = 9.5
_VALUE_WIDTH_NARROW: Final = 16.0

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_EDGE: Final = Side(style="thin")
BORDER: Final = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
CENTRED: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT: Final = Alignment(horizontal="left", vertical="center", wrap_text=True)
BODY_FONT: Final = Font(name=FONT_NAME, size=11)
BOLD_FONT: Final = Font(name=FONT_NAME, size=11, bold=True)
TITLE_FONT: Final = Font(name=FONT_NAME, size=16, bold=True)
SMALL_FONT: Final = Font(name=FONT_NAME, size=9, color="FF7F3F00")
UNLOCKED: Final = Protection(locked=False)
_HEADER_FILL: Final = PatternFill("solid", fgColor="FFF2F2F2")

_FONTS: Final = {Role.SECTION: BOLD_FONT, Role.CAPTION: BOLD_FONT, Role.HEADER: BOLD_FONT, Role.REMARK: SMALL_FONT}
_LEFT_ALIGNED: Final = frozenset({Role.SECTION, Role.LABEL})
_FILLED: Final = frozenset({Role.CAPTION, Role.CORNER, Role.HEADER})
_UNBORDERED: Final = frozenset({Role.SECTION, Role.REMARK})

FilledValue = Decimal | int | str


def put_text(sheet: Worksheet, row: int, column: int, text: str) -> Cell | MergedCell:
    """Write ``text`` so that it stays text: no formula, nothing that a spreadsheet would evaluate when it is edited."""
    cell = sheet.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_FORMULA_STARTS)
    return cell


def put_value(sheet: Worksheet, row: int, column: int, value: FilledValue) -> None:
    """Write a figure as a number, a remark such as 不适用 as text; a whole Decimal is written without a fraction."""
    if isinstance(value, str):
        put_text(sheet, row, column, value)
    else:
        whole = value == int(value)
        sheet.cell(row, column).value = int(value) if whole else value


def merge(sheet: Worksheet, row: int, column: int, rows: int, columns: int) -> None:
    """Merge a rectangle of more than one cell; every cell under it keeps its own border.

    ``Worksheet.merge_cells`` would compute the borders anew, at three times the cost of the whole sheet.
    """
    if rows > 1 or columns > 1:
        sheet.merged_cells.ranges.add(
            MergedCellRange(sheet, CellRange(None, column, row, column + columns - 1, row + rows - 1).coord)
        )


def paint(sheet: Worksheet, layout: Layout, values: Mapping[CellKey, FilledValue]) -> None:
    """Paint every box of ``layout`` with its border and words, and the ``values`` into the boxes to fill in."""
    styles: dict[Role, StyleArray] = {}
    for box in layout.boxes:
        if box.role not in styles:
            styles[box.role] = _style_of(sheet, box.row, box.column, box.role)
        for row in range(box.row, box.row + box.rows):
            for column in range(box.column, box.column + box.columns):
                _dress(sheet.cell(row, column), styles[box.role])
        if box.text:
            put_text(sheet, box.row, box.column, box.text)
        if box.key and box.key in values:
            put_value(sheet, box.row, box.column, values[box.key])
        merge(sheet, box.row, box.column, box.rows, box.columns)


def check_values(form: Form, variant: str, values: Mapping[CellKey, FilledValue]) -> None:
    """Raise FormError, in Chinese, for a value of a cell that ``variant`` of ``form`` does not print."""
    foreign = sorted(values.keys() - set(form.cells(variant)))
    if foreign:
        named = "、".join(f"{key.indicator_code}/{key.applicant_kind}/{key.measure}" for key in foreign[:5])
        raise FormError(f"表样 {form.form_code} 没有这些格：{named}")


def _style_of(sheet: Worksheet, row: int, column: int, role: Role) -> StyleArray:
    """Dress one cell as its role asks, and tell the style that this gave it in its workbook."""
    cell: Any = sheet.cell(row, column)
    cell.font = _FONTS.get(role, BODY_FONT)
    cell.alignment = LEFT if role in _LEFT_ALIGNED else CENTRED
    if role not in _UNBORDERED:
        cell.border = BORDER
    if role in _FILLED:
        cell.fill = _HEADER_FILL
    if role is Role.VALUE:
        cell.protection = UNLOCKED
    style: StyleArray = cell._style
    return style


def _dress(cell: Any, style: StyleArray) -> None:
    # setting font, border and so on for each cell anew takes longer than writing the file
    cell._style = copy(style)


def size_sheet(sheet: Worksheet, layout: Layout) -> None:
    """Column widths, row heights for wrapped text, and A4 print set-up: landscape where the request matrix stands."""
    is_wide = layout.last_column >= _LANDSCAPE_FROM_COLUMNS
    widths = list(_LABEL_WIDTHS[layout.label_columns])
    if layout.has_unit:
        widths.append(_UNIT_WIDTH)
    value_width = _VALUE_WIDTH_WIDE if is_wide else _VALUE_WIDTH_NARROW
    widths += [value_width] * (layout.last_column - len(widths))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, lines in _lines_by_row(layout, widths).items():
        sheet.row_dimensions[row].height = LINE_HEIGHT_POINTS * lines + 3
    sheet.page_setup.orientation = "landscape" if is_wide else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.print_options.horizontalCentered = True
    for row in layout.page_rows:
        sheet.row_breaks.append(Break(id=row - 1))


def _lines_by_row(layout: Layout, widths: list[float]) -> dict[int, int]:
    """How many lines of text each row needs. A spreadsheet does not size rows by itself where cells are merged."""
    lines: dict[int, int] = {}
    for box in layout.boxes:
        room = sum(widths[box.column - 1 : box.column - 1 + box.columns]) - 1
        needed = sum(max(1, ceil(display_width(line) / room)) for line in box.text.split("\n"))
        each = ceil(needed / box.rows)
        for row in range(box.row, box.row + box.rows):
            lines[row] = max(lines.get(row, 1), each)
    return lines


def display_width(text: str) -> int:
    """The width of ``text`` in half-width characters: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)
