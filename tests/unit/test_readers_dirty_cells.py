"""Dirt in the cells of a form: what is read, what is asked, and what the contract finds. The figures are made up."""

from __future__ import annotations

from decimal import Decimal

from pipelines.parse_cache import tabulate
from pipelines.readers import read_file
from tests.unit.reader_files import FORMS, Sheet, typed, workbook

ANNEX = FORMS["fj_annex_2017"]
DIRT = {
    "约22": (None, "uncertain", "约数：约"),
    "1 234": (None, "uncertain", "数字中间有空白，无法断定是一个数还是几个数"),
    "-3": (Decimal(-3), "reported", ""),
    "2.5": (Decimal("2.5"), "reported", ""),
    "三十五件": (Decimal(35), "reported", "“三十五件”读作35件"),
    "3-5": (None, "not_a_number", "是区间，不是一个数"),
    "22（其中修订16件）": (Decimal(22), "reported", "其中修订16件"),
}


def test_every_dirty_cell_is_its_number_or_a_question() -> None:
    sheet = Sheet.of(typed(ANNEX, year=2018)).unmerged()
    first = sheet.row_of("历年累计") + 1
    for row, printed in enumerate(DIRT, start=first):
        sheet.rows[row][-1] = printed
    reading = read_file(workbook({"表": sheet}), "2018.xlsx")
    (submission,) = reading.submissions
    found = {cell.printed: (cell.value, cell.value_state, cell.note) for cell in submission.cells}
    assert {printed: found[printed] for printed in DIRT} == DIRT
    problems = tabulate([("file", reading)])["problem"].to_pylist()
    said = {problem["printed"]: (problem["rule_id"], problem["outcome"], problem["message"]) for problem in problems}
    label = {cell.printed: ANNEX.label(cell.key) for cell in submission.cells}
    ask = "；请核对后在这一格只填准确的数字"
    apart = "已分开保存"
    assert said == {
        "约22": ("V10", "fail", f"“{label['约22']}”现填“约22”，是约数（约），统计表要准确的数{ask}"),
        "1 234": ("V10", "fail", f"“{label['1 234']}”现填“1 234”，{DIRT['1 234'][2]}{ask}"),
        "-3": ("M04", "fail", f"“{label['-3']}”填的是 -3，件数应为非负整数；请改正"),
        "2.5": ("M04", "fail", f"“{label['2.5']}”填的是 2.5，件数应为非负整数；请改正"),
        "三十五件": ("V09", "fail", f"“{label['三十五件']}”：数字旁另有文字（“三十五件”读作35件），{apart}"),
        "3-5": ("V06", "fail", f"“{label['3-5']}”应填数字，现填“3-5”（是区间，不是一个数）；请只填数字，没有的填0"),
        "22（其中修订16件）": (
            "V09",
            "fail",
            f"“{label['22（其中修订16件）']}”：数字旁另有文字（其中修订16件），{apart}",
        ),
    }
