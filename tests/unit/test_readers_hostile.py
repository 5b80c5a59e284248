"""Sheets made to take for ever and forms edited clumsily: bounded time, and no figure in the cell of another."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers import read_file
from schemas.form import Form
from tests.unit.reader_files import FORMS, Sheet, figures, only, rejection, typed, values_of, workbook, year_of

EVERY_FORM = [(form_code, variant) for form_code, form in FORMS.items() for variant in form.variants]
G21, ANNEX = FORMS["gb_2021"], FORMS["fj_annex_2017"]


def hostile(form: Form, width: int, height: int) -> bytes:
    """A CSV of nothing but the form's own words."""
    words = [row.path[-1] for table in form.tables for row in table.rows if row.path]
    words += [column.path[-1] for table in form.tables for column in table.columns]
    lines = (",".join(words[(row * width + column) % len(words)] for column in range(width)) for row in range(height))
    return "\n".join(lines).encode("gb18030")


@pytest.mark.parametrize(
    "data",
    [
        hostile(G21, 600, 600),
        hostile(G21, 16_000, 20),
        ("规章," * 600 + "\n").encode("gb18030") * 600,
        ("总计," * 600 + "\n").encode("gb18030") * 600,
        ("2024年," * 600 + "\n").encode("gb18030") * 600,
        "\n".join(",".join(f"{row}第{column}" for column in range(600)) for row in range(600)).encode("gb18030"),
    ],
    ids=["words", "wide", "one label", "one head", "years", "all different"],
)
def test_a_large_hostile_sheet_is_answered_in_bounded_time(data: bytes) -> None:
    started = time.process_time()
    assert rejection(data, "年报.csv")[0] == "V03"
    assert time.process_time() - started < 15


def test_a_wide_form_full_of_numbers_is_read_in_bounded_time() -> None:
    sheet = Sheet.of(typed(ANNEX, year=2018)).unmerged()
    out = io.StringIO()
    csv.writer(out).writerows([*line, *[1] * 8000] for line in sheet.rows)
    started = time.process_time()
    submission = only(out.getvalue().encode(), "年报.csv")
    assert values_of(submission) == figures(ANNEX)
    assert time.process_time() - started < 15


@st.composite
def clumsily_edited(draw: st.DrawFn) -> tuple[str, str, Sheet]:
    """An edition with rows and columns put in or lost, merges undone, and words of its own written over."""
    form_code, variant = draw(st.sampled_from(EVERY_FORM))
    sheet = TYPED[form_code, variant]
    sheet = Sheet([list(row) for row in sheet.rows], list(sheet.merges))
    if draw(st.booleans()):
        sheet = sheet.unmerged()
    for edit in draw(st.lists(st.sampled_from(["row", "no row", "column", "numbers", "word"]), min_size=1, max_size=3)):
        row = draw(st.integers(1, len(sheet.rows) - 1))
        column = draw(st.integers(0, len(sheet.rows[0]) - 1))
        if edit == "row":
            sheet = sheet.with_row(row, [None, draw(st.sampled_from([None, "备注"]))])
        elif edit == "no row":
            sheet = sheet.without_row(row)
        elif edit == "column":
            sheet = sheet.with_column(column, {})
        elif edit == "numbers":
            sheet = sheet.with_column(column, dict.fromkeys(range(row, len(sheet.rows)), 7777))
        elif isinstance(sheet.rows[row][column], str):
            sheet.rows[row][column] = draw(st.sampled_from([None, "改", "未知的行"]))
    return form_code, variant, sheet


TYPED = {(code, variant): Sheet.of(typed(FORMS[code], variant)) for code, variant in EVERY_FORM}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(clumsily_edited())
def test_however_a_form_is_edited_no_cell_gets_another_cells_figure(edited: tuple[str, str, Sheet]) -> None:
    form_code, variant, sheet = edited
    reading = read_file(workbook({"Sheet1": sheet}), f"{year_of(FORMS[form_code])}.xlsx")
    for submission in reading.submissions:
        expected = figures(FORMS[form_code], variant)
        wrong = {k: v for k, v in values_of(submission).items() if v is not None and v != expected.get(k)}
        assert wrong == {}
    assert reading.submissions or reading.problems[0].rule_id == "V03"
