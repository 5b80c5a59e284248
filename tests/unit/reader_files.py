"""Files for the reading tests, made in memory: typed by hand, edited as clerks edit, broken as attackers break."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from openpyxl import Workbook, load_workbook

from pipelines.readers import read_file
from pipelines.readers.model import Limits, ReadCell, ReadSubmission
from pipelines.templates import write_statutory, write_template
from schemas.form import CellKey, Form, load_forms

FORMS = load_forms()
ORGAN_NAME = "厦门市教育局"
ORGAN_CODE = "XMP00102"
LONG_HEADER = "organ_code,report_year,form_code,indicator_code,applicant_kind,measure,value"
SHEET_PART = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

Merge = tuple[int, int, int, int]
"""first row, first column, last row, last column, from 0, both ends included"""


def year_of(form: Form) -> int:
    return form.last_year or 2024


def figures(form: Form, variant: str = "") -> dict[CellKey, int | Decimal]:
    """Every cell with another figure; money with a fraction, changes with a minus sign."""
    result: dict[CellKey, int | Decimal] = {}
    for number, key in enumerate(form.cells(variant), start=101):
        kind = form.indicators[key.indicator_code].value_kind
        result[key] = {"money": Decimal(number) + Decimal("0.25"), "signed_count": -number}.get(kind, number)
    return result


def typed(form: Form, variant: str = "", values: Mapping[CellKey, object] | None = None, year: int = 0) -> bytes:
    """The statutory layout typed by hand."""
    chosen = figures(form, variant) if values is None else values
    return write_statutory(
        form,
        organ_name=ORGAN_NAME,
        report_year=year or year_of(form),
        variant=variant,
        values=chosen,
    )


def template(form: Form, variant: str = "", **options: object) -> bytes:
    options = {"values": figures(form, variant), "report_year": year_of(form)} | options
    return write_template(form, organ_code=ORGAN_CODE, organ_name=ORGAN_NAME, variant=variant, **options)


def long_csv(form: Form, values: Mapping[CellKey, object], *, organ: str = ORGAN_CODE, year: int = 0) -> list[str]:
    """The lines of a long CSV, the header first."""
    place = f"{organ},{year or year_of(form)},{form.form_code}"
    lines = [f"{place},{k.indicator_code},{k.applicant_kind},{k.measure},{v}" for k, v in values.items()]
    return [LONG_HEADER, *lines]


def only(data: bytes, name: str = "年报.xlsx", limits: Limits | None = None) -> ReadSubmission:
    """The one submission of a file."""
    reading = read_file(data, name, limits)
    assert not reading.problems, reading.problems
    (submission,) = reading.submissions
    return submission


def rejection(data: bytes, name: str = "年报.xlsx", limits: Limits | None = None) -> tuple[str, str]:
    """Rule and sentence with which a whole file is rejected."""
    reading = read_file(data, name, limits)
    assert not reading.submissions
    (problem,) = reading.problems
    return problem.rule_id, problem.message


def by_key(submission: ReadSubmission) -> dict[CellKey, ReadCell]:
    return {cell.key: cell for cell in submission.cells}


def values_of(submission: ReadSubmission) -> dict[CellKey, Decimal | None]:
    return {cell.key: cell.value for cell in submission.cells}


def states_of(submission: ReadSubmission) -> dict[str, int]:
    """state -> number of cells"""
    states: dict[str, int] = {}
    for cell in submission.cells:
        states[cell.value_state] = states.get(cell.value_state, 0) + 1
    return states


def rules_of(submission: ReadSubmission) -> list[str]:
    return [problem.rule_id for problem in submission.problems]


@dataclass
class Sheet:
    """A sheet that can be edited by rows and columns, its merged ranges along with it."""

    rows: list[list[object]]
    merges: list[Merge] = field(default_factory=list)

    @classmethod
    def of(cls, data: bytes, name: str = "") -> Sheet:
        book = load_workbook(io.BytesIO(data))
        sheet = book[name or book.sheetnames[0]]
        rows = [[cell.value for cell in line] for line in sheet.iter_rows()]
        ranges = sheet.merged_cells.ranges
        merges = [(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1) for r in ranges]
        return cls(rows, sorted(merges))

    def row_of(self, label: str) -> int:
        """The row in which a text stands, spaces and line breaks aside."""
        (row,) = [
            number
            for number, line in enumerate(self.rows)
            if any("".join(str(value).split()) == label for value in line if value is not None)
        ]
        return row

    def part(self, first: int, last: int) -> Sheet:
        """Rows first to last as a sheet of their own."""
        merges = [(t - first, le, b - first, r) for t, le, b, r in self.merges if first <= t and b <= last]
        return Sheet([list(line) for line in self.rows[first : last + 1]], merges)

    def unmerged(self) -> Sheet:
        return Sheet([list(line) for line in self.rows])

    def without_row(self, row: int) -> Sheet:
        rows = [list(line) for line in self.rows]
        gone = rows.pop(row)
        merges: list[Merge] = []
        for top, left, bottom, right in self.merges:
            if top == row and bottom > row:
                rows[row][left] = gone[left]
            moved = (top - (top > row), left, bottom - (bottom >= row), right)
            if moved[2] >= moved[0] and moved[:2] != moved[2:]:
                merges.append(moved)
        return Sheet(rows, merges)

    def with_row(self, row: int, line: Sequence[object]) -> Sheet:
        """``line`` put before ``row``; merged ranges across it grow."""
        rows = [list(old) for old in self.rows]
        rows.insert(row, list(line) + [None] * (len(rows[0]) - len(line)))
        merges = [(t + (t >= row), le, b + (b >= row), r) for t, le, b, r in self.merges]
        return Sheet(rows, merges)

    def with_column(self, column: int, values: Mapping[int, object]) -> Sheet:
        """A column put before ``column`` with ``values`` by row; merged ranges across it grow."""
        rows = [[*line[:column], values.get(number), *line[column:]] for number, line in enumerate(self.rows)]
        merges = [(t, le + (le >= column), b, r + (r >= column)) for t, le, b, r in self.merges]
        return Sheet(rows, merges)

    def relabelled(self, change: Callable[[str], str]) -> Sheet:
        rows = [[change(value) if isinstance(value, str) else value for value in line] for line in self.rows]
        return Sheet(rows, list(self.merges))


def workbook(sheets: Mapping[str, Sheet], hidden: Sequence[str] = ()) -> bytes:
    """The sheets as an .xlsx."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, content in sheets.items():
        sheet = book.create_sheet(name)
        for number, line in enumerate(content.rows, start=1):
            for column, value in enumerate(line, start=1):
                if value is not None:
                    sheet.cell(number, column).value = value
        for top, left, bottom, right in content.merges:
            sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def small_book(rows: Sequence[Sequence[object]] = (("规章", 1),), name: str = "Sheet1") -> bytes:
    return workbook({name: Sheet([list(line) for line in rows])})


def repacked(data: bytes, changed: Mapping[str, str | bytes], drop: Sequence[str] = ()) -> bytes:
    """The package with some parts replaced or added and some left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in drop and name not in changed:
                new.writestr(name, old.read(name))
        for name, content in changed.items():
            new.writestr(name, content)
    return out.getvalue()


def part_of(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def sheet_xml(body: str, tail: str = "", namespace: str = _MAIN) -> str:
    """The XML of a worksheet with ``body`` in its sheetData."""
    return f'<worksheet xmlns="{namespace}"><sheetData>{body}</sheetData>{tail}</worksheet>'


def with_xml(body: str, tail: str = "", namespace: str = _MAIN) -> bytes:
    """A workbook of one sheet, named Sheet1, with this XML."""
    return repacked(small_book(), {SHEET_PART: sheet_xml(body, tail, namespace)})
