"""A printed report as a file of each kind that Python can write alone.

Belongs here: one function from page to bytes for each kind. Does not belong here: what only LibreOffice or Chromium
can write (``office``), what is printed (``model``, ``dirt_*``).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from html import escape
from math import ceil
from typing import Final

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.merge import MergedCellRange
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.templates import write_statutory, write_template
from pipelines.templates.layout import Role
from pipelines.templates.painting import BORDER, CENTRED, LINE_HEIGHT_POINTS, display_width
from schemas.form import CellKey
from tests.roundtrip.model import Box, Line, Page, Part, Table

ORGAN_CODE: Final = "XMP00102"
_WIDTH: Final = 14
"""of every column, in half-width characters"""
LONG_HEADER: Final = (
    *("organ_code", "report_year", "form_code", "indicator_code"),
    *("applicant_kind", "measure", "value"),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A part laid out on one grid, its items one below the other."""

    name: str
    boxes: Sequence[Box]
    hidden_rows: frozenset[int]
    is_hidden: bool


def _sheet(part: Part) -> _Sheet:
    boxes: list[Box] = []
    hidden: set[int] = set()
    width = max((item.width for item in part.items if isinstance(item, Table)), default=1)
    top = 0
    for item in part.items:
        if isinstance(item, Line):
            boxes.append(Box(Role.SECTION, top, 0, columns=width, text=item.text))
            top += 1
            continue
        boxes += [replace(box, row=box.row + top) for box in item.boxes]
        hidden |= {row + top for row in item.hidden_rows}
        top += item.height + 1
    return _Sheet(part.name, boxes, frozenset(hidden), part.is_hidden)


def write_xlsx(page: Page) -> bytes:
    """A workbook typed by hand, a sheet for each part."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for part in page.parts:
        sheet = _sheet(part)
        worksheet = book.create_sheet(sheet.name)
        worksheet.sheet_state = "hidden" if sheet.is_hidden else "visible"
        for box in sheet.boxes:
            _put(worksheet, box)
        for row in sheet.hidden_rows:
            worksheet.row_dimensions[row + 1].hidden = True
        worksheet.page_setup.orientation = "landscape"
        worksheet.page_setup.fitToHeight = 0
        worksheet.sheet_properties.pageSetUpPr.fitToPage = True
        _size(worksheet, sheet.boxes)
    book.active = next(index for index, part in enumerate(page.parts) if not part.is_hidden)
    return _saved(book)


def _size(sheet: Worksheet, boxes: Sequence[Box]) -> None:
    """Room for every text: what is printed from the sheet must be whole."""
    heights: dict[int, float] = {}
    for box in boxes:
        room = box.columns * _WIDTH - 2
        lines = sum(ceil(max(display_width(line), 1) / room) for line in box.text.split("\n")) / box.rows
        for row in range(box.row, box.bottom + 1):
            heights[row] = max(heights.get(row, 1), lines)
    for row, lines in heights.items():
        sheet.row_dimensions[row + 1].height = LINE_HEIGHT_POINTS * ceil(lines) + 3
    for column in range(max(box.right for box in boxes) + 1):
        sheet.column_dimensions[get_column_letter(column + 1)].width = _WIDTH


def _put(sheet: Worksheet, box: Box) -> None:
    cell = sheet.cell(box.row + 1, box.column + 1)
    cell.alignment = CENTRED
    if box.role is not Role.SECTION:
        for row in range(box.row, box.bottom + 1):
            for column in range(box.column, box.right + 1):
                sheet.cell(row + 1, column + 1).border = BORDER
    if box.stored is not None:
        cell.value = box.stored
    elif box.text:
        cell.value = box.text
        cell.data_type = "s"
    if box.rows > 1 or box.columns > 1:
        area = CellRange(None, box.column + 1, box.row + 1, box.right + 1, box.bottom + 1)
        sheet.merged_cells.ranges.add(MergedCellRange(sheet, area.coord))


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_template_book(page: Page) -> bytes:
    """The office's own template, filled in; what was done to the tables is not in it."""
    return write_template(
        page.form,
        organ_code=ORGAN_CODE,
        organ_name=page.organ,
        report_year=page.year,
        variant=page.variant,
        values=_filled(page),
    )


def write_statutory_book(page: Page) -> bytes:
    """The statutory layout on the form's own grid; what was done to the tables is not in it."""
    return write_statutory(
        page.form, organ_name=page.organ, report_year=page.year, variant=page.variant, values=_filled(page)
    )


def _filled(page: Page) -> dict[CellKey, object]:
    return {
        box.key: box.stored if isinstance(box.stored, int | float | Decimal) else box.text
        for box in page.figures
        if box.key and box.text.strip()
    }


def write_long_csv(page: Page) -> bytes:
    """One cell a line, in GB18030."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(LONG_HEADER)
    for box in page.figures:
        if box.key:
            place = (ORGAN_CODE, page.year, page.form.form_code)
            writer.writerow([*place, box.key.indicator_code, box.key.applicant_kind, box.key.measure, box.text])
    return out.getvalue().encode("gb18030")


def sheet_as_text(page: Page, encoding: str, delimiter: str = ",") -> bytes:
    """The sheet that lies open, saved as text: merged ranges are gone, and hidden rows are rows like the others."""
    sheet = _sheet(page.main)
    texts = {(box.row, box.column): box.text for box in sheet.boxes}
    height = max(box.bottom for box in sheet.boxes) + 1
    width = max(box.right for box in sheet.boxes) + 1
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([texts.get((row, column), "") for column in range(width)] for row in range(height))
    return out.getvalue().encode(encoding)


_NAVIGATION: Final = ["首页", "机构概况", "政府信息公开", "政务服务", "互动交流", "数据开放"]
_STYLE: Final = (
    "table.form{border-collapse:collapse;width:100%}table.form td{border:1px solid #000;padding:2px 4px;"
    "text-align:center}body{font:12px 'Noto Sans CJK SC',sans-serif}@page{size:A4;margin:12mm}"
)


def html_text(page: Page) -> str:
    """A page of a portal: navigation, the report, a foot with numbers in it."""
    links = "".join(f'<li><a href="/c{number}/">{word}</a></li>' for number, word in enumerate(_NAVIGATION))
    cells = "".join(f'<td><a href="/n{number}">{word}</a></td>' for number, word in enumerate(_NAVIGATION))
    body = "".join(_part_html(part) for part in page.parts)
    if page.nested:
        aside = "<ul><li>年度报告</li><li>公开指南</li></ul>"
        body = f'<table width="100%"><tr><td width="15%">{aside}</td><td><div>{body}</div></td></tr></table>'
    title = escape(next(item.text for item in page.main.items if isinstance(item, Line)))
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>'
        f'<div class="nav"><ul>{links}</ul></div><table class="menu"><tr>{cells}</tr></table>'
        f'<div id="content">{body}</div><script>var n = "<table><tr><td>1</td></tr></table>";</script>'
        f"<div>主办：{page.organ}　网站标识码：3502000000</div></body></html>"
    )


def _part_html(part: Part) -> str:
    items = []
    for item in part.items:
        if isinstance(item, Line):
            tag = "h1" if item.kind == "title" else "p"
            items.append(f"<{tag}>{_words(item.text)}</{tag}>")
        else:
            items.append(_table_html(item.compact()))
    return f'<div style="display:none">{"".join(items)}</div>' if part.is_hidden else "".join(items)


def _table_html(table: Table) -> str:
    """Hidden rows are in the page, and no span counts them: that is how a browser lays it out."""
    shown = table.visible()
    rows = [
        "".join(_cell_html(row, column, box) for column, box in _starting(shown, row)) for row in range(shown.height)
    ]
    lines = [f"<tr>{cells}</tr>" for cells in rows]
    for row in sorted(table.hidden_rows, reverse=True):
        above = sum(1 for other in range(row) if other not in table.hidden_rows)
        alone = sorted((box for box in table.boxes if box.row == row == box.bottom), key=lambda box: box.column)
        cells = "".join(_cell_html(row, box.column, box) for box in alone)
        lines.insert(above, f'<tr style="display:none">{cells}</tr>')
    return f'<table class="form" border="1"><tbody>{"".join(lines)}</tbody></table>'


def _cell_html(row: int, column: int, box: Box | None) -> str:
    if box is None:
        return "<td>&nbsp;</td>"
    if (box.row, box.column) != (row, column):
        return ""
    spans = (f' rowspan="{box.rows}"' if box.rows > 1 else "") + (
        f' colspan="{box.columns}"' if box.columns > 1 else ""
    )
    inner = "".join(f"<span>{_words(piece)}</span>" for piece in box.pieces) or _words(box.text) or "&nbsp;"
    return f"<td{spans}><p>{inner}</p></td>"


def _words(text: str) -> str:
    return escape(text).replace("\n", "<br/>")


def _starting(table: Table, row: int) -> Iterator[tuple[int, Box | None]]:
    """What covers each place of a row: every box once for each of its rows, and the gaps."""
    column = 0
    while column < table.width:
        box = table.at(row, column)
        yield column, box
        column = box.right + 1 if box else column + 1


def write_html(page: Page) -> bytes:
    return html_text(page).encode()


def write_mht(page: Page) -> bytes:
    """The page as a browser saves it into one file."""
    root = MIMEMultipart("related", type="text/html", boundary="----=_NextPart_01D8")
    root["From"], root["Subject"] = "<Saved by Blink>", page.form.title
    html = MIMEText(html_text(page), "html", "utf-8")
    html["Content-Location"] = "https://www.example.gov.cn/zwgk/report.html"
    root.attach(html)
    style = MIMEText("td{color:#000}", "css", "utf-8")
    style["Content-Location"] = "https://www.example.gov.cn/style.css"
    root.attach(style)
    return root.as_bytes()


def write_docx(page: Page) -> bytes:
    """The report in Word, on paper lying down; hidden parts and rows are hidden text."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    document.styles["Normal"].font.name = "Noto Sans CJK SC"
    document.styles["Normal"].font.size = Pt(9)
    for part in page.parts:
        for item in part.items:
            if isinstance(item, Line):
                paragraph = document.add_paragraph()
                run = paragraph.add_run(item.text)
                run.font.hidden = part.is_hidden or None
            else:
                body = document.element.body
                body.insert(len(body) - 1, parse_xml(_table_xml(item.compact(), is_hidden=part.is_hidden)))
                document.add_paragraph()
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _table_xml(table: Table, *, is_hidden: bool) -> str:
    for row in sorted(table.hidden_rows, reverse=True):
        if any(box.row == row and box.rows > 1 for box in table.boxes):
            # a label that begins in a hidden row would be hidden with it: the row is left out
            table.delete_row(row)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    width = 14_000 // max(table.width, 1)
    grid = f'<w:gridCol w:w="{width}"/>' * table.width
    rows = "".join(
        _row_xml(table, row, width, is_hidden=is_hidden or row in table.hidden_rows) for row in range(table.height)
    )
    properties = f'<w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr>'
    return f"<w:tbl {nsdecls('w')}>{properties}<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"


def _row_xml(table: Table, row: int, width: int, *, is_hidden: bool) -> str:
    cells = []
    for _, box in _starting(table, row):
        columns = box.columns if box else 1
        merge = ""
        if box and box.rows > 1:
            merge = '<w:vMerge w:val="restart"/>' if box.row == row else "<w:vMerge/>"
        span = f'<w:gridSpan w:val="{columns}"/>' if columns > 1 else ""
        size = f'<w:tcW w:w="{width * columns}" w:type="dxa"/>'
        runs = _runs_xml(box, is_hidden=is_hidden) if box and box.row == row else ""
        cells.append(f"<w:tc><w:tcPr>{size}{span}{merge}</w:tcPr><w:p>{runs}</w:p></w:tc>")
    hidden = "<w:trPr><w:hidden/></w:trPr>" if is_hidden else ""
    return f"<w:tr>{hidden}{''.join(cells)}</w:tr>"


def _runs_xml(box: Box, *, is_hidden: bool) -> str:
    vanish = "<w:rPr><w:vanish/></w:rPr>" if is_hidden else ""
    runs = []
    for piece in box.pieces or (box.text,):
        lines = [f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in piece.split("\n") if line]
        runs.append(f"<w:r>{vanish}{'<w:br/>'.join(lines)}</w:r>")
    return "".join(runs)


def zipped(name: str, data: bytes) -> bytes:
    """One file in an archive, under a folder with a Chinese name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"年报/{name}", data)
    return out.getvalue()
