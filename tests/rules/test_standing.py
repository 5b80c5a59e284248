"""What becomes of a submission: held, official, superseded; and what counts as the year before and the sibling form."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.rules.rule_world import World, judged
from warehouse.judge import JudgeError

GOOD = {"fj_req_total[cumulative]": 5, "fj_req_online[cumulative]": 5}
BAD = {"fj_req_total": 5, "fj_req_total[cumulative]": 5, "fj_req_online[cumulative]": 5}
"""the annual column does not close: F01, an error"""


def test_an_error_holds_and_the_earlier_official_stays() -> None:
    world = World()
    later = {"fj_req_total[cumulative]": 6, "fj_req_online[cumulative]": 6}
    first, held, last = (world.submit(figures) for figures in (GOOD, BAD, later))
    night = judged(world)
    assert night.verdict(first) == ("accepted", False, None)
    assert night.verdict(held) == ("held", False, None)
    assert night.verdict(last) == ("accepted", True, first)


@pytest.mark.parametrize(
    ("basis", "status"), [("own", "held"), ("consolidated", "held"), ("published", "accepted_with_warnings")]
)
def test_a_report_as_printed_is_never_held(basis: str, status: str) -> None:
    world = World()
    submission = world.submit(BAD, basis=basis)
    assert judged(world).verdict(submission)[0] == status


def test_a_warning_never_holds() -> None:
    world = World()
    submission = world.submit({"fj_req_total[cumulative]": 5})
    night = judged(world)
    assert night.remarks(submission) == {("F02", "cumulative"): ("fail", Decimal(-5))}
    assert night.verdict(submission) == ("accepted_with_warnings", True, None)


def test_info_leaves_a_submission_accepted() -> None:
    world = World()
    submission = world.submit()
    world.problem("V09", submission)
    assert judged(world).verdict(submission)[0] == "accepted"


def test_problems_become_outcomes_of_submission_or_file() -> None:
    world = World()
    submission = world.submit()
    world.problem("V10", submission, scope="annual/fj_suits", message="C17读得不确定。")
    world.problem("V10", submission, scope="annual/fj_suits", message="E17读得不确定。")
    world.problem("V08", submission, scope="annual/fj_reviews", outcome="uncertain", message="C16空白。")
    world.problem("V06", submission, scope="annual/fj_complaints", outcome="uncertain", message="C15不清。")
    world.file("STRANGER")
    world.problem("V01", message="文件无法打开。")
    night = judged(world)
    told = night.one("V10", submission)
    assert (told.outcome, told.severity, told.message) == ("fail", "error", "C17读得不确定。；E17读得不确定。")
    assert night.one("V06", submission).severity == "warning"
    unreadable = next(o for o in night.outcomes if o.rule_id == "V01" and o.outcome == "fail")
    assert (unreadable.submission_id, unreadable.organ_code, unreadable.report_year) == (None, "STRANGER", None)
    assert night.verdict(submission)[0] == "held"


def test_every_rule_in_force_has_an_outcome_on_every_submission() -> None:
    world = World()
    submission = world.submit()
    night = judged(world)
    spoken = {o.rule_id for o in night.outcomes if o.submission_id == submission}
    annex = {"F01", "F02", "F03", "F04", "F05a", "F05b", "F06", "F07", "F07m", "F12a", "F12b", "F12c", "F12d", "M04"}
    assert annex <= spoken
    assert {o.outcome for o in night.outcomes if o.submission_id == submission and o.rule_id == "F07"} == {
        "not_assessable"
    }
    keys = [(o.submission_id, o.rule_id, o.scope) for o in night.outcomes]
    assert len(keys) == len(set(keys))


def test_a_stranger_among_the_rules_stops_the_night() -> None:
    world = World()
    world.problem("V99", world.submit())
    with pytest.raises(JudgeError, match="rule V99"):
        judged(world)


def test_a_form_or_variant_that_no_one_knows_stops_the_night() -> None:
    world = World()
    world.submit()
    world.submissions[0]["variant"] = "two_rows_other"
    with pytest.raises(JudgeError, match='form fj_annex_2017, variant "two_rows_other"'):
        judged(world)


def test_a_year_needs_the_official_figures_of_the_year_before() -> None:
    world = World()
    world.submit(GOOD, year=2016)
    world.submit(BAD | {"fj_req_total[cumulative]": 9}, year=2016)
    this_year = world.submit({"fj_req_total[cumulative]": 6, "fj_req_online[cumulative]": 6}, year=2017)
    found = judged(world).one("F07", this_year, "cumulative/fj_req_total")
    # 6 against the 5 of the official submission; the later one with 9 is held
    assert (found.outcome, found.lhs, found.rhs, found.difference) == ("fail", 6, 5, 1)
    assert "上年受理政府信息公开申请总数｜历年累计5" in found.message


def test_a_chain_of_held_years_is_judged_in_order() -> None:
    world = World()
    for year, cumulative in ((2015, 5), (2016, 7), (2017, 7)):
        world.submit({"fj_req_total[cumulative]": cumulative, "fj_req_online[cumulative]": cumulative}, year=year)
    night = judged(world)
    assert [night.verdict(f"sub{n}")[0] for n in (1, 2, 3)] == ["accepted", "held", "accepted"]
    # 2016 broke the chain and is held, so for 2017 the latest official year is 2015: only ">=" can be asked
    third = night.one("F07m", "sub3", "cumulative/fj_req_total")
    assert (third.outcome, third.lhs, third.rhs, third.note) == ("pass", 7, 5, "与2015年相比，其间缺报")
    assert night.one("F07", "sub3", "cumulative/fj_req_total").outcome == "not_assessable"


def test_a_gap_of_years_asks_only_for_no_less() -> None:
    world = World()
    world.submit(GOOD, year=2015)
    submission = world.submit({"fj_req_total[cumulative]": 4, "fj_req_online[cumulative]": 4}, year=2017)
    found = judged(world).one("F07m", submission, "cumulative/fj_req_total")
    assert (found.outcome, found.difference, found.severity) == ("fail", -1, "warning")


def test_across_editions_only_what_the_crosswalk_calls_the_same() -> None:
    world = World()
    world.submit({"fj09_suits[cumulative]": 30}, form="fj_annex_2009", year=2015)
    submission = world.submit({"fj_suits": 1, "fj_suits[cumulative]": 31}, year=2016)
    night = judged(world)
    suits = night.one("F07m", submission, "cumulative/fj_suits")
    assert (suits.outcome, suits.note) == ("pass", "与2015年另一版式的同一口径相比")
    opened = night.one("F07m", submission, "cumulative/fj_open_total")
    assert (opened.outcome, opened.note) == ("not_assessable", "与上年版式的该格不可比")
    assert {o.outcome for o in night.of("F07", submission).values()} == {"not_assessable"}


def test_a_prior_year_that_was_nil_is_not_a_zero() -> None:
    world = World()
    world.submit(year=2016, nil=True)
    submission = world.submit(GOOD)
    found = judged(world).one("F07", submission, "cumulative/fj_req_total")
    assert (found.outcome, found.note) == ("not_assessable", "对照的一期为零报告")


def test_a_blank_of_the_year_before_is_uncertain() -> None:
    world = World()
    world.submit({"fj_suits[cumulative]": "blank"}, year=2016)
    submission = world.submit({"fj_suits[cumulative]": 3})
    found = judged(world).one("F07", submission, "cumulative/fj_suits")
    assert (found.outcome, found.severity, found.lhs, found.rhs) == ("uncertain", "warning", 3, None)


@pytest.mark.parametrize("annex", [None, BAD])
def test_without_an_official_sibling_nothing_is_assessed(annex: dict[str, Any] | None) -> None:
    world = World()
    if annex is not None:
        world.submit(annex)
    supplement = world.submit({"sup_open_total": 3}, form="xm_supplement_2017")
    found = judged(world).one("S02", supplement, "annual/sup_open_total")
    assert (found.outcome, found.note, found.lhs, found.rhs) == ("not_assessable", "另一表不在案", 3, None)


def test_a_supplement_that_contradicts_the_annex_is_held_and_the_annex_is_not() -> None:
    world = World()
    annex = world.submit({"fj_open_total": 4, "fj_open_total[cumulative]": 4})
    supplement = world.submit({"sup_open_total": 3}, form="xm_supplement_2017")
    night = judged(world)
    assert night.verdict(annex) == ("accepted", True, None)
    assert night.verdict(supplement) == ("held", False, None)
    assert night.one("S02", supplement, "annual/sup_open_total").message == (
        "补充表“主动公开政府信息总数”填的是3，附表“福建省附表2017年版：主动公开文件数”是4，相差1。两表应为同一数。"
    )
