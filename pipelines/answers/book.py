"""The answer as a workbook: a copy of what was sent, its cells marked, and a sheet that lists every finding.

Belongs here: the form filled with what was read where there is no workbook to copy, marks, comments, the list. Does not
belong here: what is taken over from a workbook (``copying``), the process that this runs in (``pipelines.bounded``),
and the layout of forms (``pipelines.templates``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.answers.copying import AUTHOR, MOST_COMMENT, MOST_TEXT, shown
from pipelines.answers.facts import Answer, Finding, FoundCell
from pipelines.answers.wording import ROLE, SEVERITY, STATE, STATUS, day, number, plain, shortened
from pipelines.readers.identity import ANSWER_MARK, IDENTITY_SHEET
from pipelines.templates import painting
from pipelines.templates.layout import lay_out
from pipelines.templates.package import workbook_bytes
from schemas.form import CellKey, load_forms
from schemas.narrative import NARRATIVE_SHEET, label_of

LIST_SHEET: Final = "核对结果"
COPY_NOTICE: Final = "这是系统发出的回执副本，只供核对，不能当作报表报送；请在自己的原文件上改正后重报。"
_COPIED: Final = "后面各表是所报文件的副本：公式只留结果，文本框、图表、宏、链接、下拉选项没有带过来。"
_FILLED: Final = "所报文件不是 .xlsx 工作簿，后面的表是按读到的内容填出的。"
_FILLED_INSTEAD: Final = "所报工作簿无法转存（{why}），后面的表改为按读到的内容填出。"
_LEVELS: Final = ("error", "warning", "info", "waived")
_FILLS: Final = {
    "suspect": "FFFF9B8F",
    "error": "FFFDDCD7",
    "warning": "FFFFEBB5",
    "info": "FFDCEAF9",
    "waived": "FFE3E7EB",
}
_LEGEND: Final = {
    "suspect": "最可能填错的格（粗框）",
    "error": "错误涉及的格",
    "warning": "提示涉及的格",
    "info": "说明涉及的格",
    "waived": "办公室已按原样接受",
}
_RED: Final = Side(style="medium", color="FFB3261E")
_THICK: Final = Border(left=_RED, right=_RED, top=_RED, bottom=_RED)
_COLUMNS: Final = (
    ("序号", 6),
    ("等级", 9),
    ("位置", 17),
    ("指标", 28),
    ("填报", 11),
    ("应为（推算）", 11),
    ("多填（＋）少填（－）", 11),
    ("两边相差", 10),
    ("说明", 56),
    ("怎样改", 32),
    ("规则", 7),
    ("问题编号", 15),
)
_TOP_LEFT: Final = Alignment(horizontal="left", vertical="top", wrap_text=True)
_LINK: Final = Font(name=painting.FONT_NAME, size=11, color="FF1F4F82", underline="single")
_PROSE_COLUMNS: Final = (("指标", 60), ("期间", 12), ("数值", 16))

Locate = Callable[[FoundCell], tuple[str, str] | None]
"""where a cell stands in the copy: sheet and address, or None"""


def make_book(answer: Answer, cells: Sequence[Mapping[str, Any]], source: Path | None, why: str = "") -> bytes:
    """The workbook of ``answer`` on a submission: the workbook ``source`` copied, or, if it is None, the form filled.

    ``why`` says why a workbook could not be copied; '' where what was sent is none.
    The same arguments give the same bytes. Raises whatever openpyxl raises on a workbook that it cannot open or write.
    """
    if source is not None:
        workbook, notice = shown(source.read_bytes()), _COPIED
        for sheet in workbook.worksheets:
            _head_page(sheet)
        locate = _places_in(workbook)
    else:
        workbook, locate = _filled(answer, cells)
        notice = _FILLED_INSTEAD.format(why=why) if why else _FILLED
    _mark(workbook, answer.findings, locate)
    _write_list(workbook, answer, locate, notice)
    hidden = workbook.create_sheet(IDENTITY_SHEET)
    hidden.sheet_state = "veryHidden"
    painting.put_text(hidden, 1, 1, ANSWER_MARK)
    painting.put_text(hidden, 1, 2, answer.number)
    return workbook_bytes(workbook, is_canonical=False)


def _head_page(sheet: Worksheet) -> None:
    """On paper too the copy says that it is one."""
    header: Any = sheet.oddHeader
    header.center.text = COPY_NOTICE
    sheet.page_margins.header, sheet.page_margins.top = 0.25, max(sheet.page_margins.top, 0.6)


def _places_in(workbook: Workbook) -> Locate:
    titles = set(workbook.sheetnames)
    return lambda cell: (cell.sheet, cell.address) if cell.address and cell.sheet in titles else None


def _filled(answer: Answer, cells: Sequence[Mapping[str, Any]]) -> tuple[Workbook, Locate]:
    """The form filled with what was read, prose on a sheet of its own."""
    about = answer.about
    form = load_forms()[about["form_code"]]
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "读到的报表"
    layout = lay_out(form, variant=answer.variant, report_year=about["report_year"], first_row=3)
    title = painting.put_text(
        sheet, 1, 1, plain(f"{about['organ_name']}　{about['report_year']}年度　{form.short_title}")
    )
    title.font, title.alignment = painting.TITLE_FONT, painting.CENTRED
    painting.merge(sheet, 1, 1, 1, layout.last_column)
    sheet.row_dimensions[1].height = 30
    notice = painting.put_text(sheet, 2, 1, COPY_NOTICE + ("　本单位报的是零报告。" if about["is_nil"] else ""))
    notice.font = painting.SMALL_FONT
    read = {CellKey(cell["indicator_code"], cell["applicant_kind"], cell["measure"]): cell for cell in cells}
    painting.paint(sheet, layout, {key: _as_filled(cell) for key, cell in read.items()})
    painting.size_sheet(sheet, layout)
    _head_page(sheet)
    where = {
        box.key: (sheet.title, f"{get_column_letter(box.column)}{box.row}")
        for box in layout.values
        if box.key is not None
    }
    prose = [key for key in read if key.indicator_code not in form.indicators]
    if prose:
        page = workbook.create_sheet(NARRATIVE_SHEET)
        _write_row(page, 1, [head for head, _ in _PROSE_COLUMNS], painting.BOLD_FONT)
        _set_widths(page, _PROSE_COLUMNS)
        for row, key in enumerate(prose, start=2):
            period = "历年累计" if key.measure == "cumulative" else "本年"
            _write_row(page, row, [label_of(form, key), period, _as_filled(read[key])])
            where[key] = (page.title, f"C{row}")
    return workbook, lambda cell: where.get(cell.key)


def _as_filled(cell: Mapping[str, Any]) -> painting.FilledValue:
    return plain(cell["printed"])[:MOST_TEXT] if cell["value"] is None else cell["value"]


def _mark(workbook: Workbook, findings: Sequence[Finding], locate: Locate) -> None:
    """Colour and comment every cell that findings point to; a hidden one is shown."""
    told: dict[tuple[str, str], list[tuple[Finding, FoundCell]]] = {}
    for finding in findings:
        for found in finding.telling:
            if place := locate(found):
                told.setdefault(_anchor(workbook, place), []).append((finding, found))
    for (title, address), items in told.items():
        sheet = workbook[title]
        cell: Any = sheet[address]
        is_suspect = any(found.role != "operand" for _, found in items)
        level = min((finding.level for finding, _ in items), key=_LEVELS.index)
        cell.fill = PatternFill("solid", fgColor=_FILLS["suspect" if is_suspect else level])
        if is_suspect:
            cell.border = _THICK
        written = [_comment(finding, found) for finding, found in items]
        if cell.comment:
            written.append(f"原有批注：{cell.comment.text}")
        text = shortened("\n\n".join(written), MOST_COMMENT)
        lines = sum(ceil(painting.display_width(line) / 48) or 1 for line in text.split("\n"))
        cell.comment = Comment(text, AUTHOR, width=360, height=min(18 * lines + 20, 600))
        sheet.sheet_state = "visible"
        sheet.row_dimensions[cell.row].hidden = False
        sheet.column_dimensions[cell.column_letter].hidden = False


def _anchor(workbook: Workbook, place: tuple[str, str]) -> tuple[str, str]:
    """The cell that shows what stands at ``place``: the top left one of its merged range."""
    title, address = place
    row, column = coordinate_to_tuple(address)
    for merged in workbook[title].merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_col <= column <= merged.max_col:
            return title, f"{get_column_letter(merged.min_col)}{merged.min_row}"
    return place


def _comment(finding: Finding, cell: FoundCell) -> str:
    lines = [
        f"问题{finding.number}（{_level(finding)}，规则{finding.rule_id}）{ROLE[cell.role]}",
        f"填报：{shortened(cell.printed, 200) or '（空白）'}",
    ]
    if cell.suggested_value is not None:
        lines.append(f"应为（推算）：{number(cell.suggested_value)}，相差{number(abs(cell.excess or Decimal(0)))}")
    elif finding.difference:
        lines.append(f"等式两边：{number(finding.lhs)} 与 {number(finding.rhs)}，相差{number(abs(finding.difference))}")
    lines += [shortened(finding.message, 600), *(item.message for item in finding.explanations)]
    if finding.mend:
        lines.append(f"怎样改：{finding.mend}")
    return plain("\n".join(lines))


def _level(finding: Finding) -> str:
    words = SEVERITY[finding.severity] + ("，无法核对" if finding.outcome == "uncertain" else "")
    return f"{words}，{STATE[finding.state]}" if STATE[finding.state] else words


def _write_list(workbook: Workbook, answer: Answer, locate: Locate, notice: str) -> None:
    """The first sheet: what became of it, what to do, and a row for every cell of every finding, weightiest first."""
    sheet = workbook.create_sheet(LIST_SHEET, 0)
    _set_widths(sheet, _COLUMNS)
    row = _write_top(sheet, answer, notice) + 1
    if answer.findings:
        _write_row(sheet, row, [head for head, _ in _COLUMNS], painting.BOLD_FONT)
        sheet.print_title_rows = f"{row}:{row}"
    for finding in answer.findings:
        for position, cell in enumerate(finding.telling or (None,)):
            row += 1
            _write_row(sheet, row, _list_row(finding, cell, is_first=position == 0))
            fill = "suspect" if cell and cell.role != "operand" else finding.level
            sheet.cell(row, 2).fill = PatternFill("solid", fgColor=_FILLS[fill])
            if cell and (place := locate(cell)):
                _link(sheet, row, 3, place)
    sheet.sheet_view.tabSelected = True
    workbook.active = 0
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)


def _write_top(sheet: Worksheet, answer: Answer, notice: str) -> int:
    """The lines above the list; returns the last row."""
    about, step = answer.about, answer.next_step
    due = f"期限：{day(answer.due)}。" if answer.due and step.action == "resubmit" else ""
    lines = [
        f"政府信息公开统计报送回执　{STATUS[answer.status]}",
        f"{about['organ_name']}　{about['report_year']}年度　{about['short_title']}　回执号 {answer.number}",
        f"下一步：{step.text}{due}{step.waiting}",
        COPY_NOTICE + notice,
        f"问题共{len(answer.findings)}个，按重要程度排列；点“位置”可到该格，批注里有说明。"
        if answer.findings
        else "没有发现问题。",
    ]
    width = sum(columns for _, columns in _COLUMNS)
    for row, line in enumerate(lines, start=1):
        cell = painting.put_text(sheet, row, 1, plain(line))
        cell.font = painting.TITLE_FONT if row == 1 else painting.BODY_FONT
        cell.alignment = painting.LEFT
        painting.merge(sheet, row, 1, 1, len(_COLUMNS))
        sheet.row_dimensions[row].height = 26 if row == 1 else 18 * ceil(painting.display_width(line) / (0.9 * width))
    if not answer.findings:
        return len(lines)
    used = {finding.level for finding in answer.findings}
    if any(cell.role != "operand" for finding in answer.findings for cell in finding.cells):
        used.add("suspect")
    legend = ((name, text) for name, text in _LEGEND.items() if name in used)
    for column, (name, text) in enumerate(legend, start=3):
        cell = painting.put_text(sheet, len(lines) + 1, column, text)
        cell.font, cell.alignment = painting.BODY_FONT, painting.LEFT
        cell.fill = PatternFill("solid", fgColor=_FILLS[name])
    sheet.row_dimensions[len(lines) + 1].height = 2 * painting.LINE_HEIGHT_POINTS + 6
    return len(lines) + 1


def _list_row(finding: Finding, cell: FoundCell | None, *, is_first: bool) -> list[painting.FilledValue | None]:
    told = [finding.message, *(item.message for item in finding.explanations)]
    told += [f"决定：{finding.decision_note}"] if finding.decision_note else []
    if finding.silent:
        told.append(f"同一算式中另有{len(finding.silent)}格是0或空白。")
    return [
        finding.number,
        _level(finding),
        _place(cell),
        (cell.label or "表样之外的格") if cell else "整份报表",
        (cell.printed or "（空白）") if cell else None,
        cell.suggested_value if cell else None,
        cell.excess if cell else None,
        finding.difference if is_first else None,
        "\n".join(told) if is_first else "同上",
        finding.mend if is_first else None,
        finding.rule_id,
        finding.finding_id,
    ]


def _place(cell: FoundCell | None) -> str | None:
    return (cell.place or "表中缺这一行") if cell else None


def _write_row(
    sheet: Worksheet, row: int, values: Sequence[painting.FilledValue | None], font: Font = painting.BODY_FONT
) -> None:
    lines = 1
    for column, value in enumerate(values, start=1):
        if isinstance(value, str):
            text = plain(shortened(value, MOST_TEXT))
            painting.put_text(sheet, row, column, text)
            room = 0.9 * (sheet.column_dimensions[get_column_letter(column)].width or 10) - 1
            lines = max(lines, sum(ceil(painting.display_width(line) / room) or 1 for line in text.split("\n")))
        elif value is not None:
            painting.put_value(sheet, row, column, value)
        cell = sheet.cell(row, column)
        cell.font, cell.alignment, cell.border = font, _TOP_LEFT, painting.BORDER
    sheet.row_dimensions[row].height = min(painting.LINE_HEIGHT_POINTS * lines + 4, 400)


def _set_widths(sheet: Worksheet, columns: Sequence[tuple[str, int]]) -> None:
    for column, (_, width) in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _link(sheet: Worksheet, row: int, column: int, place: tuple[str, str]) -> None:
    """A link inside the workbook: a location, no target outside."""
    cell: Any = sheet.cell(row, column)
    title, address = place
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"{quote_sheetname(title)}!{address}")
    cell.font = _LINK
