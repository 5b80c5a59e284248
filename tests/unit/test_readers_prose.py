"""Figures in running text: which numbers become which cells, and what is said of the others. The texts are made up."""

from __future__ import annotations

import csv
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers import read_file
from pipelines.readers.document import Paragraph
from pipelines.readers.model import ReadCell
from pipelines.readers.prose import Prose, read_prose
from schemas.form import CellKey
from tests.unit.reader_files import FORMS, Sheet, only, template, typed, workbook

ROOT = Path(__file__).parents[2]
REPORT = ROOT.parent / "shared" / "corpus" / "xiamen_2017_report.txt"
ANNEX, G21 = FORMS["fj_annex_2017"], FORMS["gb_2021"]


def read(*texts: str, form: str = "fj_annex_2017") -> Prose:
    return read_prose([Paragraph("正文", f"A{line}", text) for line, text in enumerate(texts, start=1)], form)


def one(text: str, form: str = "fj_annex_2017") -> ReadCell:
    prose = read(text, form=form)
    (cell,) = prose.cells
    assert prose.problems == ()
    return cell


@pytest.mark.parametrize(
    ("text", "code", "value", "printed", "note"),
    [
        ("主动公开政府信息42938条", "nar_open_total", "42938", "42938条", "第9字；单位：条"),
        ("主动公开政府信息４２，９３８条", "nar_open_total", "42938", "４２，９３８条", "第9字；单位：条"),
        ("主动公开政府信息 42,938 条", "nar_open_total", "42938", "42,938 条", "第10字；单位：条"),
        ("公开率达54.10%", "nar_open_rate", "54.1", "54.10%", "第5字；单位：%"),
        ("公开率达５４．１０％", "nar_open_rate", "54.1", "５４．１０％", "第5字；单位：%"),
        ("公开率45.46%以上", "nar_open_rate", "45.46", "45.46%以上", "第4字；单位：%；约数：以上"),
        ("发行政府公报36万多份", "nar_gazette_copies", "360000", "36万多份", "第7字；单位：份；约数：多"),
        ("发行政府公报10余万份", "nar_gazette_copies", "100000", "10余万份", "第7字；单位：份；约数：余"),
        (
            "门户网站日均访问量约6.6万人次",
            "nar_portal_daily_visits",
            "66000",
            "约6.6万人次",
            "第10字；单位：人次；约数：约",
        ),
        ("专栏访问量近1亿人次", "nar_site_column_visits", "100000000", "近1亿人次", "第6字；单位：人次；约数：近"),
        ("“三公”经费总额1.41亿元", "nar_three_public_total", "1.41", "1.41亿元", "第9字；单位：元"),
        ("“三公”经费总额14100万元", "nar_three_public_total", "1.41", "14100万元", "第9字；单位：元"),
        ("召开103场政府新闻发布会", "nar_press_conferences", "103", "103场", "第3字；单位：场"),
        ("历年累计主动公开540432条", "nar_open_total", "540432", "540432条", "第9字；单位：条"),
    ],
)
def test_a_number_with_its_unit_and_qualifier(text: str, code: str, value: str, printed: str, note: str) -> None:
    cell = one(text)
    measure = "cumulative" if "历年" in text else "annual"
    assert (cell.key, cell.value, cell.value_state) == (CellKey(code, "", measure), Decimal(value), "reported")
    assert (cell.printed, cell.sheet, cell.address) == (printed, "正文", "A1")
    assert cell.note.startswith(f"{note}；“")


@pytest.mark.parametrize(
    ("text", "code", "value", "printed", "note"),
    [
        ("收到政府信息公开申请三十五件。", "nar_req_received", 35, "三十五件", "第11字；单位：件"),
        ("当面申请两百零三件，均已答复", "nar_req_in_person", 203, "两百零三件", "第5字；单位：件"),
        ("收到政府信息公开申请一件，已办结", "nar_req_received", 1, "一件", "第11字；单位：件"),
        ("主动公开政府信息一千三百余条", "nar_open_total", 1300, "一千三百余条", "第9字；单位：条；约数：余"),
        ("主动公开政府信息三十多万条", "nar_open_total", 300_000, "三十多万条", "第9字；单位：条；约数：多"),
        ("主动公开政府信息1千3百条", "nar_open_total", 1300, "1千3百条", "第9字；单位：条"),
        ("“三公”经费总额一亿四千一百万元", "nar_three_public_total", 1.41, "一亿四千一百万元", "第9字；单位：元"),
        ("召开政府新闻发布会十二场", "nar_press_conferences", 12, "十二场", "第10字；单位：场"),
    ],
)
def test_a_number_in_chinese_characters(text: str, code: str, value: float, printed: str, note: str) -> None:
    cell = one(text)
    assert (cell.key.indicator_code, cell.value, cell.printed) == (code, Decimal(str(value)), printed)
    assert cell.note.startswith(f"{note}；“")


@pytest.mark.parametrize(
    "printed", ["二三十条", "三五条", "几十条", "数百条", "百余条", "近百条", "13万5千条", "12,34条"]
)
def test_a_number_that_may_be_read_in_two_ways_is_asked_about(printed: str) -> None:
    prose = read(f"主动公开政府信息{printed}，其他照旧")
    (cell,) = prose.cells
    assert (cell.value, cell.value_state, cell.printed) == (None, "uncertain", printed)
    assert "约数：" in cell.note
    (problem,) = prose.problems
    assert (problem.rule_id, problem.outcome, problem.scope) == ("V10", "uncertain", "annual/nar_open_total")
    assert problem.message == (
        f"“正文：主动公开政府信息（总）数”印的是“{printed}”，无法断定是哪个数；请用阿拉伯数字写明"
    )
    # where the exact figure is printed too, it counts
    exact = read(f"主动公开政府信息{printed}。", "主动公开政府信息35条。")
    assert ([c.value for c in exact.cells], exact.problems) == ([35], ())


@pytest.mark.parametrize(
    "text",
    [
        "主动公开一次性三项制度",
        "主动公开一条龙服务",
        "在线访谈每周开展一期，",
        "根据第二十一条",
        "企业三十家",
        "单位：万元",
    ],
)
def test_characters_that_no_phrase_explains_are_words(text: str) -> None:
    assert read(text) == Prose((), ())


def test_a_number_in_characters_ends_the_lead_of_the_next() -> None:
    prose = read("当面申请三十五件，7件转交。二5家。")
    assert [(c.key.indicator_code, c.value) for c in prose.cells] == [("nar_req_in_person", 35)]
    assert [p.message for p in prose.problems] == [
        "正文读出1个数；另有2个数没有对应的指标，未采用：A1“，7件转交”、A1“二5家”"
    ]


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("2017年收到政府信息公开申请9件", "annual"),
        ("2017年累计收到政府信息公开申请9件", "annual"),
        ("历年来共收到政府信息公开申请9件", "cumulative"),
        ("《条例》实施以来累计收到政府信息公开申请9件", "cumulative"),
        ("截至2017年12月31日，累计收到政府信息公开申请9件", "cumulative"),
        ("截至2017年底累计收到政府信息公开申请9件", "cumulative"),
        ("截至2017年10月底累计收到政府信息公开申请9件", "annual"),
    ],
)
def test_what_is_of_all_years_and_what_is_of_one(text: str, measure: str) -> None:
    assert one(text).key == CellKey("nar_req_received", "", measure)


def test_a_share_belongs_to_the_figure_before_it() -> None:
    prose = read("当面申请246件，占17.96%；传真申请1件（占比为0.0007%）。另占3%。")
    assert [(c.key.indicator_code, c.value) for c in prose.cells] == [
        ("nar_req_in_person", 246),
        ("nar_share_req_in_person", Decimal("17.96")),
        ("nar_req_fax", 1),
        ("nar_share_req_fax", Decimal("0.0007")),
    ]
    (problem,) = prose.problems
    assert problem.message == "正文读出4个数；另有1个数没有对应的指标，未采用：A1“另占3%”"


def test_the_edition_tells_what_the_same_words_mean() -> None:
    assert one("不予公开4件").key.indicator_code == "nar_reply_refused"
    assert one("不予公开4件", "gb_2021").key.indicator_code == "nar_res_refused"
    prose = read(
        "本年共收到政府信息公开申请35件，上年结转1件，办结33件。予以公开的14件（含区分处理），无法提供5件，"
        "因重复申请不予处理3件；剩余2件结转下一年度办理。行政复议1件，行政诉讼0件。",
        form="gb_2021",
    )
    assert {c.key.indicator_code: c.value for c in prose.cells} == {
        "nar_req_received": 35,
        "nar_req_carried_in": 1,
        "nar_req_completed": 33,
        "nar_res_granted_incl_partial": 14,
        "nar_res_unable": 5,
        "nar_res_declined_repeat": 3,
        "nar_req_carried_out": 2,
        "nar_rev_total": 1,
        "nar_suit_total": 0,
    }
    assert prose.problems == ()


def test_dates_and_numbers_of_documents_are_no_figures() -> None:
    prose = read(
        "根据〔2017〕24号文，2017年1-11月、每月15日和30日出版，第3条、968123热线；1.概述",
        "主动公开7条。",
    )
    assert [c.value for c in prose.cells] == [7]
    assert prose.problems == ()


def test_what_no_phrase_explains_is_listed_once() -> None:
    prose = read(
        "收到政府信息公开申请9件。" + "".join(f"抽查企业{number}家。" for number in range(1, 13)) + "见网页5。"
    )
    (problem,) = prose.problems
    assert (problem.rule_id, problem.scope, problem.sheet, problem.address) == ("V09", "正文", "正文", "")
    listed = "、".join(f"A1“抽查企业{number}家”" for number in range(1, 11))
    assert problem.message == (
        f"正文读出1个数；另有12个数没有对应的指标，未采用：{listed}等；不带单位的数字1处（编号、电话等）未计入"
    )


def test_a_figure_printed_twice_is_one_cell() -> None:
    prose = read("主动公开政府信息42938条。", "其中主动公开政府信息42,938条，另说4万多条主动公开政府信息4万多条。")
    assert [(c.address, c.value) for c in prose.cells] == [("A1", 42938)]
    assert [p.rule_id for p in prose.problems] == ["V09"]
    # the exact figure counts, wherever it stands
    rough_first = read("主动公开政府信息4万多条。", "主动公开政府信息42938条。")
    assert [(c.address, c.value) for c in rough_first.cells] == [("A2", 42938)]
    assert rough_first.problems == ()


def test_a_figure_printed_twice_and_differently_is_uncertain() -> None:
    prose = read("主动公开政府信息42938条。", "本级主动公开政府信息42983条。")
    (cell,) = prose.cells
    assert (cell.value, cell.value_state, cell.printed) == (None, "uncertain", "42938条")
    (problem,) = prose.problems
    assert (problem.rule_id, problem.outcome, problem.scope) == ("V10", "uncertain", "annual/nar_open_total")
    assert problem.message.startswith(
        "“正文：主动公开政府信息（总）数”前后不一：A1 印的是“42938条”，A2 印的是“42983条”"
    )


def test_title_and_period() -> None:
    prose = read(
        "厦门市教育局2017年度政府信息公开工作年度报告",
        "本报告的统计期限自2017年4月1日起至12月31日止，活动于2017年3月1日至3月5日举行。",
        "统计期限：2018年13月1日至2018年2月30日。",
    )
    assert {c.key.indicator_code: (c.printed, c.value, c.value_state) for c in prose.cells} == {
        "nar_title_organ": ("厦门市教育局", None, "not_applicable"),
        "nar_title_year": ("2017", Decimal(2017), "reported"),
        "nar_period_start": ("2017-04-01", Decimal(20170401), "reported"),
        "nar_period_end": ("2017-12-31", Decimal(20171231), "reported"),
    }


def test_a_figure_says_until_when_it_runs() -> None:
    prose = read("截至2017年10月底，项目审批193件，核准9件。2017年1-11月，项目审批193件。")
    assert [(c.value, "截至2017-10-31" in c.note) for c in prose.cells] == [(193, True), (9, True)]
    assert "截至2016-02-29" in one("截至2016年2月底，项目审批1件").note
    assert "截至" not in one("截至2017年2月30日，项目审批1件").note.partition("“")[0]


@pytest.mark.parametrize("digits", ["9" * 12, "1.23456", "9" * 5000])
def test_a_number_too_large_or_too_fine_for_a_cell_is_listed(digits: str) -> None:
    prose = read(f"主动公开政府信息{digits}条")
    assert prose.cells == ()
    (problem,) = prose.problems
    assert "另有1个数没有对应的指标" in problem.message
    assert len(problem.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        "9" * 20_000,
        "1,111" * 4000,
        "2017年" * 5000,
        "截至2017年1月" * 2500,
        "收到1件" * 5000,
        "，" * 20_000,
        "1 " * 10_000,
        "〔2017〕" * 3000,
        "统计期限自2017年1月1日至" * 1000,
        "主动公开政府信息" * 2500,
        "约" * 20_000,
        "截至" * 10_000,
        "三" * 20_000,
        "三件" * 10_000,
        "主动公开三十条，" * 2500,
        "1,三" * 6000,
        "几十万" * 6000,
    ],
    ids=lambda text: text[:6],
)
def test_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    prose = read(*[text] * 50)
    assert time.process_time() - began < 10
    assert len(prose.problems) <= 2


def test_prose_without_end_is_cut_and_says_where() -> None:
    prose = read("主动公开7条。" + "字" * 20_000 + "收到政府信息公开申请9件")
    assert [c.value for c in prose.cells] == [7]
    assert prose.problems[0].message == "正文读出1个数；正文过长，自正文!A1第20000字起未读"
    many = read(*["主动公开7条。"] * 2001)
    assert many.problems[0].message == "正文读出2000个数；正文过长，自正文!A2001起未读"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.text(alphabet="０1２9.,，。；%件条万亿多约占年月日截至历累计主动公开收到申请政府信息 \n", max_size=60),
        max_size=4,
    )
)
def test_every_number_with_a_unit_is_read_or_listed(texts: list[str]) -> None:
    prose = read(*texts)
    assert len({cell.key for cell in prose.cells}) == len(prose.cells)
    for cell in prose.cells:
        assert cell.printed
        assert (cell.value is None) == (cell.value_state != "reported")


# where a workbook keeps its prose ----------------------------------------------------------------------------------


def test_sheets_without_a_table_and_cells_beside_the_table_are_read() -> None:
    form = Sheet.of(typed(ANNEX, year=2017))
    rows = [list(row) for row in form.rows]
    rows.append([])
    rows.append(["填表说明：没有的填0。", None, None, None, None, None, "备注：当面申请246件。"])
    data = workbook(
        {"表": Sheet(rows, form.merges), "备注": Sheet([["收到政府信息公开申请1370件，均已答复。"], ["12345678"]])}
    )
    submission = only(data)
    prose = [c for c in submission.cells if c.sheet == "正文"]
    assert [(c.key.indicator_code, c.value, c.address) for c in prose] == [
        ("nar_req_received", 1370, "A1"),
        ("nar_req_in_person", 246, f"G{len(rows)}"),
    ]
    assert ["在“备注”表" in prose[0].note, "在“表”表" in prose[1].note] == [True, True]
    assert [p.rule_id for p in submission.problems] == []


def test_hidden_sheets_and_the_words_of_the_table_are_no_prose() -> None:
    form = Sheet.of(typed(ANNEX, year=2017))
    hidden = Sheet([["收到政府信息公开申请1370件，均已答复。"]])
    submission = only(workbook({"表": form, "备注": hidden}, hidden=["备注"]))
    assert len(submission.cells) == 30


def test_figures_by_code_and_in_words_are_one() -> None:
    form = Sheet.of(typed(ANNEX, year=2017))
    codes = Sheet([["指标代码", "数值"], ["nar_req_fax", 1], ["nar_req_mail", 326]])
    words = Sheet([["传真申请1件，信函申请362件，当面申请246件。"]])
    submission = only(workbook({"表": form, "正文": codes, "说明": words}))
    prose = {c.key.indicator_code: (c.value, c.address) for c in submission.cells if c.sheet == "正文"}
    assert prose == {"nar_req_fax": (1, "B2"), "nar_req_mail": (326, "B3"), "nar_req_in_person": (246, "A1")}
    assert [(p.rule_id, p.outcome) for p in submission.problems] == [("V10", "uncertain")]


def test_the_template_takes_prose_and_its_own_hint_is_none() -> None:
    assert [c for c in only(template(G21)).cells if c.sheet == "正文"] == []
    submission = only(template(G21, prose=["本年收到政府信息公开申请9件。"]))
    (cell,) = [c for c in submission.cells if c.sheet == "正文"]
    assert (cell.key.indicator_code, cell.value, cell.address) == ("nar_req_received", 9, "A1")
    assert submission.problems == ()


# the published report of 2017 --------------------------------------------------------------------------------------


def city_report() -> dict[CellKey, ReadCell]:
    path = ROOT / "samples" / "inbox" / "XMP00001" / "2017年度政府信息公开统计表.xlsx"
    (submission,) = read_file(path.read_bytes(), path.name).submissions
    return {cell.key: cell for cell in submission.cells if cell.sheet == "正文"}


def test_the_sample_prose_brings_every_published_figure() -> None:
    with (ROOT / "samples" / "published_xiamen.csv").open(encoding="utf-8", newline="") as file:
        published = {
            CellKey(row["indicator_code"], "", row["measure"]): Decimal(row["value"])
            for row in csv.DictReader(file)
            if row["form_code"] == "fj_annex_2017" and row["source"].endswith("正文")
        }
    cells = city_report()
    assert len(published) == 35
    assert {key: cells[key].value for key in published} == published
    assert len(cells) == 95
    assert cells[CellKey("nar_share_cat_policy", "", "annual")].printed == "5.6%"
    assert "约数：多" in cells[CellKey("nar_gazette_copies", "", "annual")].note


def test_the_report_itself_gives_the_same_figures() -> None:
    if not REPORT.exists():
        pytest.skip("../shared/corpus/xiamen_2017_report.txt is not there to read")
    text = REPORT.read_text(encoding="utf-8").partition("附表:")[0]
    prose = read(*filter(None, text.splitlines()))
    ours = {key: (cell.value, cell.printed) for key, cell in city_report().items()}
    assert {cell.key: (cell.value, cell.printed) for cell in prose.cells} == ours
    (problem,) = prose.problems
    # numbers of other matters: works, enterprises, visits to job fairs
    assert problem.message.startswith("正文读出92个数；另有39个数没有对应的指标")
