"""The questions of the cookbook: how they are written, what they answer on the samples, and the page that shows it.

The page is compared as a whole with what the nights answer; beside it, figures that must follow from each other or from
what the city published are asserted by hand, so that a page written anew from wrong SQL does not pass.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from pipelines.settings import PROJECT, Settings
from tests.analysts.nights import LESS, Nights, run_second_night
from tests.analysts.page import AFTER_CORRECTIONS, CHAPTERS, FOLDER, answer, load, render
from tests.published_figures import ANNEX_2017

QUESTIONS = sorted(path.stem for path in FOLDER.glob("*.sql"))


@pytest.fixture(scope="module")
def nights(samples_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = tmp_path_factory.mktemp("cookbook") / "home"
    shutil.copytree(samples_night.home, home, symlinks=True)
    return run_second_night(replace(samples_night, home=home))


def told(published: Path, name: str) -> list[dict[str, str]]:
    """The answer of a question, a dictionary for each row."""
    found = answer(published, load(name))
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def column(rows: list[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]


def test_every_question_stands_in_one_chapter() -> None:
    assert len(QUESTIONS) >= 25
    assert sorted(name for names in (CHAPTERS | AFTER_CORRECTIONS).values() for name in names) == QUESTIONS


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_one_portable_select_in_a_stated_order(name: str) -> None:
    question = load(name)
    (tree,) = sqlglot.parse(question.sql, dialect="duckdb")
    assert isinstance(tree, exp.Select)
    assert "::" not in question.sql
    for node in (exp.Pivot, exp.Qualify, exp.Star):
        found = [item for item in tree.find_all(node) if not isinstance(item.parent, exp.Count)]
        assert not found, f"{name} uses {node.__name__}"
    order = tree.args["order"]
    assert all(ordered.args["desc"] is not None for ordered in order.expressions), "ORDER BY says ASC or DESC"
    assert {table.db for table in tree.find_all(exp.Table)} <= {"", "core", "mart", "meta", "view"}


def test_the_page_is_what_the_nights_answer(nights: Nights) -> None:
    assert render(nights) == (PROJECT / "docs" / "cookbook.md").read_text(encoding="utf-8"), "run `make cookbook`"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_an_answer(nights: Nights, name: str) -> None:
    later = {name for names in AFTER_CORRECTIONS.values() for name in names}
    assert answer(nights.second if name in later else nights.first, load(name)).rows


def test_parts_add_up_to_their_totals(nights: Nights) -> None:
    for name, part, total in (
        ("how_did_requests_end", "value", "all_results"),
        ("who_asks", "value", "all_requests"),
    ):
        rows = told(nights.first, name)
        for year in ("2023", "2024"):
            of_year = [row for row in rows if row["report_year"] == year]
            assert sum(int(row[part]) for row in of_year) == int(of_year[0][total])
            assert abs(sum(Decimal(row["share_pct"]) for row in of_year) - 100) < Decimal("0.05")
    organs = told(nights.first, "what_did_each_organ_report")
    assert (sum(map(int, column(organs, "fj_open_total"))), sum(map(int, column(organs, "fj_req_total")))) == (
        39142,
        1235,
    )
    suits = told(nights.first, "what_stands_behind_a_total")
    assert sum(int(row["value"]) for row in suits) == ANNEX_2017["fj_suits"][0] == 23
    moved = told(nights.first, "why_did_the_city_change")
    assert [(row["report_year"], row["change"], row["contribution"]) for row in moved] == [
        ("2017", "3809", "3809"), ("2017", "-95", "-95"), ("2018", "-3796", "-3796"), ("2018", "-135", "-135"),
    ]  # fmt: skip


def test_nobody_is_counted_twice(nights: Nights) -> None:
    """A district's and the city's own reports repeat their members' figures: rates and counts leave them out."""
    rows = told(nights.first, "how_often_is_a_reply_disputed")
    of_2017 = [row for row in rows if row["report_year"] == "2017"]
    answered, disputed = ANNEX_2017["fj_reply_total"][0], 25 + 23
    assert sum(int(row["denominator"]) for row in of_2017) == answered == 1366
    assert sum(int(row["numerator"]) for row in of_2017) == disputed
    places = told(nights.first, "how_far_is_each_district")
    assert (sum(map(int, column(places, "expected"))), sum(map(int, column(places, "reported")))) == (77, 74)
    assert column(places, "place")[-1] == "市本级"


def test_who_is_missing_held_and_late(nights: Nights) -> None:
    missing = told(nights.first, "who_is_missing_and_whom_to_call")
    assert [(row["name"], row["status"]) for row in missing] == [
        ("厦门市集美区教育局", "held"),
        ("厦门市同安区莲花镇人民政府", "missing"),
    ]
    (late,) = told(nights.first, "who_was_late_and_by_how_many_days")
    assert (late["name"], late["days_late"]) == ("厦门市翔安区内厝镇人民政府", "11")
    assert len(told(nights.first, "who_had_no_figures_on_the_deadline")) == 3


def test_the_contradictions_of_the_published_report(nights: Nights) -> None:
    rows = told(nights.first, "where_does_the_published_report_contradict_itself")
    by_rule = {row["rule_id"]: row["difference"] for row in rows}
    assert {rule: by_rule[rule] for rule in ("F12a", "F12b", "F12c", "F02", "F04", "N06")} == {
        "F12a": "42", "F12b": "42", "F12c": "9", "F02": "-92", "F04": "1", "N06": "-80",
    }  # fmt: skip
    cells = told(nights.first, "where_does_a_figure_come_from")
    assert [(row["printed"], row["sheet"]) for row in cells] == [
        ("199", "统计表"),
        ("551", "统计表"),
        ("119件", "正文"),
    ]


def test_what_is_blank_is_not_zero(nights: Nights) -> None:
    rows = told(nights.first, "zero_blank_or_nil")
    assert {
        (row["name"], row["what"], row["zeros"], row["blanks"]) for row in rows if row["report_year"] == "2024"
    } == {
        ("厦门市图书馆", "全是零", "200", "0"),
        ("厦门市园林绿化工程质量站", "零报告", "0", "0"),
    }
    assert [row["not_published"] for row in told(nights.first, "do_published_and_sum_agree")] == [
        "0",
        "0",
        "2",
        "0",
        "0",
        "0",
    ]


def test_what_came_between_the_nights(nights: Nights) -> None:
    city, *districts = told(nights.second, "what_was_known_on_a_day")
    assert (city["on_10_march"], city["on_20_march"]) == ("2021", str(2021 - LESS["req_new"] + 8))
    assert {row["place"]: row["difference"] for row in districts if row["difference"] != "0"} == {
        "厦门市翔安区人民政府": "-9",
        "厦门市集美区人民政府": "8",
    }
    (organ,) = told(nights.second, "which_organs_changed_direction")
    assert (organ["name"], organ["change_before"], organ["change_after"]) == ("厦门市翔安区内厝镇人民政府", "3", "-6")
    assert {row["effect"] for row in told(nights.second, "what_was_accepted_or_explained")} == {"in_force"}
    assert column(told(nights.second, "which_files_were_not_taken_and_why"), "outcome") == ["duplicate", "rejected"]


def test_after_one_night_nothing_is_corrected_yet(nights: Nights) -> None:
    assert [row["changed"] for row in told(nights.first, "what_did_each_release_change")] == ["首次发布"]
    for name in (
        "who_changed_figures_after_release",
        "which_totals_changed_direction",
        "which_organs_changed_direction",
    ):
        assert not told(nights.first, name)
