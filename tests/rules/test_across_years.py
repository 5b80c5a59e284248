"""What is compared with the year before: carried over requests, opening balances, jumps and columns that repeat."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.rules.rule_world import World, judged

MATRIX: dict[str, Any] = {"form": "gb_2021", "year": 2024}
OUT_77 = {
    "req_new[total]": 77,
    "req_new[other_org]": 77,
    "req_carried_out[total]": 77,
    "req_carried_out[other_org]": 77,
}


# carried over ---------------------------------------------------------------------------------------------------------


def test_requests_carried_over_the_crossing_of_editions() -> None:
    world = World()
    world.submit(OUT_77, form="gb_2019", year=2020)
    figures = {"req_carried_in[total]": 76, "req_carried_in[other_org]": 76, "res_total[total]": 76}
    figures |= {"res_total[other_org]": 76, "res_granted[total]": 76, "res_granted[other_org]": 76}
    submission = world.submit(figures, form="gb_2021", year=2021)
    night = judged(world)
    found = night.one("X01", submission)
    assert (found.outcome, found.lhs, found.rhs, found.note) == ("fail", 76, 77, "与2020年另一版式的同一口径相比")
    assert found.message == (
        "总计列的“上年结转”填的是76，而上年报表的“结转下年度继续办理”是77，相差1。两个数是同一批申请。"
    )
    assert night.remarks(submission) == {
        ("X01", "annual"): ("fail", Decimal(-1)),
        ("X01a", "annual/other_org"): ("fail", Decimal(-1)),
    }
    assert night.verdict(submission)[0] == "held"


def test_a_column_that_moved_is_a_warning_where_the_total_holds() -> None:
    world = World()
    world.submit(OUT_77, form="gb_2021", year=2023)
    figures = {"req_carried_in[total]": 77, "req_carried_in[business]": 77, "res_total[total]": 77}
    figures |= {"res_total[business]": 77, "res_granted[total]": 77, "res_granted[business]": 77}
    submission = world.submit(figures, **MATRIX)
    night = judged(world)
    assert night.remarks(submission) == {
        ("X01a", "annual/business"): ("fail", Decimal(77)),
        ("X01a", "annual/other_org"): ("fail", Decimal(-77)),
    }
    assert night.verdict(submission)[0] == "accepted_with_warnings"


def test_an_organ_without_a_year_before_is_not_assessed() -> None:
    world = World()
    # the predecessors of a merged organ filed, under other codes
    world.submit(OUT_77, form="gb_2021", year=2023, organ="DEPT2")
    submission = world.submit({"req_carried_in[total]": 77}, **MATRIX)
    night = judged(world)
    assert (night.one("X01", submission).outcome, night.one("X01", submission).note) == (
        "not_assessable",
        "上年数不在案",
    )
    assert {o.outcome for o in night.of("X01a", submission).values()} == {"not_assessable"}


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [(77, "blank", "uncertain"), ("blank", 77, "uncertain"), ("blank", "blank", "not_assessable")],
)
def test_a_blank_carry_over_is_not_taken_for_zero(before: Any, now: Any, outcome: str) -> None:
    world = World()
    columns = ("natural_person", "business", "research", "public_interest", "legal_service", "other_org", "total")
    world.submit({f"req_carried_out[{a}]": before for a in columns}, form="gb_2021", year=2023, basis="published")
    submission = world.submit({f"req_carried_in[{a}]": now for a in columns}, **MATRIX)
    assert judged(world).one("X01", submission).outcome == outcome


def test_requests_carried_into_2019_are_recorded_and_compared_with_nothing() -> None:
    world = World()
    world.submit({"fj_req_total": 20, "fj_reply_total": 3}, year=2018, basis="published")
    submission = world.submit({"req_carried_in[total]": 12}, form="gb_2019", year=2019)
    blank = world.submit({"req_carried_in[total]": "uncertain"}, form="gb_2019", year=2019, organ="DEPT2")
    later = world.submit({"req_carried_in[total]": 12}, form="gb_2019", year=2020)
    night = judged(world)
    found = night.one("X05", submission)
    assert (found.outcome, found.lhs, found.severity) == ("pass", 12, "info")
    assert (night.one("X05", blank).outcome, night.one("X01", submission).outcome) == ("not_assessable",) * 2
    assert night.of("X05", later) == {}


# the annex from year to year ------------------------------------------------------------------------------------------


def test_answers_are_only_counted_against_what_is_known_to_be_open() -> None:
    world = World()
    submission = world.submit({"fj_req_total": 5, "fj_reply_total": 9}, basis="published")
    found = judged(world).one("F09", submission)
    assert (found.outcome, found.note, found.lhs, found.rhs) == ("not_assessable", "上年数不在案", 9, None)


def test_the_first_annex_on_file_brings_its_opening_balance() -> None:
    world = World()
    rows = {"fj_open_total": 7, "fj_open_total[cumulative]": 100, "fj_suits": 2, "fj_suits[cumulative]": "blank"}
    first = world.submit(rows, year=2016)
    second = world.submit({"fj_open_total": 5, "fj_open_total[cumulative]": 105}, year=2017)
    night = judged(world)
    lines = night.of("F11", first)
    assert (lines["cumulative"].outcome, lines["cumulative"].lhs) == ("pass", 0)
    opening = lines["cumulative/fj_open_total"]
    assert (opening.outcome, opening.lhs, opening.rhs, opening.note) == ("pass", 93, 0, "期初余额")
    # fourteen rows of fifteen have both figures
    assert len(lines) == 1 + 14
    assert "cumulative/fj_suits" not in lines
    assert [(o.scope, o.outcome) for o in night.of("F11", second).values()] == [("cumulative", "not_assessable")]


def test_an_annex_of_the_older_edition_is_history_too() -> None:
    world = World()
    world.submit({"fj09_suits[cumulative]": 30}, form="fj_annex_2009", year=2015)
    submission = world.submit({"fj_suits": 1, "fj_suits[cumulative]": 31}, year=2016)
    (line,) = judged(world).of("F11", submission).values()
    assert (line.outcome, line.note) == ("not_assessable", "此前年度在案，期初余额只在首次出现的年份记录")


def test_negative_opening_balances_are_one_line_of_information() -> None:
    world = World()
    figures = {"fj_suits": 5, "fj_reviews": 6, "fj_open_total": 3, "fj_open_total[cumulative]": 9}
    submission = world.submit(figures, year=2016)
    night = judged(world)
    failed = [o for o in night.of("F11", submission).values() if o.outcome == "fail"]
    assert [(o.scope, o.severity, o.lhs) for o in failed] == [("cumulative", "info", 2)]
    assert failed[0].message == (
        "本表是在案的第一份附表，其中2行（“行政复议数”、“行政诉讼数”）的历年累计小于本年度，期初余额为负，未予记录。"
    )
    assert night.one("F11", submission, "cumulative/fj_open_total").lhs == 6


# jumps ----------------------------------------------------------------------------------------------------------------


def _jumps(before: dict[str, Any], now: dict[str, Any], form: str = "gb_2021") -> dict[str, str]:
    year = 2024 if form == "gb_2021" else 2017
    world = World()
    world.submit(before, form=form, year=year - 1, basis="published")
    submission = world.submit(now, form=form, year=year, basis="published")
    return {scope: o.outcome for scope, o in judged(world).of("X02", submission).items()}


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        (550, 9487, {"annual/a20_license_decisions": "fail"}),
        (9, 99, {"annual": "pass"}),
        (9, 100, {"annual/a20_license_decisions": "fail"}),
        (10, 110, {"annual": "pass"}),
        (10, 111, {"annual/a20_license_decisions": "fail"}),
        (0, 100, {"annual/a20_license_decisions": "fail"}),
        (9487, 0, {"annual": "pass"}),
        ("blank", 9487, {"annual": "pass"}),
    ],
)
def test_ten_times_and_a_hundred(before: Any, now: int, outcome: dict[str, str]) -> None:
    assert _jumps({"a20_license_decisions": before}, {"a20_license_decisions": now}) == outcome


def test_one_event_is_told_once() -> None:
    kinds = ("natural_person", "total")
    now = {f"{row}[{kind}]": 200 for row in ("req_new", "res_total", "res_granted") for kind in kinds}
    # the column of totals only, and the answers granted are part of all answers
    assert _jumps({}, now) == {"annual/total/req_new": "fail", "annual/total/res_total": "fail"}


def test_cumulative_columns_and_money_do_not_jump() -> None:
    assert _jumps({}, {"fj_suits": 9, "fj_suits[cumulative]": 900}, "fj_annex_2017") == {"annual": "pass"}
    assert _jumps({"a20_fees_amount": 1}, {"a20_fees_amount": 500}) == {"annual": "pass"}


def test_a_jump_in_words() -> None:
    world = World()
    world.submit({"fj_open_total": 4}, year=2016, basis="published")
    submission = world.submit({"fj_open_total": 400, "fj_open_website": 400}, basis="published")
    found = judged(world).one("X02", submission)
    assert (found.scope, found.message) == (
        "annual/fj_open_total",
        "“主动公开文件数”填的是400，上年是4，相差十倍以上。",
    )


def test_without_a_year_before_nothing_jumps() -> None:
    world = World()
    submission = world.submit({"fj_open_total": 400})
    nil = world.submit(organ="DEPT2", nil=True)
    world.submit(organ="OFFICE", year=2016, nil=True)
    after_nil = world.submit({"fj_open_total": 400}, organ="OFFICE")
    night = judged(world)
    notes = {s: (night.one("X02", s).outcome, night.one("X02", s).note) for s in (submission, nil, after_nil)}
    assert notes == {
        submission: ("not_assessable", "上年数不在案"),
        nil: ("not_assessable", "零报告"),
        after_nil: ("not_assessable", "对照的一期为零报告"),
    }


# columns that repeat --------------------------------------------------------------------------------------------------

BUSY = {"fj_open_total": 234, "fj_open_website": 200, "fj_suits": 1}
TOTALS = {f"{code}[cumulative]": figure for code, figure in BUSY.items()}


def _repeats(before: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[str, Any, str]]:
    world = World()
    world.submit(before, year=2016, basis="published")
    submission = world.submit(now, basis="published")
    return {scope: (o.outcome, o.lhs, o.note) for scope, o in judged(world).of("X03", submission).items()}


def test_a_column_like_last_years() -> None:
    doubled = {code: 2 * figure for code, figure in TOTALS.items()}
    assert _repeats(BUSY | TOTALS, BUSY | doubled) == {"annual": ("fail", 3, ""), "cumulative": ("pass", 0, "")}


def test_a_cumulative_column_stands_still_in_a_year_without_figures() -> None:
    assert _repeats(BUSY | TOTALS, TOTALS) == {
        "annual": ("pass", 0, ""),
        "cumulative": ("pass", 3, "本年没有发生数，累计与上年相同"),
    }
    assert _repeats(BUSY | TOTALS, {"fj_suits": 1} | TOTALS)["cumulative"] == ("fail", 3, "")


@pytest.mark.parametrize(
    "small",
    [{"fj_open_total": 234, "fj_open_website": 200}, {"fj_open_total": 9, "fj_req_total": 1, "fj_req_online": 1}],
)
def test_few_or_small_figures_may_well_repeat(small: dict[str, Any]) -> None:
    found = _repeats(small, small)
    assert found["annual"] == ("pass", len(small), "与上年相同，但数太少或太小，不足为凭")


def test_a_blank_is_no_difference_where_the_figures_repeat() -> None:
    assert _repeats(BUSY, BUSY | {"fj_reviews": "blank"})["annual"] == ("fail", 3, "")


def test_prose_that_repeats() -> None:
    prose = {"nar_open_total_own_level": 31776, "nar_open_total_lower_level": 11204, "nar_req_by_governments": 265}
    world = World()
    world.submit({"fj_suits": 5} | prose, year=2016, basis="published")
    submission = world.submit({"fj_suits": 6} | prose, basis="published")
    found = judged(world).one("X03", submission, "annual/prose")
    assert (found.outcome, found.message) == (
        "fail",
        "正文所列各数的3个非零数与上年报表逐个相同，疑为照抄上年。",
    )
