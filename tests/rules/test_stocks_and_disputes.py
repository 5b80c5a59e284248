"""When the rules on stocks of documents, fees and pending disputes are asked, of whom, and when they keep silent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.rule_world import World, judged

FEES_LABEL = "行政事业性收费｜本年收费金额（单位：万元）"


@pytest.mark.parametrize(
    ("organ", "basis", "outcome"),
    [
        ("CITY", "published", "not_assessable"),
        ("OFFICE", "own", "not_assessable"),
        ("DEPT", "own", "fail"),
        ("AREA", "consolidated", "fail"),
        ("AREATOWN", "own", "fail"),
    ],
)
def test_regulations_are_made_by_the_city_government_alone(organ: str, basis: str, outcome: str) -> None:
    world = World()
    submission = world.submit({"a20_rules_in_force": 3}, form="gb_2021", year=2024, organ=organ, basis=basis)
    night = judged(world)
    found = night.one("A02", submission, "annual/a20_rules_in_force")
    assert (found.outcome, found.severity) == (outcome, "warning")
    if outcome == "fail":
        assert found.message == "“规章｜现行有效件数”填的是3。规章只由省和设区的市的政府制定，本机关这一格应为0。"
        assert night.verdict(submission)[0] == "accepted_with_warnings"
    else:
        assert found.note == "该类机构不适用"


def test_a_department_that_leaves_its_regulations_blank_is_not_asked() -> None:
    world = World()
    submission = world.submit({"a20_rules_in_force": "blank"}, form="gb_2021", year=2024)
    found = judged(world).one("A02", submission, "annual/a20_rules_in_force")
    assert (found.outcome, found.note) == ("not_assessable", "“规章｜现行有效件数”未填")


@pytest.mark.parametrize(
    ("before", "now", "too_large", "too_small"),
    [
        ("3.5", "3499.9999", "pass", "pass"),
        ("3.5", "3500", "fail", "pass"),
        ("3500", "3.5001", "pass", "pass"),
        ("3500", "3.5", "pass", "fail"),
        (0, "3500", "not_assessable", "not_assessable"),
        ("blank", "3500", "not_assessable", "not_assessable"),
        ("3500", 0, "not_assessable", "not_assessable"),
        ("3500", "blank", "not_assessable", "not_assessable"),
    ],
)
def test_fees_a_thousand_times_apart(before: Any, now: Any, too_large: str, too_small: str) -> None:
    world = World()
    world.submit({"a20_fees_amount": before}, form="gb_2021", year=2023)
    submission = world.submit({"a20_fees_amount": now}, form="gb_2021", year=2024)
    found = judged(world).of("A03", submission)
    assert {scope: o.outcome for scope, o in found.items()} == {
        "annual/fees_too_large": too_large,
        "annual/fees_too_small": too_small,
    }
    if too_large == "fail":
        assert found["annual/fees_too_large"].message == (
            f"行政事业性收费金额与上年相差一千倍以上，疑为元与万元错位。（{FEES_LABEL}3500、上年{FEES_LABEL}3.5）"
        )


def test_fees_of_a_first_year_are_compared_with_nothing() -> None:
    world = World()
    submission = world.submit({"a20_fees_amount": 5}, form="gb_2021", year=2023)
    found = judged(world).one("A03", submission, "annual/fees_too_small")
    assert (found.outcome, found.note) == ("not_assessable", "上年数不在案")


def test_stocks_carried_forward_over_the_crossing_of_editions_are_not_assessed() -> None:
    world = World()
    world.submit({"g19_norms_public_total": 40}, form="gb_2019", year=2020)
    submission = world.submit({"a20_norms_in_force": 12}, form="gb_2021", year=2021)
    found = judged(world).one("A01", submission, "annual/a20_norms_in_force")
    assert (found.outcome, found.note) == ("not_assessable", "上年数不在案")


@pytest.mark.parametrize(("in_force", "outcome"), [(12, "uncertain"), (9, "uncertain"), ("blank", "uncertain")])
def test_a_stock_with_a_blank_of_the_year_is_uncertain(in_force: Any, outcome: str) -> None:
    world = World()
    world.submit({"a20_norms_in_force": 10}, form="gb_2021", year=2023)
    figures = {"a20_norms_in_force": in_force, "a20_norms_issued": "blank", "a20_norms_repealed": "blank"}
    submission = world.submit(figures, form="gb_2021", year=2024)
    assert judged(world).one("A01", submission, "annual/a20_norms_in_force").outcome == outcome


def test_items_are_carried_forward_from_2019_to_2020_and_only_then() -> None:
    world = World()
    first = world.submit({"g19_fee_items_prev": 8, "g19_fee_items_delta": -3}, form="gb_2019", year=2019)
    second = world.submit({"g19_fee_items_prev": 8}, form="gb_2019", year=2020)
    lone = world.submit({"g19_fee_items_prev": 8}, form="gb_2019", year=2020, organ="DEPT2")
    night = judged(world)
    assert night.of("A04", first) == {}
    found = night.one("A04", second, "annual/g19_fee_items_prev")
    assert (found.outcome, found.lhs, found.rhs, found.severity) == ("fail", 8, 5, "warning")
    assert "上年行政事业性收费｜本年增/减-3" in found.message
    assert night.one("A04", lone, "annual/g19_fee_items_prev").outcome == "not_assessable"


def test_more_public_than_made_is_only_asked_where_the_stock_is_known() -> None:
    world = World()
    figures = {"g19_norms_newly_public": 5, "g19_norms_made": 3, "g19_norms_public_total": "blank"}
    submission = world.submit(figures, form="gb_2019", year=2019)
    night = judged(world)
    found = night.one("A05a", submission, "annual/g19_norms_newly_public")
    assert (found.outcome, found.note) == ("not_assessable", "“规范性文件｜对外公开总数量”未填")
    assert night.one("A05b", submission, "annual/g19_norms_public_total").outcome == "uncertain"


def test_fewer_than_no_items_hold_a_report() -> None:
    world = World()
    figures = {"g19_penalty_items_prev": 20, "g19_penalty_items_delta": -24}
    submission = world.submit(figures, form="gb_2019", year=2019)
    night = judged(world)
    found = night.one("A06", submission, "annual/g19_penalty_items_prev")
    assert (found.outcome, found.lhs, found.rhs) == ("fail", -4, 0)
    assert found.message == (
        "行政处罚｜上一年项目数量＋行政处罚｜本年增/减为-4，项目数不能为负。"
        "（行政处罚｜上一年项目数量20、行政处罚｜本年增/减-24）"
    )
    assert night.verdict(submission)[0] == "held"


def test_cases_pending_last_year_that_are_gone() -> None:
    world = World()
    before = {"suit_after_pending": 2, "suit_after_total": 2, "rev_upheld": 4, "rev_total": 4}
    world.submit(before, form="gb_2021", year=2023)
    submission = world.submit({}, form="gb_2021", year=2024)
    found = judged(world).of("T03", submission)
    assert {scope: (o.outcome, o.note) for scope, o in found.items()} == {
        "annual/suit_after_total": ("fail", ""),
        "annual/suit_direct_total": ("not_assessable", "“上年行政诉讼·未经复议直接起诉｜尚未审结”不大于零，不需此条"),
        # four reviews were decided last year: none need come back
        "annual/rev_total": ("not_assessable", "“上年行政复议｜尚未审结”不大于零，不需此条"),
    }
    assert found["annual/suit_after_total"].message == (
        "“行政诉讼·复议后起诉｜总计”填的是0，而上年还有尚未审结的（上年行政诉讼·复议后起诉｜尚未审结2）。"
    )


@pytest.mark.parametrize(("total", "outcome"), [("blank", "uncertain"), (1, "pass")])
def test_pending_cases_need_a_printed_total(total: Any, outcome: str) -> None:
    world = World()
    world.submit({"rev_pending": 2, "rev_total": 2}, form="gb_2021", year=2023)
    submission = world.submit({"rev_total": total, "rev_upheld": 1}, form="gb_2021", year=2024)
    assert judged(world).one("T03", submission, "annual/rev_total").outcome == outcome
