"""The workbook that an office fills in: ``gongkai template``.

Belongs here: what a template has beyond the statutory layout - the hidden identity that saves the reader from guessing,
the labelled cells for office, year and edition, data validation, protection of what is printed. Does not belong here:
geometry (``layout``), paint (``painting``), and the layout as an office types it by hand (``statutory``).

Agreed with the reader (``pipelines.readers.identity`` has the words): the very hidden sheet ``_gongkai`` has
``gongkai-template`` in A1 and rows of key and value below it; each labelled cell of the form sheet has its value in the
cell to the right of the label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.readers.identity import FORM_SHEET, HELP_COLUMN, IDENTITY_SHEET, REASON_LABEL, TEMPLATE_MARK
from pipelines.templates import painting
from pipelines.templates.helps import Helps, write_helps
from pipelines.templates.layout import Box, Layout, lay_out
from pipelines.templates.package import workbook_bytes
from schemas.form import CellKey, Form
from schemas.narrative import NARRATIVE_SHEET

TEMPLATE_VERSION: Final = "1"
_NIL_WORDS: Final = {False: "否", True: "是"}
_HINT: Final = (
    "填表说明：只填有边框的空白格。确实没有的填0；未统计的留空，空白不等于零。"
    "本年度没有任何事项的，零报告选“是”，各格留空。"
)
_REASON_HINT: Final = "更正已经报过的数、重新报送的，请在“重报原因”右边写明为什么改；首次报送留空。"
_LARGEST_CHANGE: Final = 10**12
_PROSE_WIDTH: Final = 100.0


@dataclass(frozen=True, slots=True)
class _Rule:
    """What data validation allows in a cell of one value kind, and what it says to whoever types something else."""

    kind: Literal["whole", "decimal"]
    operator: Literal["greaterThanOrEqual", "between"]
    formula1: str
    formula2: str | None
    title: str
    message: str


_RULES: Final = {
    "count": _Rule(
        "whole", "greaterThanOrEqual", "0", None, "请填不小于0的整数", "本格填件数，如 0、12；没有统计的留空。"
    ),
    "signed_count": _Rule(
        "whole",
        "between",
        str(-_LARGEST_CHANGE),
        str(_LARGEST_CHANGE),
        "请填整数，可带负号",
        "本格填增减数，增加填正数，减少填负数，如 36、-24。",
    ),
    "money": _Rule(
        "decimal",
        "greaterThanOrEqual",
        "0",
        None,
        "请填不小于0的金额",
        "本格填金额的数字，可带小数，如 12.5；没有统计的留空。",
    ),
}


def write_template(
    form: Form,
    *,
    organ_code: str,
    organ_name: str,
    report_year: int,
    variant: str = "",
    values: Mapping[CellKey, painting.FilledValue] | None = None,
    is_nil: bool = False,
    resubmission_reason: str | None = None,
    note: str = "",
    prose: Sequence[str] = (),
    helps: Helps | None = None,
) -> bytes:
    """The workbook of ``variant`` of ``form`` for one organ and year, blank or filled with ``values``.

    ``resubmission_reason`` is what stands beside 重报原因; None leaves that line out, as in templates that were made
    before there was one. ``note`` is a line below the form; ``prose`` is the text of the sheet 正文, one paragraph a
    cell. ``helps`` are the columns right of the form that nobody reads; None leaves them out.
    The same arguments give the same bytes.
    Whether the edition was in force in ``report_year`` is for the caller to ask (``schemas.form.form_for``).
    Raises FormError where the edition has no such variant, or ``values`` names a cell that it does not print.
    """
    values = values or {}
    painting.check_values(form, variant, values)
    identity: dict[str, str | int] = {
        "填报单位": organ_name,
        "单位代码": organ_code,
        "报告年度": report_year,
        "表样": form.form_code,
        "零报告": _NIL_WORDS[is_nil],
    }
    if resubmission_reason is not None:
        identity[REASON_LABEL] = resubmission_reason
    workbook = Workbook()
    sheet = _form_sheet(workbook)
    layout = lay_out(form, variant=variant, report_year=report_year, first_row=len(identity) + 2)
    _write_title(sheet, form, layout)
    _write_identity_cells(sheet, identity)
    painting.paint(sheet, layout, values)
    painting.size_sheet(sheet, layout)
    _open_cells(sheet, layout)
    _write_foot(sheet, layout, [note, _HINT, "" if resubmission_reason is None else _REASON_HINT])
    if prose:
        _write_prose(workbook, prose)
    hidden = {
        "form_code": form.form_code,
        "variant": variant,
        "organ_code": organ_code,
        "report_year": str(report_year),
        "template_version": TEMPLATE_VERSION,
    }
    if helps is not None:
        sheet.print_area = f"A1:{get_column_letter(layout.last_column)}{sheet.max_row}"
        hidden[HELP_COLUMN] = str(write_helps(sheet, form, layout, helps, report_year))
    _write_hidden_identity(workbook, hidden)
    return workbook_bytes(workbook)


def _form_sheet(workbook: Workbook) -> Worksheet:
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has one worksheet; this tells the type checker
    sheet.title = FORM_SHEET
    return sheet


def _write_title(sheet: Worksheet, form: Form, layout: Layout) -> None:
    cell = painting.put_text(sheet, 1, 1, form.title)
    cell.font, cell.alignment = painting.TITLE_FONT, painting.CENTRED
    painting.merge(sheet, 1, 1, 1, layout.last_column)
    sheet.row_dimensions[1].height = 30


def _write_identity_cells(sheet: Worksheet, identity: Mapping[str, str | int]) -> None:
    for row, (label, value) in enumerate(identity.items(), start=2):
        head = painting.put_text(sheet, row, 1, label)
        head.font, head.border = painting.BOLD_FONT, painting.BORDER
        sheet.row_dimensions[row].height = painting.LINE_HEIGHT_POINTS + 3
        for column in (2, 3):
            sheet.cell(row, column).border = painting.BORDER
        cell = sheet.cell(row, 2)
        if isinstance(value, str):
            cell = painting.put_text(sheet, row, 2, value)
        else:
            cell.value = value
        cell.font, cell.alignment = painting.BODY_FONT, painting.LEFT
        painting.merge(sheet, row, 2, 1, 2)
        if label in ("零报告", REASON_LABEL):
            cell.protection = painting.UNLOCKED
        if label == "零报告":
            choice = DataValidation(type="list", formula1='"否,是"', allow_blank=False, showErrorMessage=True)
            choice.errorTitle, choice.error = "请选“是”或“否”", "本年度没有任何事项的选“是”，否则选“否”。"
            choice.add(cell.coordinate)
            sheet.add_data_validation(choice)


def _open_cells(sheet: Worksheet, layout: Layout) -> None:
    """Validation on every cell to fill in, and protection, without a password, of everything else."""
    for kind, rule in _RULES.items():
        boxes = [box for box in layout.values if box.indicator and box.indicator.value_kind == kind]
        if boxes:
            sheet.add_data_validation(_validation(rule, boxes))
    for box in layout.values:
        if box.indicator and box.indicator.value_kind == "money" and not layout.has_unit:
            # shown beside the figure, not part of it
            sheet.cell(box.row, box.column).number_format = f'General"{box.indicator.unit}"'
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def _validation(rule: _Rule, boxes: Sequence[Box]) -> DataValidation:
    return DataValidation(
        sqref=MultiCellRange(" ".join(f"{get_column_letter(box.column)}{box.row}" for box in boxes)),
        type=rule.kind,
        operator=rule.operator,
        formula1=rule.formula1,
        formula2=rule.formula2,
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=rule.title,
        error=rule.message,
        errorStyle="stop",
    )


def _write_foot(sheet: Worksheet, layout: Layout, lines: Sequence[str]) -> None:
    for row, line in enumerate(filter(None, lines), start=layout.last_row + 2):
        cell = painting.put_text(sheet, row, 1, line)
        cell.font, cell.alignment = painting.SMALL_FONT, painting.LEFT
        painting.merge(sheet, row, 1, 1, layout.last_column)
        sheet.row_dimensions[row].height = 2 * painting.LINE_HEIGHT_POINTS


def _write_prose(workbook: Workbook, paragraphs: Sequence[str]) -> None:
    sheet = workbook.create_sheet(NARRATIVE_SHEET)
    sheet.column_dimensions["A"].width = _PROSE_WIDTH
    for row, paragraph in enumerate(paragraphs, start=1):
        painting.put_text(sheet, row, 1, paragraph).alignment = painting.LEFT


def _write_hidden_identity(workbook: Workbook, identity: Mapping[str, str]) -> None:
    sheet = workbook.create_sheet(IDENTITY_SHEET)
    sheet.sheet_state = "veryHidden"
    painting.put_text(sheet, 1, 1, TEMPLATE_MARK)
    for row, (key, value) in enumerate(identity.items(), start=2):
        painting.put_text(sheet, row, 1, key)
        painting.put_text(sheet, row, 2, value)
