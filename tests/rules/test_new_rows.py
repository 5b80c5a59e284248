"""Adding a rule is adding a row: rows that no code knows are loaded, compiled and judged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from schemas.rule import Rule, load_rules
from tests.rules.rule_world import Outcome, World, judged

ROWS = Path(__file__).parent / "rows_to_come.yaml"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rule, ...]:
    folder = tmp_path_factory.mktemp("rules")
    shutil.copy(ROWS, folder)
    return load_rules(folder)


def _judge(rules: tuple[Rule, ...], rule_id: str, scope: str, *years: dict[str, Any]) -> Outcome:
    world = World()
    for year in years:
        submission = world.submit(**year)
    return judged(world, rules).one(rule_id, submission, scope)


@pytest.mark.parametrize(("carried_in", "outcome"), [(77, "pass"), (103, "fail")])
def test_carried_over_requests_of_the_same_edition(rules: tuple[Rule, ...], carried_in: int, outcome: str) -> None:
    found = _judge(
        rules,
        "X01",
        "annual",
        {"form": "gb_2021", "year": 2024, "figures": {"req_carried_out[total]": 77}},
        {"form": "gb_2021", "year": 2025, "figures": {"req_carried_in[total]": carried_in}},
    )
    assert (found.outcome, found.lhs, found.rhs) == (outcome, carried_in, 77)


def test_carried_over_requests_across_the_editions_of_2020_and_2021(rules: tuple[Rule, ...]) -> None:
    found = _judge(
        rules,
        "X01",
        "annual",
        {"form": "gb_2019", "year": 2020, "figures": {"req_carried_out[total]": 5}},
        {"form": "gb_2021", "year": 2021, "figures": {"req_carried_in[total]": 4}},
    )
    assert (found.outcome, found.lhs, found.rhs, found.note) == ("fail", 4, 5, "与2020年另一版式的同一口径相比")


@pytest.mark.parametrize(("answered", "outcome"), [(7, "pass"), (8, "fail")])
def test_answers_to_what_was_open(rules: tuple[Rule, ...], answered: int, outcome: str) -> None:
    before = {"fj_req_total[cumulative]": 10, "fj_reply_total[cumulative]": 8}
    found = _judge(
        rules,
        "F09",
        "annual",
        {"year": 2016, "figures": before},
        {"year": 2017, "figures": {"fj_req_total": 5, "fj_reply_total": answered} | before},
    )
    assert (found.outcome, found.lhs, found.rhs) == (outcome, answered, 7)


def test_cumulative_figures_do_not_fall(rules: tuple[Rule, ...]) -> None:
    years = [{"year": year, "figures": {"fj_suits[cumulative]": number}} for year, number in ((2016, 5), (2017, 4))]
    found = _judge(rules, "F08", "cumulative/fj_suits", *years)
    assert (found.outcome, found.difference) == ("fail", -1)


def test_stocks_and_their_two_kinds(rules: tuple[Rule, ...]) -> None:
    years = [
        {"form": "gb_2021", "year": 2023, "figures": {"a20_norms_in_force": 5}},
        {
            "form": "gb_2021",
            "year": 2024,
            "figures": {"a20_norms_in_force": 8, "a20_norms_issued": 4, "a20_norms_repealed": 1},
        },
    ]
    found = _judge(rules, "A01", "annual/a20_norms_in_force", *years)
    assert (found.outcome, found.lhs, found.rhs) == ("pass", 8, 8)
    assert _judge(rules, "A01", "annual/a20_rules_in_force", *years).outcome == "pass"


def test_a_signed_figure_against_a_number(rules: tuple[Rule, ...]) -> None:
    figures = {"g19_license_items_prev": 20, "g19_license_items_delta": -24}
    found = _judge(rules, "A06", "annual/g19_license_items_prev", {"form": "gb_2019", "year": 2019, "figures": figures})
    assert (found.outcome, found.lhs, found.rhs, found.difference) == ("fail", -4, 0, -4)
    assert found.message == "行政许可｜上一年项目数量＋行政许可｜本年增/减为-4，项目数不能为负。"
