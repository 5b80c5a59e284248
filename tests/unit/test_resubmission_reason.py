"""Why a report is filed again: where each kind of file says so, and files made before there was such a place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from pipelines.readers import read_file
from pipelines.templates import write_template
from schemas.form import load_forms
from tests.unit.reader_files import long_csv, saved

FORM = load_forms()["gb_2021"]
ANNEX = load_forms()["fj_annex_2017"]


def template(**said: Any) -> bytes:
    return write_template(FORM, organ_code="XMP00102", organ_name="厦门市教育局", report_year=2024, **said)


def reason_in(data: bytes, name: str = "年报.xlsx") -> str:
    (submission,) = read_file(data, name).submissions
    return submission.resubmission_reason


def test_the_template_asks_for_it_and_takes_it_back() -> None:
    assert (
        reason_in(template(resubmission_reason="更正2024年信息公开年报的新收一行"))
        == "更正2024年信息公开年报的新收一行"
    )
    assert reason_in(template(resubmission_reason="")) == ""
    sheet = load_workbook(io.BytesIO(template(resubmission_reason="")))["统计表"]
    (label,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "重报原因"]
    assert not label.offset(0, 1).protection.locked
    assert label.protection.locked


def test_a_template_that_was_made_before_is_read_as_it_was() -> None:
    old, new = template(), template(resubmission_reason="漏计")
    (before,), (after,) = read_file(old, "a.xlsx").submissions, read_file(new, "a.xlsx").submissions
    assert before.resubmission_reason == ""
    assert [cell.key for cell in before.cells] == [cell.key for cell in after.cells]
    assert (before.organ_name, before.report_year, before.is_nil) == (after.organ_name, after.report_year, False)


def test_it_may_be_typed_beside_its_label_or_behind_it() -> None:
    workbook = load_workbook(io.BytesIO(template()))
    sheet = workbook["统计表"]
    sheet["E2"] = "重报原因：重复计算\n已扣除"
    assert reason_in(saved(workbook)) == "重复计算 已扣除"
    sheet["E2"], sheet["F2"] = "重报原因", "漏计" * 400
    assert reason_in(saved(workbook)) == ("漏计" * 400)[:500]


def test_a_reason_that_quotes_a_title_names_no_organ_and_no_year() -> None:
    data = write_template(
        FORM,
        organ_code="",
        organ_name="",
        report_year=2024,
        resubmission_reason="市民政局关于2019年政府信息公开年报的更正",
    )
    (submission,) = read_file(data, "年报.xlsx").submissions
    assert (submission.organ_name, submission.report_year) == ("", 2024)


def test_a_nil_report_says_it_too() -> None:
    assert reason_in(template(is_nil=True, resubmission_reason="误报了别的单位的数")) == "误报了别的单位的数"
    assert reason_in("重报原因：2023年的表放错了".encode(), "nil_2024_gb_2021.csv") == "2023年的表放错了"
    assert reason_in(b"", "nil_2024_gb_2021.csv") == ""


@pytest.mark.parametrize(
    ("reasons", "expected"), [(["漏计", ""], "漏计"), (["漏计", "漏计"], "漏计"), (["漏计", "重复"], "漏计；重复")]
)
def test_a_list_of_cells_has_a_column_for_it(reasons: list[str], expected: str) -> None:
    header, *lines = long_csv(ANNEX, dict.fromkeys(ANNEX.cells(), 0), organ="XMP00102", year=2017)
    filled = [*reasons, *[""] * len(lines)]
    text = "\n".join(
        [f"{header},resubmission_reason", *(f"{line},{said}" for line, said in zip(lines, filled, strict=False))]
    )
    assert reason_in(text.encode(), "2017.csv") == expected
    assert reason_in("\n".join([header, *lines]).encode(), "2017.csv") == ""
