"""Every kind of workbook says the same: filled forms figure by figure, a sheet as clerks leave it cell by cell."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from functools import cache
from typing import Final

import pytest
from openpyxl import Workbook, load_workbook

from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.grid import Grid, Printed, Span, address
from pipelines.readers.kinds import OPENERS
from pipelines.readers.model import Limits
from tests.unit.binary_workbooks import from_xlsx
from tests.unit.libreoffice import converted, needs_libreoffice
from tests.unit.reader_files import (
    FORMS,
    ORGAN_CODE,
    SHEET_PART,
    Sheet,
    figures,
    only,
    part_of,
    repacked,
    saved,
    sheet_xml,
    small_book,
    template,
    typed,
    values_of,
    with_xml,
    year_of,
)

OFFICE = [pytest.param(kind, marks=needs_libreoffice) for kind in ("xls", "ods")]
EVERY_KIND = ["xlsx", "xlsm", "xlsb", *OFFICE]


@cache
def source(name: str) -> bytes:
    """An .xlsx that the tests want in other kinds."""
    return SOURCES[name]()


@cache
def by_libreoffice(kind: str) -> dict[str, bytes]:
    """All of them in one run."""
    return converted({f"{name}.xlsx": source(name) for name in SOURCES}, kind)


def as_kind(name: str, kind: str) -> bytes:
    """A source saved as a kind; "saved" is .xlsx as LibreOffice writes it."""
    if kind in ("xlsx", "xlsm"):
        return source(name) if kind == "xlsx" else with_macros(source(name))
    return from_xlsx(source(name)) if kind == "xlsb" else by_libreoffice(kind.replace("saved", "xlsx"))[name]


def with_macros(data: bytes) -> bytes:
    """The workbook with everything in it that must not be opened: macros, an object, a link and a connection."""
    types = part_of(data, "[Content_Types].xml").replace("sheet.main+xml", "sheet.macroEnabled.main+xml")
    types = types.replace("openxmlformats-officedocument.spreadsheetml.sheet.macro", "ms-excel.sheet.macro")
    link = '<externalLink xmlns:r="x"><externalBook r:id="rId1"/></externalLink>'
    target = (
        '<Relationships><Relationship Id="rId1" TargetMode="External" Target="file:///etc/passwd"/></Relationships>'
    )
    return repacked(
        data,
        {
            "[Content_Types].xml": types,
            "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no macro that anybody could run",
            "xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0 no object",
            "xl/externalLinks/externalLink1.xml": link,
            "xl/externalLinks/_rels/externalLink1.xml.rels": target,
            "xl/connections.xml": '<connections><connection id="1" odcFile="http://127.0.0.1:9/x"/></connections>',
        },
    )


def grids(data: bytes) -> dict[str, Grid]:
    return {grid.sheet: grid for grid in OPENERS[kind_of(data, Limits())](data, Limits()).grids}


def cells(grid: Grid) -> dict[str, Printed]:
    return {address(position): printed for position, printed in grid.cells.items()}


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize("form_code", ["gb_2021", "fj_annex_2017"])
def test_a_filled_template_comes_back_figure_by_figure(form_code: str, kind: str) -> None:
    form = FORMS[form_code]
    data = as_kind(form_code, kind)
    assert kind_of(data, Limits()) == ("xlsx" if kind == "xlsm" else kind)
    submission = only(data, f"年报.{kind}")
    assert values_of(submission) == figures(form)
    assert {cell.value_state for cell in submission.cells} == {"reported"}
    identity = (submission.organ_code, submission.report_year, submission.form_code)
    assert identity == (ORGAN_CODE, year_of(form), form_code)
    assert submission.problems == ()
    hidden = grids(data)["_gongkai"]
    assert (hidden.is_hidden, hidden.text(0, 0), hidden.text(1, 1)) == (True, "gongkai-template", form_code)


@needs_libreoffice
def test_the_binary_workbooks_of_these_tests_are_such() -> None:
    """Another program reads the same from the .xlsb that is made here: figures, merged ranges, hidden rows."""
    form = FORMS["gb_2021"]
    book = load_workbook(io.BytesIO(typed(form)))
    book.worksheets[0].row_dimensions[5].hidden = True
    data = from_xlsx(saved(book))
    theirs = converted({"form.xlsb": data}, "xlsx")["form"]
    assert values_of(only(theirs)) == values_of(only(data)) == figures(form)
    (ours,), (other,) = grids(data).values(), grids(theirs).values()
    assert ours.hidden_rows == other.hidden_rows == frozenset({4})
    assert set(ours.spans) == set(other.spans)
    assert cells(ours) == cells(other)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_spans_stand_where_the_layout_has_them(kind: str) -> None:
    expected = {Span(*merge) for merge in Sheet.of(source("typed")).merges}
    (grid,) = grids(as_kind("typed", kind)).values()
    assert len(expected) == 50
    assert set(grid.spans) == expected


def clerks_sheet() -> bytes:
    """Values of every kind, a hidden row and a hidden sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "表"
    rows = [
        [("比例", ""), (0.125, "0%"), (0.5, "0.00%")],
        [("件数", ""), (12, '0"件"'), (1.04, '0.00"亿元"'), (7, '"约"0')],
        [("12", ""), ("00012", ""), ("  12 ", ""), ("甲\n乙", "")],
        [(3.0000001, ""), (1234567.5, "#,##0.00"), (-24, ""), (0.1 + 0.2, "")],
        [(dt.datetime(2024, 1, 2), 'm"月"d"日"'), (dt.datetime(2024, 1, 2), "m-d")],
        [(8, "")],
    ]
    for line, values in enumerate(rows, start=1):
        for column, (value, code) in enumerate(values, start=1):
            cell = sheet.cell(line, column)
            cell.value = value
            cell.number_format = code or "General"
    sheet["B3"].quotePrefix = True
    sheet.row_dimensions[6].hidden = True
    book.create_sheet("旧表")["A1"] = 1
    book["旧表"].sheet_state = "hidden"
    return saved(book)


def ordinal() -> bytes:
    """A form whose first figure is a date."""
    form = FORMS["fj_annex_2017"]
    book = load_workbook(io.BytesIO(typed(form)))
    book.worksheets[0][only(typed(form)).cells[0].address] = dt.date(2018, 1, 2)
    return saved(book)


SOURCES: Final[dict[str, Callable[[], bytes]]] = {
    "gb_2021": lambda: template(FORMS["gb_2021"]),
    "fj_annex_2017": lambda: template(FORMS["fj_annex_2017"]),
    "typed": lambda: typed(FORMS["gb_2021"]),
    "clerk": clerks_sheet,
    "ordinal": ordinal,
    "formulas": lambda: small_book((("=1+1", "=1/0", '=IF(1,"","x")', '="12"', "=NA()"),)),
}


@pytest.mark.parametrize("kind", ["xlsx", *OFFICE])
def test_a_clerks_sheet_is_printed_as_a_person_sees_it(kind: str) -> None:
    found = grids(as_kind("clerk", kind))
    assert cells(found["表"]) == {
        "A1": Printed("比例"),
        "B1": Printed("12.5%"),
        "C1": Printed("50%"),
        "A2": Printed("件数"),
        "B2": Printed("12件"),
        "C2": Printed("1.04亿元"),
        "D2": Printed("约7"),
        "A3": Printed("12"),
        "B3": Printed("00012"),
        "C3": Printed("  12 "),
        "D3": Printed("甲\n乙"),
        "A4": Printed("3.0000001"),
        "B4": Printed("1234567.5"),
        "C4": Printed("-24"),
        "D4": Printed("0.3"),
        "A5": Printed("2024-01-02", "date"),
        "B5": Printed("2024-01-02", "date"),
        "A6": Printed("8"),
    }
    assert found["表"].hidden_rows == frozenset({5})
    assert (found["表"].is_hidden, found["旧表"].is_hidden, cells(found["旧表"])) == (False, True, {"A1": Printed("1")})


@needs_libreoffice
@pytest.mark.parametrize(("kind", "empty"), [("saved", ""), ("xls", "formula"), ("ods", "formula")])
def test_results_of_formulas(kind: str, empty: str) -> None:
    """A formula that says the empty text: only .xlsx tells it from one without a result."""
    (grid,) = grids(as_kind("formulas", kind)).values()
    blank = {"C1": Printed("", empty)} if empty else {}
    assert cells(grid) == {
        "A1": Printed("2"),
        "B1": Printed("#DIV/0!", "error"),
        "D1": Printed("12"),
        "E1": Printed("#N/A", "error"),
        **blank,
    }


@pytest.mark.parametrize("kind", ["xlsx", *OFFICE])
def test_an_ordinal_that_became_a_date_is_asked_for(kind: str) -> None:
    form = FORMS["fj_annex_2017"]
    submission = only(as_kind("ordinal", kind))
    cell = submission.cells[0]
    assert cell.key == next(iter(form.cells("")))
    assert (cell.value, cell.value_state, cell.printed) == (None, "uncertain", "2018-01-02")
    assert [problem.rule_id for problem in submission.problems] == ["V14"]


def test_units_in_number_formats_are_read_as_printed() -> None:
    """A clerk's own sheet may show other units than it stores; in a template of ours they only repeat the form."""
    form = FORMS["gb_2021"]
    key = next(key for key in figures(form) if form.indicators[key.indicator_code].value_kind == "money")
    place = next(cell.address for cell in only(typed(form)).cells if cell.key == key)
    book = load_workbook(io.BytesIO(typed(form)))
    book.worksheets[0][place].number_format = '0.00"亿元"'
    read = only(saved(book))
    cell = next(cell for cell in read.cells if cell.key == key)
    assert (cell.printed, cell.value) == (f"{figures(form)[key]}亿元", figures(form)[key] * 10_000)
    assert [problem.rule_id for problem in read.problems] == ["V09"]


def test_what_must_not_be_opened_is_not() -> None:
    row = '<row r="1"><c r="A1"><f>[1]Sheet1!$A$1</f><v>7</v></c><c r="B1"><f>WEBSERVICE("http://x/")</f></c></row>'
    data = with_macros(repacked(small_book(), {SHEET_PART: sheet_xml(row)}))
    (grid,) = grids(data).values()
    assert cells(grid) == {"A1": Printed("7"), "B1": Printed("", "formula")}


def test_hidden_rows_of_a_sheet() -> None:
    rows = (
        '<row r="1" hidden="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="0"><c r="A2"><v>2</v></c></row>'
        '<row hidden="true"><c><v>3</v></c></row><row r="9" hidden="1"/>'
    )
    (grid,) = grids(with_xml(rows)).values()
    assert (grid.hidden_rows, grid.height) == (frozenset({0, 2}), 3)


def test_every_kind_of_workbook_is_opened() -> None:
    assert {Kind.XLSX, Kind.XLSB, Kind.XLS, Kind.ODS, Kind.ENCRYPTED} <= set(OPENERS)
