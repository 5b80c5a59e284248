"""Rules over prose beyond their two cases: rough figures, what is not there, shares, witnesses counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.readers.document import Paragraph
from pipelines.readers.prose import read_prose
from schemas.narrative import load_narrative_codes
from tests.rules.rule_world import Judged, World, fields_of, judged

ROUGH = {"note": "第3字；单位：条；约数：多；“主动公开…”"}


def night(figures: Mapping[str, Any], **options: Any) -> Judged:
    world = World()
    world.submit(figures, **options)
    return judged(world)


def test_a_rough_figure_is_never_called_unequal() -> None:
    rough = {"value": Decimal(40000), "printed": "4万多条"} | ROUGH
    found = night(
        {
            "fj_open_total": 42938,
            "nar_open_total": rough,
            "nar_open_total_own_level": rough,
            "nar_open_total_lower_level": 1,
            "nar_cat_policy": 2409,
            "nar_share_cat_policy": {"value": Decimal(6), "printed": "6%以上"} | ROUGH,
        }
    )
    for rule_id, scope in (
        ("F12a", "annual"),
        ("N06", "annual/nar_open_total"),
        ("N02", "annual/nar_share_cat_policy"),
        ("N08", "annual/nar_cat_total"),
    ):
        outcome = found.one(rule_id, scope=scope)
        assert outcome.outcome == "not_assessable", rule_id
    assert found.one("N06", scope="annual/nar_open_total").note == "正文为约数，不核对"
    assert found.one("F12a").note == "正文为约数，不核对"


def test_without_prose_nothing_is_assessable() -> None:
    found = night({"fj_open_total": 7})
    mine = [o for o in found.outcomes if o.rule_id.startswith("N")]
    # N04 is a rule of another edition
    assert [o.rule_id for o in mine] == ["N01", "N02", "N03", "N05a", "N05b", "N05c", "N06", "N07", "N08"]
    assert {(o.outcome, o.scope, o.note) for o in mine} == {("not_assessable", "", "没有正文")}
    nil = night({}, nil=True)
    assert {o.note for o in nil.outcomes if o.rule_id.startswith("N")} == {"零报告"}


@pytest.mark.parametrize(
    ("said", "outcome", "note"),
    [
        (859, "pass", "口径：表内“一、本年新收政府信息公开申请数量｜总计”"),
        (
            900,
            "pass",
            "口径：表内“一、本年新收政府信息公开申请数量｜总计”＋表内“二、上年结转政府信息公开申请数量｜总计”",
        ),
        (805, "pass", "口径：表内“（七）总计｜总计”"),
        (17, "fail", ""),
    ],
)
def test_received_has_several_bases(said: int, outcome: str, note: str) -> None:
    table = {"req_new[total]": 859, "req_carried_in[total]": 41, "res_total[total]": 805, "req_carried_out[total]": 95}
    found = night(table | {"nar_req_received": said}, form="gb_2021", year=2024).one(
        "N01", scope="annual/nar_req_received"
    )
    assert (found.outcome, found.note) == (outcome, note)
    if outcome == "fail":
        assert found.severity == "warning"
        assert all(figure in found.message for figure in ("（859）", "（41）", "（805）", "（95）"))


def test_a_basis_that_cannot_be_read_is_not_taken_for_missed() -> None:
    table = {"req_new[total]": 859, "req_carried_in[total]": "blank", "res_total[total]": 805}
    found = night(table | {"nar_req_received": 900}, form="gb_2021", year=2024)
    assert found.one("N01", scope="annual/nar_req_received").outcome == "uncertain"


@pytest.mark.parametrize(
    ("part", "whole", "printed", "outcome", "note"),
    [
        (2338, 42938, "5.45%", "pass", ""),
        (2338, 42938, "5.44%", "fail", "截断，四舍五入应为5.45"),
        (3091, 42938, "7.19%", "fail", "截断，四舍五入应为7.20"),
        (3091, 42938, "7.2%", "pass", ""),
        (3091, 42938, "7%", "pass", ""),
        (3091, 42938, "7.21%", "fail", "不符"),
        (1, 1370, "0.0007%", "fail", "忘乘100"),
        (1, 1370, "0.07%", "pass", ""),
        (1, 1370, "7.3%", "fail", "多乘100"),
        (1, 200, "1%", "pass", ""),
        (1, 200, "0%", "fail", "截断，四舍五入应为1"),
        (1, 200, "0.5%", "pass", ""),
        (0, 1370, "0%", "pass", ""),
        (1, 3, "33.3333%", "pass", ""),
        (2, 3, "６６．６％", "fail", "截断，四舍五入应为66.7"),
    ],
)
def test_a_share_is_rounded_cut_off_or_wrong(part: int, whole: int, printed: str, outcome: str, note: str) -> None:
    digits = "".join(str(int(char)) if char.isdecimal() else "." for char in printed[:-1])
    share = {"value": Decimal(digits), "printed": printed}
    found = night({"nar_open_total": whole, "nar_cat_policy": part, "nar_share_cat_policy": share})
    got = found.one("N02", scope="annual/nar_share_cat_policy")
    assert (got.outcome, got.note) == (outcome, note)


def test_a_share_of_nothing_is_not_assessable() -> None:
    found = night({"nar_open_total": 0, "nar_cat_policy": 0, "nar_share_cat_policy": 5})
    assert found.one("N02", scope="annual/nar_share_cat_policy").outcome == "not_assessable"


@pytest.mark.parametrize("value", ["99999999999.9999", "0.0001", "-99999999999", "0"])
def test_absurd_figures_stop_no_night(value: str) -> None:
    # told by code every figure may be anything
    figures = dict.fromkeys(load_narrative_codes(), Decimal(value))
    world = World()
    for other in map(Decimal, ("0", "99999999999", "0.0001")):
        parts = {code: other for code in figures if "share" in code or "cat" in code}
        for form, year in (("fj_annex_2017", 2017), ("gb_2021", 2024)):
            world.submit(figures, form=form, year=year, otherwise=other)
            world.submit(figures | parts, form=form, year=year, otherwise=other)
    shares = [o for o in judged(world).outcomes if o.rule_id == "N02" and o.form_code == "fj_annex_2017"]
    assert len(shares) == 6 * 21
    assert {o.outcome for o in shares} <= {"pass", "fail", "not_assessable"}


CLEAN = {
    # made up, with the table of a real office: what offices write when everything agrees
    "gb_2021": (
        2024,
        "某市教育局2024年政府信息公开工作年度报告",
        "本报告所列数据的统计期限从2024年1月1日起至2024年12月31日止。",
        "本年新收政府信息公开申请859件，其中自然人811件、法人48件；上年结转41件。全年办结805件，其中予以公开272件、部分公开3件。",
        "不予公开35件、无法提供337件、不予处理158件，结转下年度继续办理95件。办结率89.44%。",
        "因政府信息公开被申请行政复议12件，行政诉讼5件。依申请公开收取信息处理费0元。",
    ),
    "fj_annex_2017": (
        2017,
        "某市教育局2017年度政府信息公开工作报告",
        "统计期限为2017年1月1日至12月31日。",
        "本年度主动公开政府信息200条，其中通过门户网站公开180条。收到政府信息公开申请20件，当面申请5件，占25%；网上申请14件，占70%。",
        "信函申请1件，占5%。受理政府信息公开申请20件，答复申请20件，同意公开12件，占60%，同意部分公开3件，占15%，不予公开5件，占25%。",
        "历年累计主动公开政府信息约1.2万条。",
        "本年度行政复议2件，行政诉讼1件。",
    ),
}
TABLES = {
    "gb_2021": {
        "req_new[total]": 859, "req_carried_in[total]": 41, "res_granted[total]": 272, "res_partial[total]": 3,
        "res_refused_state_secret[total]": 14, "res_refused_internal_affairs[total]": 5,
        "res_refused_process_info[total]": 4, "res_refused_admin_query[total]": 12, "res_unable_not_held[total]": 265,
        "res_unable_needs_creation[total]": 47, "res_unable_still_unclear[total]": 25,
        "res_declined_petition[total]": 149, "res_declined_repeat[total]": 9, "res_total[total]": 805,
        "req_carried_out[total]": 95, "rev_total": 12, "suit_direct_total": 3, "suit_after_total": 2,
    },
    "fj_annex_2017": {
        "fj_open_total": 200, "fj_open_total[cumulative]": 12345, "fj_open_website": 180, "fj_req_total": 20,
        "fj_req_in_person": 5, "fj_req_online": 14, "fj_req_mail_fax": 1, "fj_reply_total": 20, "fj_reply_granted": 12,
        "fj_reply_partial": 3, "fj_reply_refused": 5, "fj_reviews": 2, "fj_suits": 1,
    },
}  # fmt: skip


@pytest.mark.parametrize("form", CLEAN)
def test_prose_that_agrees_raises_nothing(form: str) -> None:
    year, *texts = CLEAN[form]
    prose = read_prose([Paragraph("正文", f"A{line}", str(text)) for line, text in enumerate(texts, start=1)], form)
    assert [p.rule_id for p in prose.problems if p.rule_id != "V09"] == []
    cells = {f"{cell.key.indicator_code}[{cell.key.measure}]": fields_of(cell) for cell in prose.cells}
    found = night(TABLES[form] | cells, form=form, year=year)
    mine = [o for o in found.outcomes if o.rule_id.startswith("N")]
    assert [(o.rule_id, o.scope, o.outcome, o.message) for o in mine if o.outcome in ("fail", "uncertain")] == []
    passed = sorted(o.rule_id for o in mine if o.outcome == "pass")
    counts = [passed.count(rule_id) for rule_id in ("N01", "N02", "N03", "N05a", "N05b", "N05c", "N06")]
    assert counts == {"gb_2021": [1, 1, 2, 1, 3, 1, 8], "fj_annex_2017": [2, 6, 2, 1, 3, 1, 8]}[form]


def explained(found: Judged) -> list[tuple[Any, ...]]:
    return found.connection.execute(
        "SELECT rule_id, kind, indicator_code, suggested_value FROM stage.explanation WHERE rule_id LIKE 'N%'"
        " ORDER BY rule_id, position"
    ).fetchall()


TABLE = {"fj_reply_total": 1366, "fj_reply_granted": 399, "fj_reply_partial": 88, "fj_reply_other": 680}


def test_the_closing_sum_is_a_witness_for_the_table() -> None:
    found = night(TABLE | {"fj_reply_refused": 199, "nar_reply_refused": 119})
    assert explained(found) == [
        ("N06", "witnesses", "", None),
        ("N06", "likelier_wrong", "nar_reply_refused", 199),
    ]


def test_the_closing_sum_is_a_witness_against_the_table() -> None:
    found = night(TABLE | {"fj_reply_refused": 119, "nar_reply_refused": 199})
    assert explained(found) == [
        ("N06", "witnesses", "", None),
        ("N06", "likelier_wrong", "fj_reply_refused", 199),
    ]
    (message,) = found.connection.execute(
        "SELECT message FROM stage.explanation WHERE rule_id LIKE 'N%' AND kind = 'likelier_wrong'"
    ).fetchone() or ("",)
    assert message == "表内“3.不予公开答复数”更可能印错，应为199。"


def test_as_many_witnesses_on_either_side_name_no_cell() -> None:
    share = {"nar_req_completed": 1366, "nar_share_reply_refused": {"value": Decimal("8.71"), "printed": "8.71%"}}
    found = night(TABLE | share | {"fj_reply_refused": 199, "nar_reply_refused": 119})
    assert explained(found) == [("N06", "witnesses", "", None)]
    (message,) = found.connection.execute("SELECT message FROM stage.explanation WHERE rule_id = 'N06'").fetchone() or (
        "",
    )
    assert message.endswith("闭合关系F03为199。两边印证一样多，无法断定哪一处印错。")


def test_a_third_witness_that_says_something_else_counts_for_neither() -> None:
    found = night(TABLE | {"fj_reply_refused": 198, "nar_reply_refused": 119})
    assert explained(found) == [("N06", "witnesses", "", None)]


def test_prose_against_table_alone_is_not_counted() -> None:
    found = night({"fj_reviews": 25, "fj_reviews[cumulative]": 102, "nar_rev_total": 24})
    assert found.one("N03", scope="annual/nar_rev_total").outcome == "fail"
    assert explained(found) == []


def test_an_error_in_the_title_holds_what_an_organ_files_itself() -> None:
    title = {"nar_title_organ": {"value_state": "not_applicable", "printed": "某市民政局"}}
    world = World()
    own = world.submit(title)
    published = world.submit(title, organ="CITY", basis="published")
    found = judged(world)
    assert found.verdict(own)[0] == "held"
    assert found.verdict(published)[0] == "accepted_with_warnings"
    assert found.one("N05a", own).message == "正文标题写的机构是“某市民政局”，报送的却是“某市教育局”。"


@pytest.mark.parametrize(
    ("printed", "organ", "outcome"),
    [("某区", "AREA", "pass"), ("某区", "AREADEPT", "fail"), ("某局", "DEPT", "uncertain")],
)
def test_a_place_stands_for_its_government(printed: str, organ: str, outcome: str) -> None:
    title = {"nar_title_organ": {"value_state": "not_applicable", "printed": printed}}
    found = night(title, organ=organ).one("N05a")
    assert found.outcome == outcome
    assert found.severity == ("warning" if outcome == "uncertain" else "error")


@pytest.mark.parametrize(("year", "outcome"), [(2018, "pass"), (2019, "fail")])
def test_a_name_means_an_organ_in_its_years(year: int, outcome: str) -> None:
    world = World()
    spell = {"name": "某市文教局", "from_year": None, "to_year": None}
    world.names = [spell | {"organ_code": "DEPT", "to_year": 2018}, spell | {"organ_code": "DEPT2", "from_year": 2019}]
    title = {"nar_title_organ": {"value_state": "not_applicable", "printed": "某市文教局"}}
    world.submit(title, form="xm_supplement_2017" if year == 2018 else "gb_2019", year=year)
    assert judged(world).one("N05a").outcome == outcome


@pytest.mark.parametrize(("start", "outcome"), [(20190401, "pass"), (20190101, "fail")])
def test_an_organ_that_began_in_the_year_reports_on_its_part_of_it(start: int, outcome: str) -> None:
    world = World()
    world.submit({"nar_period_start": start, "nar_period_end": 20191231}, form="gb_2019", year=2019)
    world.expect("DEPT", form="gb_2019", year=2019)
    world.duties[0]["period_from"] = date(2019, 4, 1)
    assert judged(world).one("N05c", scope="annual/period").outcome == outcome
