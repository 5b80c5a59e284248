"""The rules on figures that were really published: what is found there, to the figure, and nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.published_figures import ANNEX_2017
from tests.rules.rule_world import World, judged

XIAMEN_2017 = {
    **ANNEX_2017,
    # what its prose says of the same figures
    "nar_open_total_own_level": (31776, 414496),
    "nar_open_total_lower_level": (11204, 125978),
    "nar_req_by_governments": (265, 1259),
    "nar_req_by_departments": (1105, 5253),
}
XIAMEN_FIGURES = {
    f"{code}[{measure}]": figure
    for code, pair in XIAMEN_2017.items()
    for measure, figure in zip(("annual", "cumulative"), pair, strict=True)
}


def test_xiamen_2017_as_printed() -> None:
    world = World()
    city = world.submit(XIAMEN_FIGURES, organ="CITY", basis="published")
    night = judged(world)
    found = {
        (o.rule_id, o.scope): (o.lhs, o.rhs, o.difference, o.severity)
        for o in night.outcomes
        if o.submission_id == city and o.outcome in ("fail", "uncertain")
    }
    assert found == {
        ("F02", "cumulative"): (6411, 6503, -92, "warning"),
        ("F04", "cumulative"): (6452, 6451, 1, "warning"),
        ("F12a", "annual"): (42980, 42938, 42, "error"),
        ("F12b", "cumulative"): (540474, 540432, 42, "error"),
        ("F12c", "cumulative"): (6512, 6503, 9, "error"),
    }
    passed = {(o.rule_id, o.scope): (o.lhs, o.rhs) for o in night.outcomes if o.outcome == "pass" and o.lhs is not None}
    assert passed[("F01", "annual")] == (1370, 1370)
    assert passed[("F03", "annual")] == (1366, 1366)
    assert passed[("F05a", "annual")] == (42128, 42938)
    assert passed[("F05b", "cumulative")] == (9923, 540432)
    assert passed[("F12c", "annual")] == (1370, 1370)
    assert len([key for key in passed if key[0] == "F06"]) == 15
    # a report as printed is never held, and its findings travel with it
    assert night.verdict(city) == ("accepted_with_warnings", True, None)


def test_xiamen_2017_in_words() -> None:
    world = World()
    world.submit(XIAMEN_FIGURES, organ="CITY", basis="published")
    night = judged(world)
    assert night.one("F02").message == (
        "历年累计“其中:1.当面申请数｜历年累计＋2.网络申请数｜历年累计＋3.信函、传真申请数｜历年累计”之和为6411，"
        "“受理政府信息公开申请总数｜历年累计”填的是6503，相差92。（其中:1.当面申请数｜历年累计1851、"
        "2.网络申请数｜历年累计3106、3.信函、传真申请数｜历年累计1454、受理政府信息公开申请总数｜历年累计6503）"
    )
    assert night.one("F12a").message.startswith(
        "正文所列本年度本级与下级主动公开之和为42980，附表“主动公开文件数”为42938，相差42。"
    )


def test_prose_that_was_not_filed_is_not_judged() -> None:
    world = World()
    world.submit({key: value for key, value in XIAMEN_FIGURES.items() if not key.startswith("nar_")}, organ="CITY")
    outcome = judged(world).one("F12a")
    assert (outcome.outcome, outcome.note, outcome.lhs, outcome.rhs) == ("not_assessable", "正文未列此数", None, 42938)


@pytest.mark.parametrize("name", ["suqian_2023", "suqian_2024"])
def test_suqian_passes_every_table_rule(name: str) -> None:
    world = World()
    submission = world.publish(name, organ="CITY", basis="published")
    night = judged(world)
    assert night.remarks(submission) == {}
    passed = dict.fromkeys(("M01", "M02", "M03", "T01", "T02a", "T02b"), 0)
    for outcome in night.outcomes:
        if outcome.rule_id in passed and outcome.outcome == "pass":
            passed[outcome.rule_id] += 1
    assert passed == {"M01": 7, "M02": 7, "M03": 25, "T01": 1, "T02a": 1, "T02b": 1}
    assert night.verdict(submission) == ("accepted", True, None)


def test_hongze_2023_fails_its_dispute_totals() -> None:
    world = World()
    submission = world.publish("hongze_2023", organ="AREA", basis="consolidated", variant="one_row_other")
    night = judged(world)
    assert night.remarks(submission) == {
        ("M06", ""): ("fail", None),
        ("T01", "annual"): ("fail", Decimal(-11)),
        ("T02b", "annual"): ("fail", Decimal(-5)),
    }
    reviews = night.one("T01")
    assert (reviews.lhs, reviews.rhs) == (0, 11)
    assert "（行政复议｜结果维持10、行政复议｜结果纠正1）" in reviews.message
    assert (night.one("M02", scope="annual/total").lhs, night.one("M02", scope="annual/total").rhs) == (21, 21)
    assert night.verdict(submission) == ("held", False, None)


def test_hongze_2024_is_only_told_of_its_old_matrix() -> None:
    world = World()
    submission = world.publish("hongze_2024", organ="AREA", basis="consolidated", variant="one_row_other")
    night = judged(world)
    assert night.remarks(submission) == {("M06", ""): ("fail", None)}
    assert night.verdict(submission) == ("accepted_with_warnings", True, None)


def test_shanghai_2019_has_nineteen_derived_totals() -> None:
    world = World()
    submission = world.publish("shanghai_2019", organ="OFFICE")
    night = judged(world)
    derived = night.derived(submission)
    assert {code: int(value) for (code, kind), value in derived.items() if value and kind == "total"} == {
        "res_granted": 272,
        "res_partial": 3,
        "res_refused_state_secret": 14,
        "res_refused_internal_affairs": 5,
        "res_refused_process_info": 4,
        "res_refused_admin_query": 12,
        "res_unable_not_held": 265,
        "res_unable_needs_creation": 47,
        "res_unable_still_unclear": 25,
        "res_declined_petition": 149,
        "res_declined_repeat": 9,
    }
    assert len(derived) == 19
    assert {kind for _, kind in derived} == {"total"}
    assert sum(derived.values()) == 805
    by_outcome = dict.fromkeys(("pass", "uncertain", "not_assessable"), 0)
    for outcome in night.of("M03").values():
        by_outcome[outcome.outcome] += 1
    # 4 printed totals; 11 blank beside printed parts; 8 rows of which nothing is printed
    assert by_outcome == {"pass": 4, "uncertain": 11, "not_assessable": 8}
    total = night.one("M02", scope="annual/total")
    assert (total.outcome, total.lhs, total.rhs, total.note) == ("pass", 805, 805, "空白总计用推得的数")
    natural = night.one("M02", scope="annual/natural_person")
    assert (natural.outcome, natural.lhs, natural.rhs, natural.note) == ("pass", 767, 767, "空白按零计")
    assert night.one("T02b").outcome == "not_assessable"
    # blanks warn and never hold
    assert {severity for o in night.outcomes if o.outcome == "uncertain" for severity in [o.severity]} == {"warning"}
    assert night.verdict(submission) == ("accepted_with_warnings", True, None)


def test_every_single_slip_in_a_clean_table_is_found() -> None:
    world = World()
    clean = world.publish("suqian_2024", organ="CITY")
    cells = list(world.cells)
    slips = [cell for cell in cells if not cell["indicator_code"].startswith("a20_")]
    for position, slip in enumerate(slips):
        submission = f"slip{position}"
        world.submissions.append(world.submissions[0] | {"submission_id": submission, "sequence": 2 + position})
        world.cells += [
            cell | {"submission_id": submission, "value": cell["value"] + (1 if cell is slip else 0)} for cell in cells
        ]
    night = judged(world)
    assert len(slips) == 190
    assert night.verdict(clean)[0] == "accepted"
    assert [n for n in range(len(slips)) if night.verdict(f"slip{n}")[0] != "held"] == []
