"""The judge is judged: what is wrong must be called wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pipelines.readers.model import FileReading, Problem, ReadCell, ReadSubmission
from pipelines.templates.layout import Role
from schemas.form import CellKey, load_forms
from tests.roundtrip.dirt_figures import _in_chinese
from tests.roundtrip.model import LOST, Box, Expected, Page, Table, print_report
from tests.roundtrip.oracle import judge

ANNEX = load_forms()["fj_annex_2017"]
KEY, OTHER = CellKey("fj_suits", "", "annual"), CellKey("fj_reviews", "", "annual")
FIGURES = {key: Decimal(number) for number, key in enumerate(ANNEX.cells(), start=1)}


def page() -> Page:
    return print_report(ANNEX, "", 2017, FIGURES)


def as_printed() -> ReadSubmission:
    cells = tuple(ReadCell(key, str(value), value, "reported", "Sheet1", f"C{value}") for key, value in FIGURES.items())
    return ReadSubmission("", "厦门市教育局", 2017, "fj_annex_2017", "", False, cells)


def changed(key: CellKey, *problems: Problem, **cell: object) -> FileReading:
    whole = as_printed()
    cells = tuple(replace(read, **cell) if read.key == key else read for read in whole.cells)
    return FileReading((replace(whole, cells=cells, problems=problems),))


def outcome(reading: FileReading, of: Page | None = None) -> str:
    """The outcome of KEY; every other cell is right."""
    verdicts = {verdict.key: verdict.outcome for verdict in judge(of or page(), reading)}
    assert {verdict for key, verdict in verdicts.items() if key != KEY} == {"right"}
    return verdicts[KEY]


def test_what_is_as_printed_is_right() -> None:
    assert outcome(FileReading((as_printed(),))) == "right"


@pytest.mark.parametrize(
    "cell",
    [
        {"value": Decimal(7)},
        {"value": None, "value_state": "blank"},
        {"value": Decimal(0)},
        {"value": None, "value_state": "not_applicable"},
    ],
)
def test_another_number_or_none_in_silence_is_wrong(cell: dict[str, object]) -> None:
    assert outcome(changed(KEY, **cell)) == "wrong"


@pytest.mark.parametrize("state", ["uncertain", "not_a_number", "missing_row"])
def test_a_doubt_is_legitimate_where_the_file_gives_a_reason(state: str) -> None:
    reading = changed(KEY, value=None, value_state=state)
    assert outcome(reading) == "needless"
    touched = page()
    touched.may_flag.add(KEY)
    assert outcome(reading, touched) == "flagged"


def test_a_number_where_none_is_printed_is_wrong_and_a_doubt_is_right_enough() -> None:
    touched = page()
    touched.expected[KEY] = Expected(None, LOST)
    assert outcome(changed(KEY, value=Decimal(7)), touched) == "wrong"
    assert outcome(changed(KEY, value=None, value_state="blank"), touched) == "wrong"
    assert outcome(changed(KEY, value=None, value_state="not_a_number"), touched) == "flagged"


def test_only_a_finding_that_holds_and_names_the_cell_excuses_a_wrong_number() -> None:
    says = Problem("V07", "出现两次而不同", "Sheet1", "C30", scope=KEY.scope)
    assert outcome(changed(KEY, says, value=Decimal(7))) == "needless"
    assert outcome(changed(KEY, replace(says, rule_id="V09"), value=Decimal(7))) == "wrong"
    assert outcome(changed(KEY, replace(says, scope=OTHER.scope, address="C28"), value=Decimal(7))) == "wrong"


def test_another_year_edition_organ_or_a_second_report_is_wrong() -> None:
    whole = as_printed()
    for reading in (
        FileReading((replace(whole, report_year=2016),)),
        FileReading((replace(whole, organ_name="厦门市公安局"),)),
        FileReading((whole, whole)),
        FileReading(),
    ):
        assert {verdict.outcome for verdict in judge(page(), reading)} & {"wrong"}


def test_a_refusal_with_a_reason_is_a_doubt_of_every_cell() -> None:
    refused = FileReading(problems=(Problem("V03", "无法识别"),))
    assert {verdict.outcome for verdict in judge(page(), refused)} == {"needless"}
    touched = page()
    touched.may_refuse = True
    assert {verdict.outcome for verdict in judge(touched, refused)} == {"flagged"}


def test_numerals_are_written_as_people_write_them() -> None:
    said = {
        0: "零",
        7: "七",
        10: "十",
        35: "三十五",
        105: "一百零五",
        2010: "二千零一十",
        10_001: "一万零一",
        20_300: "二万零三百",
    }
    assert {number: _in_chinese(str(number)) for number in said} == said


def test_rows_and_columns_go_in_and_out_with_the_spans_across_them() -> None:
    group = Box(Role.LABEL, 1, 0, rows=3, text="组")
    table = Table(
        [Box(Role.HEADER, 0, 0, columns=2, text="头"), group, *(Box(Role.LABEL, row, 1) for row in (1, 2, 3))]
    )
    table.insert_row(2)
    assert (group.row, group.rows, table.height) == (1, 4, 5)
    table.delete_row(1)
    assert (group.row, group.rows, table.height) == (1, 3, 4)
    assert [(box.row, box.column) for box in table.boxes if box.column == 1] == [(2, 1), (3, 1)]
    table.insert_column(1)
    assert (table.boxes[0].columns, table.width) == (3, 3)
    table.hidden_rows.add(1)
    assert (table.visible().height, table.height) == (3, 4)
