"""Proof that the columns beside a template's form compute what the rules ask, and that nobody reads them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.readers import read_file
from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Printed, Span
from pipelines.readers.model import Limits, ReadSubmission
from pipelines.readers.sheets.xlsx import read_xlsx
from pipelines.readers.submissions import read_document
from pipelines.templates import Helps, openings_of, sums_of, write_template
from pipelines.templates.layout import lay_out
from schemas.form import CellKey, Form, load_forms
from schemas.rule import load_rules
from schemas.rule_compiler import compile_rules

FORMS = load_forms()
RULES = load_rules()
COMPILED = compile_rules(RULES, FORMS)
MATRIX = FORMS["gb_2021"]
LONGEST_FORMULA = 8192
"""characters that Excel takes"""
SOFFICE = shutil.which("soffice")
Figures = Mapping[CellKey, Decimal | int]


def year_of(form: Form) -> int:
    return form.last_year or 2024


def helps_of(form: Form) -> Helps:
    """The sums of the edition, and for each opening another made-up figure of the year before."""
    year = year_of(form)
    openings = openings_of(RULES, COMPILED, form, year)
    told = {opening.cell: opening for opening in openings}
    return Helps(
        sums_of(RULES, COMPILED, form, year),
        [(opening, Decimal(number)) for number, opening in enumerate(told.values(), start=10)],
    )


def template(form: Form, values: Figures | None = None, helps: Helps | None = None) -> bytes:
    return write_template(
        form,
        organ_code="XMP00102",
        organ_name="厦门市教育局",
        report_year=year_of(form),
        values=values,
        resubmission_reason="",
        helps=helps or helps_of(form),
    )


def closed(form: Form) -> dict[CellKey, int]:
    """Figures that fit every sum of the edition: ones, and totals of them."""
    values = dict.fromkeys(form.cells(), 1)
    if form.form_code == "gb_2014":
        # as many were done as were replied to
        values[CellKey("g14_done_ontime", "", "annual")] = 12
    sums = sums_of(RULES, COMPILED, form, year_of(form))
    for _ in range(4):
        # a total may be part of another one, and what is carried out follows from the totals
        for item in sorted(sums, key=lambda item: item.is_total, reverse=True):
            values[item.cell] = sum(part.sign * values[part.cell] for part in item.parts)
    return values


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content), data_only=False)


def addresses(form: Form) -> dict[CellKey, str]:
    boxes = lay_out(form, report_year=year_of(form), first_row=8).values
    return {box.key: f"{get_column_letter(box.column)}{box.row}" for box in boxes if box.key}


def row_of(form: Form, key: CellKey) -> int:
    return next(box.row for box in lay_out(form, report_year=year_of(form), first_row=8).values if box.key == key)


def help_column(book: Workbook) -> int:
    return int({row[0].value: row[1].value for row in book["_gongkai"].iter_rows()}["help_column"])


def texts(sheet: Worksheet, column: int) -> dict[int, str]:
    """What stands in a column, by row, its heads left out."""
    cells = (sheet.cell(row, column) for row in range(1, sheet.max_row + 1))
    return {cell.row: cell.value.strip("　") for cell in cells if cell.value and "不读取" not in str(cell.value)}


def read(content: bytes) -> ReadSubmission:
    reading = read_file(content, "年报.xlsx")
    assert reading.problems == ()
    (submission,) = reading.submissions
    return submission


def figures(submission: ReadSubmission) -> dict[CellKey, Decimal | None]:
    return {cell.key: cell.value for cell in submission.cells}


def recalculated(folder: Path, contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The workbooks as LibreOffice writes them once it has computed their formulas."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not installed")
    for name, content in contents.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    command = [SOFFICE, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx"]
    files = [str(folder / f"{name}.xlsx") for name in contents]
    subprocess.run([*command, "--outdir", str(folder / "out"), *files], check=True, capture_output=True, timeout=180)
    return {name: (folder / "out" / f"{name}.xlsx").read_bytes() for name in contents}


# which equations


def test_the_sums_of_each_edition_come_from_the_catalogue() -> None:
    counted = {}
    for form_code, form in FORMS.items():
        sums = sums_of(RULES, COMPILED, form, year_of(form))
        counted[form_code] = (sum(item.is_total for item in sums), sum(not item.is_total for item in sums))
    assert counted == {
        "fj_annex_2009": (1, 0),
        "fj_annex_2017": (4, 0),
        "gb_2014": (8, 0),
        "gb_2019": (33, 7),
        "gb_2021": (35, 7),
        "xm_supplement_2017": (0, 0),
    }


def test_the_matrix_closes_on_what_is_carried_out() -> None:
    cell = CellKey("req_carried_out", "business", "annual")
    sums = [item for item in sums_of(RULES, COMPILED, MATRIX, 2024) if item.cell == cell]
    (closing,) = [item for item in sums if not item.is_total]
    assert [(part.sign, part.cell.indicator_code) for part in closing.parts] == [
        (1, "req_new"),
        (1, "req_carried_in"),
        (-1, "res_total"),
    ]
    assert {part.cell.applicant_kind for part in closing.parts} == {"business"}


def test_openings_are_the_cells_that_last_year_decides() -> None:
    def cells(form_code: str) -> set[str]:
        form = FORMS[form_code]
        return {opening.cell.indicator_code for opening in openings_of(RULES, COMPILED, form, year_of(form))}

    assert cells("gb_2021") == {"req_carried_in", "a20_rules_in_force", "a20_norms_in_force"}
    assert len(cells("fj_annex_2017")) == 15
    assert cells("gb_2014") == cells("fj_annex_2009") == cells("xm_supplement_2017") == set()


# on the sheet


def test_last_years_figures_stand_beside_the_row_and_never_in_a_cell() -> None:
    book = opened(template(MATRIX))
    sheet, column = book["统计表"], help_column(book) + 1
    row = row_of(MATRIX, CellKey("req_carried_in", "total", "annual"))
    told = texts(sheet, column)
    assert told[row] == "自然人13　商业企业14　科研机构15　社会公益组织16　法律服务机构17　其他18　总计12"
    assert sorted(told.values())[1:] == [
        "现行有效件数＝上年11＋本年制发件数－本年废止件数",
        told[row],
    ]
    assert all(sheet[address].value is None for address in addresses(MATRIX).values())
    heads = {cell.value for line in sheet.iter_rows(min_col=column - 1) for cell in line if cell.value}
    assert {"核对（不读取）", "上年数（参考，不读取）"} <= heads


def test_a_cumulative_column_says_what_it_goes_on_from() -> None:
    form = FORMS["fj_annex_2017"]
    cell, year = CellKey("fj_open_total", "", "cumulative"), CellKey("fj_open_total", "", "annual")
    opening = next(item for item in openings_of(RULES, COMPILED, form, 2018) if item.cell == cell)
    assert [(part.sign, part.cell) for part in opening.parts] == [(1, year)]
    book = opened(template(form, helps=Helps([], [(opening, Decimal("414496.0000"))])))
    assert list(texts(book["统计表"], help_column(book) + 1).values()) == ["历年累计＝上年414496＋2018年度"]


def test_the_printed_page_is_the_form_alone_and_the_helps_are_locked() -> None:
    content = template(MATRIX)
    book = opened(content)
    sheet, first = book["统计表"], help_column(book)
    layout = lay_out(MATRIX, report_year=2024, first_row=8)
    assert (layout.last_column, first) == (15, 17)
    assert sheet.print_area == f"'统计表'!$A$1:$O${layout.last_row + 3}"
    assert sheet.protection.sheet
    beside = [cell for line in sheet.iter_rows(min_col=first) for cell in line]
    assert all(cell.protection.locked for cell in beside)
    formulas = [cell.value for cell in beside if cell.data_type == "f"]
    assert len(formulas) == 26
    assert max(map(len, formulas)) < LONGEST_FORMULA
    computed = load_workbook(BytesIO(content), data_only=True)["统计表"]
    assert {line[0].value for line in computed.iter_rows(min_col=first, max_col=first)} == {None, "核对（不读取）"}


def test_a_template_without_helps_is_as_before() -> None:
    book = opened(write_template(MATRIX, organ_code="XMP00102", organ_name="厦门市教育局", report_year=2024))
    assert book["统计表"].max_column == 15
    assert not book["统计表"].print_area
    assert "help_column" not in {row[0].value for row in book["_gongkai"].iter_rows()}


# computed


def test_formulas_say_what_the_rules_would_say(tmp_path: Path) -> None:
    """Closed figures give nothing but √ in every edition; then wrong and missing figures."""
    right = closed(MATRIX)
    wrong = dict(right)
    keys = {
        name: CellKey(code, kind, "annual")
        for name, code, kind in (
            ("granted", "res_granted", "total"),
            ("carried", "req_carried_out", "research"),
            ("new", "req_new", "total"),
            ("review", "rev_total", ""),
            ("suit", "suit_after_total", ""),
        )
    }
    wrong[keys["granted"]] += 5
    wrong[keys["carried"]] += 2
    wrong[keys["suit"]] = 9
    del wrong[keys["new"]], wrong[keys["review"]]
    books = {form_code: template(form, closed(form)) for form_code, form in FORMS.items()}
    return_2014 = FORMS["gb_2014"]
    undone = closed(return_2014) | {CellKey("g14_done_ontime", "", "annual"): 10}
    books |= {"undone": template(return_2014, undone | {CellKey("g14_done_total", "", "annual"): 11})}
    books |= {"wrong": template(MATRIX, wrong), "blank": template(MATRIX)}
    done = recalculated(tmp_path, books)

    def checks(name: str) -> dict[int, str]:
        book = load_workbook(BytesIO(done[name]), data_only=True)
        return texts(book["统计表"], help_column(book))

    for form_code, form in FORMS.items():
        rows = {row_of(form, item.cell) for item in helps_of(form).sums}
        assert checks(form_code) == dict.fromkeys(rows, "√"), form_code
        submission = read(done[form_code])
        assert submission.problems == ()
        assert figures(submission) == closed(form)
    assert checks("blank") == {}
    rows_of = {name: row_of(MATRIX, key) for name, key in keys.items()}
    told = {row: text for row, text in checks("wrong").items() if text != "√"}
    assert told[rows_of["granted"]] == "应为6"
    assert told[rows_of["new"]] == "各项之和6"
    assert told[rows_of["review"]] == "行政复议总计各项之和4　复议后起诉总计应为4"
    assert "科研机构两边相差2" in told[rows_of["carried"]]
    done_total = addresses(return_2014)[CellKey("g14_done_total", "", "annual")]
    assert [text for text in checks("undone").values() if text != "√"] == [f"统计数应同{done_total}：11"]
    # 总计 of the results: down the column 5 more, across as before
    total = row_of(MATRIX, CellKey("res_total", "total", "annual"))
    assert told[total] == f"总计（竖加）应为{right[CellKey('res_total', 'total', 'annual')] + 5}"
    assert told.keys() == {rows_of["granted"], rows_of["new"], rows_of["review"], rows_of["carried"], total}


# read by nobody


def test_what_stands_in_the_help_columns_is_not_read() -> None:
    values = closed(MATRIX)
    book = opened(template(MATRIX, values))
    sheet, first = book["统计表"], help_column(book)
    row = row_of(MATRIX, CellKey("req_new", "total", "annual"))
    for column, note in enumerate(
        (99, "2023年共12件，其中3件未答复。", "报告年度：2019", "厦门市民政局2019年政府信息公开工作年度报告")
    ):
        sheet.cell(row, first + column, note)
        sheet.cell(2, first + column, note)
    sheet.merge_cells(start_row=row, end_row=row + 1, start_column=first + 5, end_column=first + 6)
    saved = BytesIO()
    book.save(saved)
    submission = read(saved.getvalue())
    assert submission.problems == ()
    assert (submission.report_year, submission.organ_name) == (2024, "厦门市教育局")
    assert figures(submission) == values


def with_column(document: Document, at: int, texts_of: Mapping[int, str]) -> Document:
    """The document with a column put in at ``at`` of the form's sheet, as a spreadsheet program does it."""

    def moved(column: int) -> int:
        return column + (column >= at)

    grids = []
    for grid in document.grids:
        if grid.sheet == "统计表":
            cells = {(row, moved(column)): printed for (row, column), printed in grid.cells.items()}
            cells |= {(row, at): Printed(text) for row, text in texts_of.items()}
            spans = [Span(span.top, moved(span.left), span.bottom, moved(span.right)) for span in grid.spans]
            grids.append(Grid(grid.sheet, cells, spans))
        else:
            grids.append(grid)
    return Document(grids)


@pytest.mark.parametrize("at", [0, 5, 9, 15, 16, 17])
@pytest.mark.parametrize("count", [1, 3])
def test_columns_put_in_move_the_helps_along(at: int, count: int) -> None:
    """Three columns more, and the last columns of the form stand where the helps were said to begin."""
    values = closed(MATRIX)
    document = read_xlsx(template(MATRIX, values), Limits())
    for _ in range(count):
        document = with_column(document, at, {})
    (submission,) = read_document(document, "年报.xlsx").submissions
    assert submission.problems == ()
    assert figures(submission) == values


def test_numbers_in_a_column_put_in_are_told() -> None:
    row = row_of(MATRIX, CellKey("req_new", "total", "annual")) - 1
    document = with_column(read_xlsx(template(MATRIX, closed(MATRIX)), Limits()), 5, {row: "7"})
    (submission,) = read_document(document, "年报.xlsx").submissions
    assert [(problem.rule_id, problem.printed) for problem in submission.problems] == [("V05", "7")]
    assert figures(submission) == closed(MATRIX)


def test_only_a_template_of_ours_has_columns_that_nobody_reads() -> None:
    """The same sheet without the mark is read to its last column, whatever its heads say."""
    row = row_of(MATRIX, CellKey("req_new", "total", "annual")) - 1
    document = with_column(read_xlsx(template(MATRIX, closed(MATRIX)), Limits()), 17, {row: "7"})
    by_hand = Document([grid for grid in document.grids if grid.sheet == "统计表"])
    (marked,) = read_document(document, "年报.xlsx").submissions
    (bare,) = read_document(by_hand, "年报.xlsx").submissions
    assert marked.problems == ()
    assert [problem.rule_id for problem in bare.problems] == ["V05"]
