"""A year compared with the year before where organs were merged, split, ended or moved in between. Figures made up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.form import APPLICANT_KINDS
from tests.rules.rule_world import Judged, World, judged

KINDS = ("other_org", "total")


def matrix(carried_in: Any, carried_out: Any) -> dict[str, Any]:
    """A matrix that closes: what was carried in was granted, and as many new requests came as are carried out."""
    rows = {"req_carried_in": carried_in, "res_total": carried_in, "res_granted": carried_in}
    rows |= {"req_new": carried_out, "req_carried_out": carried_out}
    return {f"{row}[{kind}]": figure for row, figure in rows.items() for kind in KINDS}


def annex(annual: int, cumulative: int, code: str = "fj_suits") -> dict[str, Any]:
    return {code: annual, f"{code}[cumulative]": cumulative}


def after_a_merger(carried_in: Any, **before: Any) -> tuple[Judged, str]:
    """DEPT2 was merged into DEPT for 2024; ``before`` is what they carried out of 2023."""
    world = World()
    world.happen("DEPT2", "merged", "DEPT")
    for organ, carried_out in before.items():
        world.submit(matrix(0, carried_out), form="gb_2021", year=2023, organ=organ)
    submission = world.submit(matrix(carried_in, 0), form="gb_2021", year=2024)
    return judged(world), submission


def test_requests_carried_in_are_those_of_all_that_were_merged() -> None:
    night, submission = after_a_merger(96, DEPT=77, DEPT2=19)
    found = night.one("X01", submission)
    assert (found.outcome, found.lhs, found.rhs) == ("pass", 96, 96)
    assert found.note == "机构有合并，上年数为某市教育局、某市民政局之和"
    assert night.one("X01a", submission, "annual/other_org").outcome == "pass"
    assert night.verdict(submission) == ("accepted", True, None)


def test_a_sum_that_does_not_agree_names_whose_it_is() -> None:
    night, submission = after_a_merger(77, DEPT=77, DEPT2=19)
    found = night.one("X01", submission)
    assert (found.outcome, found.severity, found.lhs, found.rhs, found.difference) == ("fail", "error", 77, 96, -19)
    assert found.message == (
        "总计列的“上年结转”填的是77，而上年报表的“结转下年度继续办理”是96，相差19。两个数是同一批申请。"
        "（机构有合并，上年数为某市教育局、某市民政局之和。）"
    )
    assert night.verdict(submission)[0] == "held"


def test_a_predecessor_that_did_not_file_is_named_and_nothing_is_judged() -> None:
    night, submission = after_a_merger(77, DEPT=77)
    found = night.one("X01", submission)
    assert (found.outcome, found.note, found.rhs) == ("not_assessable", "上年数不在案：某市民政局", None)
    assert night.remarks(submission) == {}
    night, submission = after_a_merger(19, DEPT2=19)
    assert night.one("X01", submission).note == "上年数不在案：某市教育局"


def test_a_new_organ_has_only_the_figures_of_its_predecessors() -> None:
    world = World(begun={"OFFICE": 2024})
    for organ in ("DEPT", "DEPT2"):
        world.happen(organ, "merged", "OFFICE")
        world.submit(matrix(0, 5), form="gb_2021", year=2023, organ=organ)
    submission = world.submit(matrix(10, 0), form="gb_2021", year=2024, organ="OFFICE")
    later = world.submit(matrix(0, 0), form="gb_2021", year=2025, organ="OFFICE")
    night = judged(world)
    assert (night.one("X01", submission).outcome, night.one("X01", submission).rhs) == ("pass", 10)
    # the year after it is compared with itself again
    assert (night.one("X01", later).outcome, night.one("X01", later).rhs, night.one("X01", later).note) == (
        "pass",
        0,
        "",
    )


@pytest.mark.parametrize(("carried_in", "outcome"), [(76, "fail"), (77, "pass"), (90, "uncertain")])
def test_a_blank_of_one_predecessor_hides_only_its_own_part(carried_in: int, outcome: str) -> None:
    world = World()
    world.happen("DEPT2", "merged", "DEPT")
    world.submit(matrix(0, 77), form="gb_2021", year=2023)
    blank = {f"req_carried_out[{kind}]": "blank" for kind in APPLICANT_KINDS}
    world.submit(blank, form="gb_2021", year=2023, organ="DEPT2", basis="published")
    submission = world.submit(matrix(carried_in, 0), form="gb_2021", year=2024)
    found = judged(world).one("X01", submission)
    # 77 and some number that is not known: zero closes it, and fewer than 77 cannot be
    assert (found.outcome, found.rhs) == (outcome, 77)


@pytest.mark.parametrize(
    ("share", "said"), [(None, "，份额未载明，不与上年核对"), ("0.4", "，份额为0.4，不与上年核对")]
)
def test_what_a_split_handed_over_is_never_guessed(share: str | None, said: str) -> None:
    world = World()
    world.happen("DEPT2", "function_moved", "DEPT", share=share)
    for organ in ("DEPT", "DEPT2"):
        world.submit(matrix(0, 77), form="gb_2021", year=2023, organ=organ)
    taker = world.submit(matrix(80, 0), form="gb_2021", year=2024)
    giver = world.submit(matrix(74, 0), form="gb_2021", year=2024, organ="DEPT2")
    night = judged(world)
    event = "DEPT2自2024年度起function_movedDEPT"
    assert (night.one("X01", taker).outcome, night.one("X01", taker).note) == ("not_assessable", event + said)
    assert night.one("X01", giver).note == f"{event}，不与上年核对"
    assert [night.verdict(s)[0] for s in (taker, giver)] == ["accepted", "accepted"]


def test_an_ended_organ_leaves_its_cumulative_figures_only() -> None:
    world = World()
    world.happen("DEPT2", "abolished", "DEPT", carries="cumulative")
    for organ in ("DEPT", "DEPT2"):
        world.submit(matrix(0, 7), form="gb_2021", year=2023, organ=organ)
    submission = world.submit(matrix(7, 0), form="gb_2021", year=2024)
    found = judged(world).one("X01", submission)
    assert (found.outcome, found.note) == (
        "not_assessable",
        "DEPT2自2024年度起abolishedDEPT，只延续历年累计数，不与上年核对",
    )


@pytest.mark.parametrize("carries", ["all", "cumulative"])
def test_cumulative_figures_go_on_from_the_sum_of_all(carries: str) -> None:
    world = World()
    world.happen("DEPT2", "merged", "DEPT", 2017, carries=carries)
    world.submit(annex(1, 30), year=2016)
    world.submit(annex(2, 12), year=2016, organ="DEPT2")
    submission = world.submit(annex(3, 45), year=2017)
    short = world.submit(annex(3, 33), year=2017)
    night = judged(world)
    scope = "cumulative/fj_suits"
    # the statutory step stays an error within one organ; across a merger it is F07m's, a warning
    assert (night.one("F07", short, scope).outcome, night.one("F08", short, scope).outcome) == ("not_assessable",) * 2
    assert night.one("F07", short, scope).note == "机构有合并或拆分，由其他规则核对"
    assert night.one("F07m", submission, scope).outcome == "pass"
    found = night.one("F07m", short, scope)
    assert (found.outcome, found.severity, found.lhs, found.rhs, found.difference) == ("fail", "warning", 33, 45, -12)
    assert "（某市教育局）30、" in found.message
    assert "（某市民政局）12、" in found.message
    # neither brings an opening balance of its own
    assert [o.scope for o in night.of("F11", submission).values()] == ["cumulative"]


def test_figures_of_an_older_edition_are_added_where_the_crosswalk_knows_them() -> None:
    world = World()
    world.happen("DEPT2", "merged", "DEPT", 2016)
    world.submit({"fj09_suits[cumulative]": 30}, form="fj_annex_2009", year=2015)
    world.submit(annex(2, 12), year=2015, organ="DEPT2")
    submission = world.submit(annex(3, 45), year=2016)
    night = judged(world)
    found = night.one("F07m", submission, "cumulative/fj_suits")
    assert (found.outcome, found.lhs, found.rhs) == ("pass", 45, 45)
    assert found.note == "与2015年另一版式的同一口径相比；机构有合并，上年数为某市教育局、某市民政局之和"
    assert night.one("F07m", submission, "cumulative/fj_open_total").note == "与上年版式的该格不可比"


def test_a_merger_is_no_jump_but_more_than_the_sum_is() -> None:
    def jumps(now: int) -> list[tuple[str, str, Decimal | None, str]]:
        world = World()
        world.happen("DEPT2", "merged", "DEPT")
        world.submit({"a20_license_decisions": 9}, form="gb_2021", year=2023)
        world.submit({"a20_license_decisions": 800}, form="gb_2021", year=2023, organ="DEPT2")
        submission = world.submit({"a20_license_decisions": now}, form="gb_2021", year=2024)
        return [(o.scope, o.outcome, o.rhs, o.note[:4]) for o in judged(world).of("X02", submission).values()]

    assert jumps(810) == [("annual", "pass", None, "与上年比")]
    assert jumps(8900) == [("annual/a20_license_decisions", "fail", Decimal(809), "")]


def test_nothing_jumps_where_a_predecessor_is_not_on_file() -> None:
    night, submission = after_a_merger(500, DEPT2=500)
    assert (night.one("X02", submission).outcome, night.one("X02", submission).note) == (
        "not_assessable",
        "上年数不在案：某市教育局",
    )


def test_cases_that_one_of_the_merged_had_pending_come_up_again() -> None:
    world = World()
    world.happen("DEPT2", "merged", "DEPT")
    world.submit({}, form="gb_2021", year=2023)
    pending = {"rev_pending": 2, "rev_total": 2}
    world.submit(pending, form="gb_2021", year=2023, organ="DEPT2")
    submission = world.submit({}, form="gb_2021", year=2024)
    found = judged(world).one("T03", submission, "annual/rev_total")
    assert (found.outcome, found.lhs) == ("fail", 0)
    assert "行政复议｜尚未审结（某市民政局）2" in found.message


def test_pending_cases_are_the_same_cells_in_the_edition_before() -> None:
    world = World()
    pending = {"suit_direct_pending": 3, "suit_direct_total": 3}
    world.submit(pending, form="gb_2019", year=2020)
    submission = world.submit({"suit_after_pending": 1, "suit_after_total": 1}, form="gb_2021", year=2021)
    night = judged(world)
    found = night.one("T03", submission, "annual/suit_direct_total")
    assert (found.outcome, found.severity, found.note) == ("fail", "warning", "与2020年另一版式的同一口径相比")
    assert night.one("T03", submission, "annual/rev_total").outcome == "not_assessable"


def test_a_gap_that_was_there_before_is_not_dated_by_one_of_several_reports() -> None:
    def explained(merged: bool) -> list[str]:
        world = World()
        if merged:
            world.happen("DEPT2", "merged", "DEPT", 2017)
            world.submit({}, year=2016, organ="DEPT2")
        # the cumulative channels are 4 short of the total, last year and this
        gap = {"fj_req_total[cumulative]": 10, "fj_req_online[cumulative]": 6}
        world.submit(gap, year=2016)
        submission = world.submit(gap, year=2017)
        night = judged(world)
        return [
            message
            for (message,) in night.connection.execute(
                "SELECT message FROM stage.explanation WHERE submission_id = ? AND rule_id = 'F02'", [submission]
            ).fetchall()
        ]

    assert "在案的2016年累计列已差" in explained(merged=False)[0]
    assert "无从印证" in explained(merged=True)[0]


def test_a_district_is_compared_with_those_below_it_in_that_year() -> None:
    world = World(moved={("AREATOWN", 2017): None, ("DEPT", 2017): "AREA"})
    world.expect("AREADEPT", "AREATOWN", "DEPT")
    for organ, count in {"AREADEPT": 5, "AREATOWN": 3, "DEPT": 2}.items():
        world.submit(annex(count, count), organ=organ)
    world.submit(annex(7, 7), organ="AREA", basis="consolidated")
    found = {o.scope: o for o in judged(world).outcomes if o.rule_id == "H01" and o.organ_code == "AREA"}
    line = found["annual/fj_suits"]
    assert (line.outcome, line.lhs, line.rhs) == ("pass", 7, 7)
