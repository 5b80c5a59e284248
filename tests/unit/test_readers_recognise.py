"""Editions recognised by labels and structure, as typed, edited and spoiled by hand; nothing shifts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from pipelines.readers import read_file
from pipelines.readers.likeness import LIKELY
from pipelines.readers.model import ReadCell, ReadSubmission
from schemas.form import CellKey, Form
from tests.unit.reader_files import (
    FORMS,
    Sheet,
    by_key,
    figures,
    only,
    rejection,
    rules_of,
    states_of,
    template,
    typed,
    values_of,
    workbook,
    year_of,
)

EVERY_FORM = [(form_code, variant) for form_code, form in FORMS.items() for variant in form.variants]
G21, G19, G14, ANNEX = FORMS["gb_2021"], FORMS["gb_2019"], FORMS["gb_2014"], FORMS["fj_annex_2017"]
APPLICANTS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_org", "total")


def read(sheet: Sheet) -> ReadSubmission:
    return only(workbook({"Sheet1": sheet}))


def cell(submission: ReadSubmission, code: str, applicant: str = "") -> ReadCell:
    return by_key(submission)[CellKey(code, applicant, "annual")]


def assert_all_but(submission: ReadSubmission, form: Form, codes: set[str], variant: str = "") -> None:
    """Every cell of the other rows has its own figure."""
    expected = {key: value for key, value in figures(form, variant).items() if key.indicator_code not in codes}
    assert {key: value for key, value in values_of(submission).items() if key in expected} == expected


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
@pytest.mark.parametrize("make", [template, typed])
def test_every_edition_is_recognised(make: Callable[..., bytes], form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    submission = only(make(form, variant))
    assert (submission.form_code, submission.variant, submission.report_year) == (form_code, variant, year_of(form))
    assert [item.key for item in submission.cells] == list(form.cells(variant))
    assert values_of(submission) == figures(form, variant)
    assert submission.problems == ()


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
@pytest.mark.parametrize("make", [template, typed])
def test_an_empty_form_is_recognised(make: Callable[..., bytes], form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    submission = only(make(form, variant, values={}))
    assert (submission.form_code, submission.variant) == (form_code, variant)
    assert states_of(submission) == {"blank": len(form.cells(variant))}
    assert {item.printed for item in submission.cells} == {""}
    assert submission.problems == ()


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_nothing_merged_and_extra_title_rows(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    sheet = Sheet.of(typed(form, variant)).unmerged()
    sheet = sheet.with_row(0, ["附件3"]).with_row(1, [None, None, "统计表"]).with_row(3, ["制表：办公室"])
    submission = read(sheet)
    assert (submission.form_code, submission.variant, submission.problems) == (form_code, variant, ())
    assert values_of(submission) == figures(form, variant)


WIDTHS: dict[str, Callable[[str], str]] = {
    "full-width": lambda text: text.translate({ord("("): "（", ord(")"): "）", ord("."): "．", ord("1"): "１"}),
    "half-width": lambda text: text.translate({ord("（"): "(", ord("）"): ")", ord("："): ":", ord("“"): '"'}),
    "spaced": " ".join,
    "broken": "\n".join,
    "other brackets": lambda text: text.translate({ord("（"): "〔", ord("）"): "〕"}),
    "invisible": lambda text: "\u200b" + text + "\ufeff",
    "look-alikes": lambda text: text.translate({ord("民"): "⺠", ord("门"): "⻔", ord("见"): "⻅"}),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("form_code", FORMS)
def test_labels_in_any_width_with_any_breaks(form_code: str, width: str) -> None:
    form = FORMS[form_code]
    submission = read(Sheet.of(typed(form)).relabelled(WIDTHS[width]))
    assert values_of(submission) == figures(form)


@pytest.mark.parametrize("is_merged", [True, False])
def test_one_section_on_each_sheet(is_merged: bool) -> None:
    sheet = Sheet.of(typed(G21))
    third = sheet.row_of("三、收到和处理政府信息公开申请情况")
    fourth = sheet.row_of("四、政府信息公开行政复议、行政诉讼情况")
    parts = [sheet.part(0, third - 1), sheet.part(third, fourth - 1), sheet.part(fourth, len(sheet.rows) - 1)]
    sheets = {f"第{number}部分": part if is_merged else part.unmerged() for number, part in enumerate(parts, start=2)}
    submission = only(workbook(sheets))
    assert values_of(submission) == figures(G21)
    assert submission.problems == ()
    assert cell(submission, "req_new", "total").sheet == "第3部分"
    # and with another form on a sheet of its own
    other = FORMS["xm_supplement_2017"]
    reading = read_file(workbook(sheets | {"补充": Sheet.of(typed(other, year=2024))}), "年报.xlsx")
    assert [(item.form_code, values_of(item)) for item in reading.submissions] == [
        ("gb_2021", figures(G21)),
        ("xm_supplement_2017", figures(other)),
    ]


def test_one_section_on_each_sheet_in_the_edition_of_2019() -> None:
    # the matrix alone looks like the variant of 2021
    sheet = Sheet.of(typed(G19))
    third, fourth = (
        sheet.row_of(label)
        for label in ("三、收到和处理政府信息公开申请情况", "四、政府信息公开行政复议、行政诉讼情况")
    )
    parts = {
        "一": sheet.part(0, third - 1),
        "二": sheet.part(third, fourth - 1),
        "三": sheet.part(fourth, len(sheet.rows) - 1),
    }
    submission = only(workbook(parts))
    assert (submission.form_code, submission.variant) == ("gb_2019", "")
    assert values_of(submission) == figures(G19)


def test_two_forms_in_one_workbook_in_the_order_of_the_sheets() -> None:
    supplement = FORMS["xm_supplement_2017"]
    sheets = {"补充": Sheet.of(typed(supplement, year=2017)), "附表": Sheet.of(typed(ANNEX, year=2017))}
    reading = read_file(workbook(sheets), "年报.xlsx")
    assert [(item.form_code, item.report_year, values_of(item), item.problems) for item in reading.submissions] == [
        ("xm_supplement_2017", 2017, figures(supplement), ()),
        ("fj_annex_2017", 2017, figures(ANNEX), ()),
    ]


def test_two_copies_of_a_form_stay_two_submissions() -> None:
    """A row that one copy lacks is not filled in from the other: that one may be last year's."""
    first = Sheet.of(typed(G21))
    second = first.without_row(first.row_of("（七）总计"))
    reading = read_file(workbook({"今年": second, "去年": first}), "年报.xlsx")
    assert [states_of(item) for item in reading.submissions] == [
        {"reported": 193, "missing_row": 7},
        {"reported": 200},
    ]


def test_hidden_sheets_are_not_read() -> None:
    other = dict.fromkeys(G21.cells(), 1)
    sheets = {"旧": Sheet.of(typed(G21, values=other)), "新": Sheet.of(typed(G21))}
    submission = only(workbook(sheets, hidden=["旧"]))
    assert values_of(submission) == figures(G21)


def test_rows_in_another_order() -> None:
    sheet = Sheet.of(typed(ANNEX)).unmerged()
    first = sheet.row_of("历年累计") + 1
    sheet.rows[first:] = sheet.rows[first:][::-1]
    assert values_of(read(sheet)) == figures(ANNEX)


def test_figures_of_two_columns_changed_over() -> None:
    sheet = Sheet.of(typed(ANNEX)).unmerged()
    sheet.rows = [[*line[:-2], line[-1], line[-2]] for line in sheet.rows]
    assert values_of(read(sheet)) == figures(ANNEX)


MISSING = [
    ("a20_norms", "行政规范性文件"),
    ("a20_penalty", "行政处罚"),
    ("req_new", "一、本年新收政府信息公开申请数量"),
    ("res_granted", "（一）予以公开"),
    ("res_refused_state_secret", "1.属于国家秘密"),
    ("res_declined_repeat", "2.重复申请"),
    ("res_other_not_corrected", "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请"),
    ("res_other_fee_unpaid", "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请"),
    ("res_other_misc", "3.其他"),
    ("res_total", "（七）总计"),
    ("req_carried_out", "四、结转下年度继续办理"),
]


@pytest.mark.parametrize(("code", "label"), MISSING)
@pytest.mark.parametrize("is_merged", [True, False])
def test_a_missing_row_is_missing_and_nothing_shifts(code: str, label: str, is_merged: bool) -> None:
    sheet = Sheet.of(typed(G21))
    sheet = sheet if is_merged else sheet.unmerged()
    submission = read(sheet.without_row(sheet.row_of(label)))
    assert (submission.form_code, submission.variant) == ("gb_2021", "")
    gone = [item for item in submission.cells if item.value_state == "missing_row"]
    assert {item.key.indicator_code for item in gone} == {
        key.indicator_code for key in G21.cells() if key.indicator_code.startswith(code)
    }
    assert {(item.printed, item.value, item.sheet, item.address) for item in gone} == {("", None, "", "")}
    assert_all_but(submission, G21, {item.key.indicator_code for item in gone})
    assert submission.problems == ()


def test_a_missing_table_is_missing_whole() -> None:
    sheet = Sheet.of(typed(G21))
    fourth = sheet.row_of("四、政府信息公开行政复议、行政诉讼情况")
    submission = read(sheet.part(0, fourth - 1))
    assert states_of(submission) == {"reported": 185, "missing_row": 15}
    assert_all_but(submission, G21, {item.key.indicator_code for item in submission.cells if item.value is None})


@pytest.mark.parametrize("is_merged", [True, False])
def test_an_extra_row_of_numbers_is_told_and_nothing_shifts(is_merged: bool) -> None:
    sheet = Sheet.of(typed(G21))
    sheet = sheet if is_merged else sheet.unmerged()
    row = sheet.row_of("（七）总计")
    submission = read(sheet.with_row(row, [None, "（六）补充", None, 9001, 9002, 9003, 9004, 9005, 9006, 9007]))
    assert values_of(submission) == figures(G21)
    (problem,) = submission.problems
    where, numbers = f"D{row + 1}", "9001、9002、9003、9004、9005、9006、9007"
    assert (problem.rule_id, problem.printed) == ("V05", numbers)
    assert (problem.address, problem.scope) == (where, f"Sheet1!{where}")
    assert problem.message == (
        f"Sheet1!{where} “（六）补充”一行的“{numbers}”不在表样的行列内，未采用；请删去或移到表外备注处"
    )


@pytest.mark.parametrize("is_merged", [True, False])
@pytest.mark.parametrize("column", [4, 6, 10])
def test_an_extra_column_of_numbers_is_told_and_nothing_shifts(column: int, is_merged: bool) -> None:
    sheet = Sheet.of(typed(G21))
    sheet = sheet if is_merged else sheet.unmerged()
    first, last = sheet.row_of("一、本年新收政府信息公开申请数量"), sheet.row_of("四、结转下年度继续办理")
    extra: dict[int, object] = {first - 1: "个体户"} | {row: 9000 + row for row in range(first, last + 1)}
    submission = read(sheet.with_column(column, extra))
    assert values_of(submission) == figures(G21)
    said = [p.printed for p in submission.problems if p.rule_id == "V05"]
    assert said == [str(9000 + row) for row in range(first, last + 1)]


def test_very_many_numbers_outside_are_told_together() -> None:
    sheet = Sheet.of(typed(ANNEX)).unmerged()
    for _ in range(60):
        sheet = sheet.with_row(len(sheet.rows) - 1, [None, None, None, *[7] * 10])
    submission = read(sheet)
    assert values_of(submission) == figures(ANNEX)
    assert rules_of(submission) == ["V05"] * 51
    assert "起另有 100 个数字不在表样的行列内" in submission.problems[-1].message


def test_repeated_labels_of_2014_stand_under_their_own_heading() -> None:
    sheet = Sheet.of(typed(G14)).unmerged()
    for gone in ("g14_rev_corrected", "g14_suit_corrected", "g14_rev_other", "g14_suit_other"):
        value = figures(G14)[CellKey(gone, "", "annual")]
        (row,) = [number for number, line in enumerate(sheet.rows) if value in line]
        submission = read(sheet.without_row(row))
        assert [c.key.indicator_code for c in submission.cells if c.value_state == "missing_row"] == [gone]
        assert_all_but(submission, G14, {gone})
    # lawsuits before reviews
    reviews, suits, end = (
        sheet.row_of(label) for label in ("四、行政复议数量", "五、行政诉讼数量", "六、举报投诉数量")
    )
    rows = sheet.rows
    swapped = Sheet([*rows[:reviews], *rows[suits:end], *rows[reviews:suits], *rows[end:]])
    assert values_of(read(swapped)) == figures(G14)


def test_the_variant_of_2021_is_not_the_edition_of_2019() -> None:
    variant = only(typed(G21, "one_row_other"))
    assert (variant.form_code, variant.variant, len(variant.cells)) == ("gb_2021", "one_row_other", 186)
    before = only(typed(G19))
    assert (before.form_code, before.variant, len(before.cells)) == ("gb_2019", "", 198)
    # each in the other's year: read as what it is, and said
    for form, variant_code, year in ((G21, "one_row_other", 2020), (G19, "", 2023)):
        submission = only(typed(form, variant_code, year=year))
        assert (submission.form_code, submission.variant) == (form.form_code, variant_code)
        assert values_of(submission) == figures(form, variant_code)
        (problem,) = submission.problems
        assert (problem.rule_id, problem.scope) == ("V12", form.form_code)
        assert f"请用{year}年度的表样重报" in problem.message


def test_a_year_that_no_edition_covers() -> None:
    submission = only(typed(ANNEX, year=2007))
    assert (submission.form_code, submission.report_year, rules_of(submission)) == ("fj_annex_2017", 2007, ["V12"])
    assert "2007年度没有任何表样" in submission.problems[0].message


def test_a_number_for_two_cells_belongs_to_neither() -> None:
    """Two applicants merged into one cell: neither gets the number, and the others keep theirs."""
    sheet = Sheet.of(typed(G21))
    row = sheet.row_of("（七）总计")
    sheet.merges.append((row, 4, row, 5))
    submission = read(sheet)
    assert_all_but(submission, G21, {"res_total"})
    states = {kind: cell(submission, "res_total", kind).value_state for kind in APPLICANTS}
    assert states == dict.fromkeys(APPLICANTS, "reported") | {"business": "uncertain", "research": "uncertain"}
    assert [(p.rule_id, p.scope) for p in submission.problems] == [
        ("V10", "annual/business/res_total"),
        ("V10", "annual/research/res_total"),
    ]
    assert cell(submission, "res_total", "total").value == figures(G21)[CellKey("res_total", "total", "annual")]


def test_a_row_label_that_is_also_a_head_does_not_move_the_heads() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    row = sheet.row_of("3.其他")
    sheet.rows[row][2] = "其他"
    submission = read(sheet)
    assert_all_but(submission, G21, {"res_other_misc"})
    assert {cell(submission, "res_other_misc", kind).value_state for kind in APPLICANTS} == {"missing_row"}
    (problem,) = submission.problems
    assert (problem.rule_id, problem.printed) == ("V05", "、".join(str(265 + number) for number in range(7)))


def test_an_empty_line_between_heads_and_figures_of_the_table_without_labels() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    submission = read(sheet.with_row(len(sheet.rows) - 1, []))
    assert values_of(submission) == figures(G21)
    # and blank figures stay blank, whatever is written below
    blank = Sheet.of(typed(G21, values={})).unmerged()
    blank.rows += [["填报人", "张三", None, "电话", 5051234], ["注：无"]]
    assert states_of(read(blank)) == {"blank": 200}


def test_two_lines_of_numbers_below_the_heads_are_told() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    submission = read(Sheet([*sheet.rows, [7000 + number for number in range(15)]]))
    assert values_of(submission) == figures(G21)
    (problem,) = submission.problems
    assert (problem.rule_id, problem.printed) == ("V05", "、".join(str(7000 + number) for number in range(15)))


@pytest.mark.parametrize("is_merged", [True, False])
def test_two_columns_of_one_head_are_neither(is_merged: bool) -> None:
    sheet = Sheet.of(typed(G21))
    sheet = sheet if is_merged else sheet.unmerged()
    line = next(number for number, row in enumerate(sheet.rows) if "法律服\n务机构" in row)
    sheet.rows[line][sheet.rows[line].index("法律服\n务机构")] = "其 他"
    submission = read(sheet)
    doubtful = {"legal_service", "other_org"}
    missing = {item.key for item in submission.cells if item.value_state == "missing_row"}
    assert missing == {key for key in G21.cells() if key.applicant_kind in doubtful}
    assert {k: v for k, v in values_of(submission).items() if k not in missing} == {
        k: v for k, v in figures(G21).items() if k not in missing
    }
    assert rules_of(submission) == ["V05"] * 25


def test_heads_that_repeat_without_the_heads_above_them_stand_in_their_order() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    line = sheet.row_of("未经复议直接起诉")
    leaves = [sheet.rows[line + 1][place] or sheet.rows[line][place] for place in range(15)]
    whole = Sheet([*sheet.rows[: line - 1], leaves, sheet.rows[line + 2]])
    assert values_of(read(whole)) == figures(G21)
    # of fourteen heads nobody knows which one is missing
    short = Sheet([*sheet.rows[: line - 1], leaves[1:], sheet.rows[line + 2][1:]])
    submission = read(short)
    missing = {item.key.indicator_code for item in submission.cells if item.value_state == "missing_row"}
    assert missing == {"rev_upheld", "suit_direct_upheld", "suit_after_upheld"}
    assert_all_but(submission, G21, missing)


def test_a_row_of_unknown_wording_does_not_make_a_variant() -> None:
    sheet = Sheet.of(typed(G21))
    sheet.rows[sheet.row_of("1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请")][2] = "1.逾期未补正的"
    submission = read(sheet)
    assert submission.variant == ""
    assert values_of(submission) == figures(G21)
    assert cell(submission, "res_other_not_corrected", "total").confidence == LIKELY
    # nothing of the form's wording is left
    sheet.rows[sheet.row_of("1.逾期未补正的")][2] = "撤回的"
    submission = read(sheet)
    assert submission.variant == ""
    assert_all_but(submission, G21, {"res_other_not_corrected"})
    assert states_of(submission) == {"reported": 193, "uncertain": 7}
    assert rules_of(submission) == ["V10"]


def test_a_second_table_without_labels_is_told() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    fourth = sheet.row_of("四、政府信息公开行政复议、行政诉讼情况")
    again = [list(line) for line in sheet.rows[fourth:]]
    again[-1] = [7] * 15
    submission = read(Sheet([*sheet.rows, *again]))
    assert values_of(submission) == figures(G21)
    assert rules_of(submission) == ["V07"] * 15


def test_a_date_a_boolean_and_words_among_the_figures() -> None:
    sheet = Sheet.of(typed(ANNEX)).unmerged()
    row = sheet.row_of("历年累计") + 1
    sheet.rows[row][-2:] = [date(2018, 1, 5), True]
    sheet.rows[row + 1][-2:] = ["若干", "12件"]
    submission = read(sheet)
    first, second, third, fourth = submission.cells[:4]
    assert (first.printed, first.value, first.value_state) == ("2018-01-05", None, "uncertain")
    assert (second.printed, second.value, second.value_state) == ("TRUE", None, "not_a_number")
    assert (third.printed, third.value, third.value_state, third.note) == ("若干", None, "not_a_number", "不是数字")
    assert (fourth.printed, fourth.value, fourth.note) == ("12件", 12, "单位：件")
    assert rules_of(submission) == ["V14", "V09"]
    assert "当成了日期" in submission.problems[0].message


def test_a_formula_without_a_result_is_not_computed() -> None:
    sheet = Sheet.of(typed(ANNEX)).unmerged()
    row = sheet.row_of("历年累计") + 1
    sheet.rows[row][-1] = "=SUM(A1:B1)"
    submission = read(sheet)
    read_cell = submission.cells[1]
    assert (read_cell.printed, read_cell.value, read_cell.value_state) == ("", None, "uncertain")
    (problem,) = submission.problems
    assert (problem.rule_id, problem.address, problem.scope) == (
        "V13",
        read_cell.address,
        f"cumulative/{read_cell.key.indicator_code}",
    )
    assert problem.message.endswith("这一格是公式而没有保存结果，未计算；请填入数字")


def test_an_error_in_a_cell_is_no_number() -> None:
    sheet = Sheet.of(typed(ANNEX)).unmerged()
    row = sheet.row_of("历年累计") + 1
    sheet.rows[row][-1] = "#DIV/0!"
    submission = read(sheet)
    read_cell = submission.cells[1]
    assert (read_cell.printed, read_cell.value, read_cell.value_state) == ("#DIV/0!", None, "not_a_number")


def test_what_has_too_little_of_any_edition_is_unknown() -> None:
    sheet = Sheet.of(typed(G21))
    submission_sheet = sheet.part(0, sheet.row_of("（一）予以公开"))
    assert rejection(workbook({"Sheet1": submission_sheet}))[0] == "V03"
    assert rejection(workbook({"Sheet1": Sheet([["姓名", "电话"], ["张三", 5051234]])})) == (
        "V03",
        "表样无法识别：没有找到任何一种表样的行名和表头；请用办公室下发的空白表填报，不要改动表头与行名",
    )
    assert rejection(workbook({"Sheet1": Sheet([])}))[0] == "V03"


def test_a_sheet_that_repeats_the_rows_endlessly_is_answered() -> None:
    rows = Sheet.of(typed(G21)).unmerged().rows
    message = "里同样的行名重复太多次，无法判断哪一份是报表；请一张表只放一份报表"
    assert rejection(workbook({"Sheet1": Sheet(rows * 25)})) == ("V03", f"“Sheet1”{message}")


def test_a_figure_as_typed_with_signs_and_units_in_a_form() -> None:
    delta = CellKey("g19_license_items_delta", "", "annual")
    amount = CellKey("g19_procure_amount", "", "annual")
    submission = only(typed(G19, values={delta: "－24", amount: "25.1（万元）"}))
    cells = by_key(submission)
    assert (cells[delta].value, cells[delta].printed) == (-24, "－24")
    assert (cells[amount].value, cells[amount].note) == (Decimal(251000), "单位：万元，已换算为元")
    assert rules_of(submission) == ["V09"]
