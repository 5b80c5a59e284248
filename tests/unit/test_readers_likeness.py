"""Labels that are not quite the form's, tables on their side, parts without heads: read right, or asked about."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import pairwise

import pytest

from pipelines.readers import read_file
from pipelines.readers.document import Document, Paragraph
from pipelines.readers.grid import Grid, Printed, Span
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import DOUBTFUL, EXACT, LIKELY, Candidate, Wanted, likely
from pipelines.readers.model import ReadSubmission
from pipelines.readers.submissions import read_document
from schemas.form import CellKey
from tests.unit.reader_files import FORMS, Sheet, by_key, figures, only, rules_of, template, typed, values_of, workbook

G21, G14 = FORMS["gb_2021"], FORMS["gb_2014"]
REFUSED_LAW = "2.其他法律行政法规禁止公开"


def read(sheet: Sheet) -> ReadSubmission:
    return only(workbook({"Sheet1": sheet}))


def relabelled(old: str, new: str) -> Sheet:
    sheet = Sheet.of(typed(G21))
    line = sheet.row_of(old)
    column = next(
        place for place, text in enumerate(sheet.rows[line]) if text and normalise(str(text)) == normalise(old)
    )
    sheet.rows[line][column] = new
    return sheet


@pytest.mark.parametrize(
    ("label", "printed"),
    [
        (REFUSED_LAW, "2.其他法律行政止公开"),  # as found in 洪泽's report
        (REFUSED_LAW, "其他法律行政法规禁止公开"),  # Word numbers by itself
        (REFUSED_LAW, "9.其他法律行政法规禁止公开"),
        ("3.危及“三安全一稳定”", "危及安全稳定"),
        ("2.重复申请", "重复申"),
        ("（一）予以公开", "（1）予以公开"),
        ("（七）总计", "七、总计"),
        ("四、结转下年度继续办理", "l四、结转下年继续办理"),
        ("一、本年新收政府信息公开申请数量", "本年新收申请数量"),
    ],
)
def test_a_label_with_something_lost_is_read_and_said(label: str, printed: str) -> None:
    submission = read(relabelled(label, printed))
    assert values_of(submission) == figures(G21)
    less = {cell.key.indicator_code for cell in submission.cells if cell.confidence != EXACT}
    assert len(less) == 1
    (cell,) = (cell for cell in submission.cells if cell.key == CellKey(*less, "total", "annual"))
    assert cell.confidence == LIKELY
    assert cell.note == f"行名“{printed}”与表样的“{label}”不完全一样"
    assert submission.problems == ()


def test_what_is_only_in_the_right_place_is_asked_about() -> None:
    submission = read(relabelled("4.保护第三方合法权益", "商密"))
    row = [cell for cell in submission.cells if cell.key.indicator_code == "res_refused_third_party"]
    assert {(cell.value, cell.value_state, cell.confidence) for cell in row} == {(None, "uncertain", DOUBTFUL)}
    assert [cell.printed for cell in row] == [str(figures(G21)[cell.key]) for cell in row]
    (problem,) = submission.problems
    assert (problem.rule_id, problem.scope) == ("V10", "annual/res_refused_third_party")
    assert problem.message == (
        "行名“商密”与表样的“4.保护第三方合法权益”不完全一样，无法断定是否就是这一项，共7格未采用；"
        "请按表样改正行名、列名后重报"
    )


def test_a_row_taken_out_is_missing_and_no_other_takes_its_place() -> None:
    sheet = Sheet.of(typed(G21))
    submission = read(sheet.without_row(sheet.row_of("5.属于三类内部事务信息")))
    missing = {cell.key.indicator_code for cell in submission.cells if cell.value_state == "missing_row"}
    assert missing == {"res_refused_internal_affairs"}
    others = {key: value for key, value in figures(G21).items() if key.indicator_code not in missing}
    assert {key: value for key, value in values_of(submission).items() if key in others} == others


def test_a_subtotal_is_no_row_of_the_form() -> None:
    sheet = Sheet.of(typed(G21))
    line = sheet.row_of("1.本机关不掌握相关政府信息")
    submission = read(sheet.with_row(line, ["", "", "小计", *range(1, 8)]))
    assert values_of(submission) == figures(G21)
    assert {cell.confidence for cell in submission.cells} == {EXACT}
    (problem,) = submission.problems
    assert problem.rule_id == "V05"
    assert "“小计”" in problem.message


@pytest.mark.parametrize("seed", range(20))
def test_any_lost_characters_never_put_a_figure_elsewhere(seed: int) -> None:
    rng = random.Random(seed)
    sheet = Sheet.of(typed(G21))
    for line in rng.sample(range(len(sheet.rows)), 12):
        for column, text in enumerate(sheet.rows[line]):
            if isinstance(text, str) and len(text) > 4:
                kept = [char for char in text if rng.random() > 0.25]
                sheet.rows[line][column] = "".join(kept) or text[0]
    reading = read_file(workbook({"Sheet1": sheet}), "2024年.xlsx")
    for submission in reading.submissions:
        found = {key: value for key, value in values_of(submission).items() if value is not None}
        assert found == {key: figures(G21)[key] for key in found}
        asked = {problem.rule_id for problem in submission.problems} >= {"V10"}
        assert asked == any(cell.value_state == "uncertain" for cell in submission.cells)


# heads


def test_a_head_with_something_lost() -> None:
    submission = read(relabelled("社会公益组织", "社会公组织"))
    assert values_of(submission) == figures(G21)
    cell = by_key(submission)[CellKey("req_new", "public_interest", "annual")]
    assert (cell.confidence, cell.note) == (LIKELY, "列名“社会公组织”与表样的“社会公益组织”不完全一样")


def test_heads_above_spoiled_with_all_heads_below() -> None:
    sheet = relabelled("未经复议直接起诉", "未经议直接起")
    assert values_of(read(sheet)) == figures(G21)
    line = sheet.row_of("未经议直接起")
    sheet.rows[line] = ["甲" if text == "复议后起诉" else text for text in sheet.rows[line]]
    sheet.rows[line - 1] = ["乙" if text == "行政诉讼" else text for text in sheet.rows[line - 1]]
    submission = read(sheet)
    assert values_of(submission) == figures(G21)
    cell = by_key(submission)[CellKey("suit_direct_total", "", "annual")]
    assert (cell.confidence, cell.note) == (LIKELY, "上一级表头与表样不完全一样，各列按顺序对应")


# tables on their side, parts without heads


def grid(name: str, rows: list[list[object]], spans: list[Span] | None = None, preceding: int = 0) -> Grid:
    cells = {
        (line, column): Printed(str(value))
        for line, row in enumerate(rows)
        for column, value in enumerate(row)
        if value is not None and value != ""
    }
    return Grid(name, cells, spans or [], has_letters=False, preceding=preceding)


def parts_of(sheet: Sheet, *cuts: int) -> list[Grid]:
    """The sheet as tables of a text, cut before the given lines."""
    bounds = [0, *cuts, len(sheet.rows)]
    pieces = [sheet.part(first, last - 1) for first, last in pairwise(bounds)]
    return [
        grid(f"表{number}", piece.rows, [Span(top, left, bottom, right) for top, left, bottom, right in piece.merges])
        for number, piece in enumerate(pieces, start=1)
    ]


def test_a_small_table_on_its_side() -> None:
    values = figures(G21)
    norms, rules = (
        ("a20_norms_issued", "a20_norms_repealed", "a20_norms_in_force"),
        ("a20_rules_issued", "a20_rules_repealed", "a20_rules_in_force"),
    )
    heads = ("本年制发件数", "本年废止件数", "现行有效件数")
    turned = [
        ["信息内容", "规章", "行政规范性文件"],
        *(
            [head, values[CellKey(rule, "", "annual")], values[CellKey(norm, "", "annual")]]
            for head, rule, norm in zip(heads, rules, norms, strict=True)
        ),
    ]
    sheet = Sheet.of(typed(G21))
    after = sheet.row_of("行政规范性文件") + 1
    document = Document([grid("表1", turned), *parts_of(sheet.part(after, len(sheet.rows) - 1))])
    (submission,) = read_document(document, "2024年.docx").submissions
    assert values_of(submission) == values
    cell = by_key(submission)[CellKey("a20_norms_repealed", "", "annual")]
    assert (cell.sheet, cell.address) == ("表1", "第3行第3列")


def test_a_part_on_the_next_page_without_heads_takes_those_of_the_part_before() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    cut = sheet.row_of("1.本机关不掌握相关政府信息")
    document = Document(parts_of(sheet, cut, sheet.row_of("四、政府信息公开行政复议、行政诉讼情况")))
    (submission,) = read_document(document, "2024年.docx").submissions
    assert values_of(submission) == figures(G21)
    cell = by_key(submission)[CellKey("res_unable_not_held", "business", "annual")]
    assert (cell.sheet, cell.address, cell.confidence) == ("表2", "第1行第5列", LIKELY)
    assert cell.note == "续表没有表头，按前一部分的列对应"


# several reports in one file


def test_last_years_sheet_lying_first_is_read_as_last_years() -> None:
    last = {key: value + 1000 for key, value in figures(G21).items()}
    sheets = {"上年": Sheet.of(typed(G21, values=last, year=2023)), "本年": Sheet.of(typed(G21, year=2024))}
    reading = read_file(workbook(sheets), "年报.xlsx")
    assert [(item.report_year, values_of(item)) for item in reading.submissions] == [(2023, last), (2024, figures(G21))]
    assert [item.problems for item in reading.submissions] == [(), ()]


def test_sheets_that_only_their_names_tell_apart() -> None:
    last = {key: value + 1000 for key, value in figures(G21).items()}
    untitled = [Sheet.of(typed(G21, values=values)) for values in (last, figures(G21))]
    sheets = {
        name: sheet.part(sheet.row_of("第二十条第（一）项"), len(sheet.rows) - 1)
        for name, sheet in zip(("2023年", "2024年"), untitled, strict=True)
    }
    reading = read_file(workbook(sheets), "年报.xlsx")
    assert [(item.report_year, values_of(item)) for item in reading.submissions] == [(2023, last), (2024, figures(G21))]


def test_two_organs_in_one_text_each_have_their_own_figures() -> None:
    other = {key: value + 1000 for key, value in figures(G21).items()}
    one, two = (Sheet.of(typed(G21, values=values)) for values in (figures(G21), other))
    cuts = [
        one.row_of(label) for label in ("三、收到和处理政府信息公开申请情况", "四、政府信息公开行政复议、行政诉讼情况")
    ]
    start = one.row_of("第二十条第（一）项")

    def tables(sheet: Sheet, preceding: int) -> list[Grid]:
        pieces = [
            sheet.part(a, b) for a, b in ((start, cuts[0] - 1), (cuts[0], cuts[1] - 1), (cuts[1], len(sheet.rows) - 1))
        ]
        return [
            grid(f"表{preceding}-{n}", piece.rows, [Span(*merge) for merge in piece.merges], preceding)
            for n, piece in enumerate(pieces)
        ]

    lines = [
        "厦门市教育局2024年政府信息公开工作年度报告",
        "本报告有若干部分。",
        "以上。",
        "厦门市民政局",
        "2024年政府信息公开工作年度报告",
        "以下。",
    ]
    paragraphs = [Paragraph("正文", f"第{number}段", text) for number, text in enumerate(lines, start=1)]
    document = Document([*tables(one, 2), *tables(two, 6)], paragraphs)
    reading = read_document(document, "年报.docx")
    form_cells = set(G21.cells())
    found = [
        (item.organ_name, item.report_year, {key: value for key, value in values_of(item).items() if key in form_cells})
        for item in reading.submissions
    ]
    assert found == [
        ("厦门市教育局", 2024, figures(G21)),
        ("厦门市民政局", 2024, other),
    ]


# likeness by itself


def test_likeness_wants_a_margin() -> None:
    two = [Wanted(0, ("1重复申请",), (), -1, 99), Wanted(1, ("2重复审请",), (), -1, 99)]
    assert likely(two, [Candidate(5, ("重复请",), frozenset())]) == []
    (found,) = likely(two[:1], [Candidate(5, ("重复请",), frozenset())])
    assert (found.number, found.line, found.confidence) == (0, 5, LIKELY)


def test_likeness_out_of_order_must_be_almost_equal() -> None:
    wanted = [Wanted(0, ("1重复申请",), (), 10, 12)]
    assert [item.confidence for item in likely(wanted, [Candidate(5, ("7重复申请",), frozenset())])] == [LIKELY]
    assert [item.confidence for item in likely(wanted, [Candidate(5, ("重复申",), frozenset())])] == [DOUBTFUL]
    assert likely(wanted, [Candidate(5, ("小计",), frozenset())]) == []
    assert Decimal("0.90") < LIKELY < EXACT


def test_two_rows_side_by_side_are_no_rows() -> None:
    """行政处罚 and 行政强制 lie on their side below a table whose head is the same: upright they read as blank."""
    values = figures(G21)
    sheet = Sheet.of(typed(G21)).unmerged()
    line = sheet.row_of("行政处罚") - 1
    penalty, coercion = (
        values[CellKey(code, "", "annual")] for code in ("a20_penalty_decisions", "a20_coercion_decisions")
    )
    sheet.rows[line : line + 3] = [["信息内容", "行政处罚", "行政强制"], ["本年处理决定数量", penalty, coercion]]
    assert values_of(read(sheet)) == values


def test_the_column_of_units_is_no_label() -> None:
    form = FORMS["fj_annex_2009"]
    sheet = Sheet.of(template(form))
    spoiled = 0
    for line in range(8, len(sheet.rows), 3):
        text = sheet.rows[line][0]
        if isinstance(text, str) and len(text) >= 8:
            sheet.rows[line][0] = text[:4] + "某" + text[5:]
            spoiled += 1
    assert spoiled >= 3
    submission = read(sheet)
    assert values_of(submission) == figures(form)


# what must not be read in silence


def test_a_blank_cell_beside_a_number_in_no_column_is_asked_about() -> None:
    sheet = Sheet.of(typed(G21)).unmerged()
    first, last = sheet.row_of("一、本年新收政府信息公开申请数量"), sheet.row_of("四、结转下年度继续办理")
    figure = sheet.rows[first + 1][9]
    sheet = sheet.with_column(9, {})
    sheet.rows[first + 1][9], sheet.rows[first + 1][10] = figure, None
    assert last > first
    submission = read(sheet)
    cell = by_key(submission)[CellKey("req_carried_in", "total", "annual")]
    assert (cell.value, cell.value_state) == (None, "uncertain")
    assert [(p.rule_id, p.scope) for p in submission.problems] == [
        ("V10", "annual/total/req_carried_in"),
        ("V05", f"Sheet1!J{first + 2}"),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_forms_one_below_the_other_on_one_sheet(order: tuple[int, int]) -> None:
    forms = [FORMS["fj_annex_2017"], FORMS["gb_2014"]]
    sheets = [Sheet.of(typed(form, year=2017)).unmerged() for form in forms]
    both = Sheet([line for index in order for line in [*sheets[index].rows, []]])
    reading = read_file(workbook({"Sheet1": both}), "年报.xlsx")
    found = {item.form_code: values_of(item) for item in reading.submissions}
    assert found == {form.form_code: figures(form) for form in forms}


def test_a_label_printed_more_often_than_the_form_has_it_is_asked_about() -> None:
    sheet = Sheet.of(typed(G14)).unmerged()
    line = next(n for n, row in enumerate(sheet.rows) if figures(G14)[CellKey("g14_rev_other", "", "annual")] in row)
    spoiled = sheet.with_row(line, [*sheet.rows[line][:-1], 8092])
    spoiled.rows[line] = [8092 if value == sheet.rows[line][-1] else value for value in sheet.rows[line]]
    submission = read(spoiled)
    doubtful = {cell.key.indicator_code for cell in submission.cells if cell.value_state == "uncertain"}
    assert doubtful == {"g14_rev_other", "g14_suit_other"}
    assert 8092 not in values_of(submission).values()
    assert "V10" in rules_of(submission)
    (problem, *_) = (p for p in submission.problems if p.rule_id == "V10")
    assert problem.message.startswith("行名“（三）其他情形数”出现了3次，表样只有2次，无法断定")
