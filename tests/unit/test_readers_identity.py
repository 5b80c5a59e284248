"""Whose report it is and of which year, as the file says it; what contradicts itself is told, never chosen."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from pipelines.readers import read_file
from pipelines.readers.model import ReadSubmission
from schemas.form import CellKey
from tests.unit.reader_files import (
    FORMS,
    ORGAN_CODE,
    ORGAN_NAME,
    Sheet,
    by_key,
    figures,
    only,
    rejection,
    rules_of,
    saved,
    states_of,
    template,
    typed,
    values_of,
    workbook,
)

G21, G19, ANNEX = FORMS["gb_2021"], FORMS["gb_2019"], FORMS["fj_annex_2017"]


def edited(data: bytes, changes: dict[str, object], sheet: str = "统计表") -> bytes:
    """The workbook with some cells of a sheet changed by address."""
    book = load_workbook(BytesIO(data))
    for address, value in changes.items():
        book[sheet][address] = value
    return saved(book)


def headed(*lines: list[object], title: object = None) -> bytes:
    """gb_2021 typed by hand, with ``title`` in place of its own and ``lines`` below that."""
    sheet = Sheet.of(typed(G21)).unmerged()
    sheet.rows[0][0] = title
    for line in reversed(lines):
        sheet = sheet.with_row(1, line)
    return workbook({"Sheet1": sheet})


def identity(submission: ReadSubmission) -> tuple[str, str, int]:
    return submission.organ_code, submission.organ_name, submission.report_year


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([["填报单位", "厦门市教育局"], ["单位代码", "X1"], ["报告年度", 2024]], ("X1", "厦门市教育局", 2024)),
        ([["填报单位：", " 厦门市教育局 ", None, "年度：", "２０２４年"]], ("", "厦门市教育局", 2024)),
        ([["填报单位：厦门市教育局", None, "报告年度： 2024年度"]], ("", "厦门市教育局", 2024)),
        ([["单位名称", None, "旁边"], ["机构代码:X1"], ["年 度", "2024-01-01 00:00:00"]], ("X1", "", 2024)),
        ([["报告年度", 2024], ["报告年度：2024年"]], ("", "", 2024)),
    ],
)
def test_labelled_cells(lines: list[list[object]], expected: tuple[str, str, int]) -> None:
    assert identity(only(headed(*lines))) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("厦门市教育局2024年政府信息公开工作年度报告", ("", "厦门市教育局", 2024)),
        ("厦门市教育局关于２０２４年度政府信息公开工作年度报告", ("", "厦门市教育局", 2024)),
        ("厦门市 教育局\n2024 年 政府信息公开年报", ("", "厦门市教育局", 2024)),
    ],
)
def test_the_title(title: str, expected: tuple[str, str, int]) -> None:
    assert identity(only(headed(title=title), "无年度.xlsx")) == expected


def test_the_file_name_is_the_last_to_say() -> None:
    assert identity(only(headed(), "市教育局 2024年报 (1).xlsx")) == ("", "", 2024)
    assert identity(only(headed(["年度", "全年"]), "2024.xlsx")) == ("", "", 2024)
    assert identity(only(headed(["报告年度", 2023]), "2024.xlsx")) == ("", "", 2023)
    assert rejection(headed(), "年报20240115.xlsx") == (
        "V03",
        "无法确定报告年度；请在表上方写明“报告年度：2024”这样的一格",
    )


@pytest.mark.parametrize(
    ("lines", "title", "name"),
    [
        ([["报告年度", 2023], ["年度：2024"]], None, "年报.xlsx"),
        ([["报告年度", "2023-2024"]], None, "年报.xlsx"),
        ([], None, "2023年和2024年.xlsx"),
    ],
)
def test_contradictory_years_are_rejected_with_what_to_write(
    lines: list[list[object]], title: object, name: str
) -> None:
    assert rejection(headed(*lines, title=title), name) == (
        "V03",
        "报告年度前后不一（2023、2024），无法判断；请在表上方写明“报告年度：”并只写一个年度",
    )


def test_title_and_column_heads_must_agree() -> None:
    sheet = Sheet.of(typed(ANNEX, year=2017)).unmerged()
    assert only(workbook({"Sheet1": sheet}), "2018.xlsx").report_year == 2017
    sheet.rows[0][0] = "厦门市教育局2016年政府信息公开工作年度报告"
    assert rejection(workbook({"Sheet1": sheet}))[1].startswith("报告年度前后不一（2016、2017）")
    sheet.rows[0][0] = None
    assert only(workbook({"Sheet1": sheet})).report_year == 2017


def test_figures_under_another_year_than_the_labelled_one_are_told() -> None:
    sheet = Sheet.of(typed(ANNEX, year=2016)).unmerged().with_row(1, ["报告年度", 2017])
    submission = only(workbook({"Sheet1": sheet}))
    assert submission.report_year == 2017
    (problem,) = submission.problems
    assert (problem.rule_id, problem.scope, problem.printed) == ("V10", "identity/report_year", "2016")
    assert "报告年度填的是2017，数字却在“2016年”一列" in problem.message


def test_a_head_that_names_the_year_of_a_stock_is_not_the_report_year() -> None:
    sheet = Sheet.of(typed(G19, year=2020)).relabelled(
        lambda text: "对外公开总数量（2019年起）" if "".join(text.split()) == "对外公开总数量" else text
    )
    submission = only(workbook({"Sheet1": sheet}))
    assert (submission.report_year, submission.problems) == (2020, ())
    assert values_of(submission) == figures(G19)


def test_the_template_needs_no_guess() -> None:
    submission = only(template(G21), "随便什么名字2019.xlsx")
    assert identity(submission) == (ORGAN_CODE, ORGAN_NAME, 2024)
    assert submission.problems == ()


def test_visible_cells_win_over_the_hidden_sheet_and_the_contradiction_is_told() -> None:
    sheet = Sheet.of(template(G21), "统计表")
    year_row, code_row = sheet.row_of("报告年度") + 1, sheet.row_of("单位代码") + 1
    submission = only(edited(template(G21), {f"B{year_row}": 2023, f"B{code_row}": "XMP00999"}))
    assert identity(submission) == ("XMP00999", ORGAN_NAME, 2023)
    said = [(p.rule_id, p.scope, p.sheet, p.address, p.printed) for p in submission.problems]
    assert said == [
        ("V10", "identity/organ_code", "统计表", f"B{code_row}", "XMP00999"),
        ("V10", "identity/report_year", "统计表", f"B{year_row}", "2023"),
    ]
    assert submission.problems[1].message == (
        "报告年度填的是“2023”，而这份模板是为“2024”生成的；请确认没有拿错模板，或重新下载本单位本年度的模板"
    )
    # the same year in other words is no contradiction
    assert only(edited(template(G21), {f"B{year_row}": "2024 年度"})).problems == ()


def test_the_hidden_sheet_speaks_where_the_cells_were_emptied() -> None:
    sheet = Sheet.of(template(G21), "统计表")
    rows = [sheet.row_of(label) + 1 for label in ("报告年度", "单位代码", "填报单位")]
    submission = only(edited(template(G21), {f"B{row}": None for row in rows}))
    assert identity(submission) == (ORGAN_CODE, "", 2024)
    assert submission.problems == ()


def test_column_heads_against_the_hidden_sheet() -> None:
    sheet = Sheet.of(template(ANNEX), "统计表")
    row, head = sheet.row_of("报告年度") + 1, sheet.row_of("2018年度") + 1
    column = "ABCDEF"[[str(value) for value in sheet.rows[head - 1]].index("2018年度")]
    submission = only(edited(template(ANNEX), {f"B{row}": None, f"{column}{head}": "2017年度"}))
    assert (submission.report_year, rules_of(submission)) == (2017, ["V10"])


def test_another_form_than_the_template_was_made_for() -> None:
    submission = only(edited(template(G21), {"A2": "form_code", "B2": "gb_2019"}, "_gongkai"))
    assert submission.form_code == "gb_2021"
    (problem,) = submission.problems
    assert (problem.rule_id, problem.scope) == ("V10", "identity/form_code")
    assert "模板是表样 gb_2019 的，表里却是 gb_2021 的行列" in problem.message


def test_a_template_that_says_nothing_happened() -> None:
    submission = only(template(G21, values={}, is_nil=True))
    assert submission == ReadSubmission(ORGAN_CODE, ORGAN_NAME, 2024, "gb_2021", "", True, ())


def test_nothing_happened_but_figures_are_filled_in() -> None:
    submission = only(template(G21, is_nil=True))
    assert (submission.is_nil, submission.cells) == (True, ())
    (problem,) = submission.problems
    assert (problem.rule_id, problem.scope) == ("V10", "identity/is_nil")
    assert problem.message == "“零报告”填的是“是”，表里却有 200 格不是零的数字；请改填“否”，或清空表格后重报"
    # zeros say the same as the report of nothing
    assert only(template(G21, values=dict.fromkeys(G21.cells(), 0), is_nil=True)).problems == ()


def test_two_forms_of_which_nothing_is_to_be_told() -> None:
    sheets = {
        "附表": Sheet.of(typed(ANNEX, values={}, year=2017)).with_row(1, ["零报告：是"]),
        "补充": Sheet.of(typed(FORMS["xm_supplement_2017"], values={}, year=2017)),
    }
    reading = read_file(workbook(sheets), "年报.xlsx")
    assert [(item.form_code, item.is_nil, item.cells) for item in reading.submissions] == [
        ("fj_annex_2017", True, ()),
        ("xm_supplement_2017", True, ()),
    ]


def test_nothing_of_an_unknown_form() -> None:
    data = workbook({"Sheet1": Sheet([["零报告", "是"], ["报告年度", 2024]])})
    assert rejection(data)[0] == "V03"
    submission = only(headed(["零报告", "否"], ["报告年度", 2024]))
    assert (submission.is_nil, len(submission.cells)) == (False, 200)


def test_prose_figures_go_with_the_first_form() -> None:
    by_code = [
        ["指标代码", "指标名称", "口径", "数值"],
        ["nar_open_total", "主动公开", "本年", 42938],
        ["nar_open_total", "主动公开", "历年累计", 540432],
        ["nar_open_rate", "公开率", "本年", "98.5%"],
        ["nar_req_fax", "传真申请", "本年", "约12件"],
        ["nar_of_our_own", "自己加的", "本年", 7],
    ]
    submission = only(workbook({"表": Sheet.of(typed(ANNEX, year=2017)), "正文": Sheet(by_code)}))
    prose = [cell for cell in submission.cells if cell.sheet == "正文"]
    assert [(c.key.indicator_code, c.key.measure, c.value, c.value_state, c.address) for c in prose] == [
        ("nar_open_total", "annual", Decimal(42938), "reported", "D2"),
        ("nar_open_total", "cumulative", Decimal(540432), "reported", "D3"),
        ("nar_open_rate", "annual", Decimal("98.5"), "reported", "D4"),
        ("nar_req_fax", "annual", None, "uncertain", "D5"),
        ("nar_of_our_own", "annual", Decimal(7), "reported", "D6"),
    ]
    assert [p.message for p in submission.problems] == [
        "“正文：公开率 = 主动公开数/制作总数”：数字旁另有文字（单位：%），已分开保存",
        "“正文：传真申请”现填“约12件”，是约数（约），统计表要准确的数；请核对后在这一格只填准确的数字",
    ]
    assert by_key(submission)[CellKey("nar_open_total", "", "annual")].printed == "42938"
    assert states_of(submission) == {"reported": 34, "uncertain": 1}


def test_prose_without_its_columns_or_without_end() -> None:
    form = Sheet.of(typed(ANNEX, year=2017))
    assert len(only(workbook({"表": form, "正文": Sheet([["代码", "数"], ["nar_req_fax", 1]])})).cells) == 30
    assert len(only(workbook({"表": form, "正文": Sheet([["代码", "数值"], ["nar_req_fax", 1]])})).cells) == 31
    endless = Sheet([["代码", "数值"], *[["nar_req_fax", 1]] * 2000])
    assert rejection(workbook({"表": form, "正文": endless}))[0] == "V01"


def test_long_texts_at_the_top_are_prose() -> None:
    blanks = " " * 30_000
    data = headed(["报告年度：" + blanks + "x", "单位代码：" + "字" * 300, "甲：" + blanks + "乙"], ["报告年度", 2024])
    assert identity(only(data)) == ("", "", 2024)


def test_tables_that_two_editions_share_are_held_with_the_question() -> None:
    book = load_workbook(BytesIO(typed(FORMS["gb_2019"], year=2019)))
    sheet = book.active
    assert sheet is not None
    third = next(line[0].row for line in sheet.iter_rows() if str(line[0].value or "").startswith("三、收到和处理"))
    # 第二部分, the one part in which the editions differ, is not there
    for merged in [m for m in sheet.merged_cells.ranges if m.min_row < third and m.min_row > 1]:
        sheet.unmerge_cells(str(merged))
    for line in sheet.iter_rows(min_row=2, max_row=third - 1):
        for one in line:
            one.value = None
    submission = only(saved(book))
    (problem,) = [found for found in submission.problems if found.rule_id == "V10"]
    assert "gb_2019" in problem.message
    assert "gb_2021" in problem.message
    assert problem.outcome == "fail"


@pytest.mark.parametrize(("form_code", "variant"), [(code, v) for code, form in FORMS.items() for v in form.variants])
def test_a_whole_form_leaves_no_doubt_about_its_edition(form_code: str, variant: str) -> None:
    assert "V10" not in rules_of(only(typed(FORMS[form_code], variant)))
