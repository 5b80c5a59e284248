"""What the ops team sees of the rules: a check a family with true counts, and the rules that had nothing to judge."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from pipelines.checks import CHECKS, FAMILIES
from pipelines.settings import Settings
from schemas.rule import load_rules
from tests.integration.night import annex, drop, new_home, rows, run_night
from warehouse.connection import writer

ORGANS = [f"XMP001{number:02d}" for number in range(1, 10)]
WRONG = {"fj_open_total": 1, "fj_open_website": 2, "fj_open_gazette": 3}
"""four errors in each annex: two parts larger than the whole, in both columns"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return new_home(tmp_path_factory.mktemp("checks") / "home")


@pytest.fixture(scope="module")
def checks(settings: Settings) -> dict[str, dg.AssetCheckEvaluation]:
    drop(settings, f"{ORGANS[0]}/2016.xlsx", annex(ORGANS[0], 2016, {"fj_suits": 9}), "2017-01-05T10:00:00")
    drop(settings, f"{ORGANS[0]}/2017.xlsx", annex(ORGANS[0], 2017, {"fj_suits": 109}), "2018-01-05T10:00:00")
    for organ in ORGANS[1:]:
        drop(settings, f"{organ}/2017.xlsx", annex(organ, 2017, WRONG), "2018-01-05T10:00:00")
    result = run_night(settings)
    assert result.success
    return {f"{'.'.join(e.asset_key.path)}/{e.check_name}": e for e in result.get_asset_check_evaluations()}


def _family(checks: dict[str, dg.AssetCheckEvaluation], letter: str) -> dg.AssetCheckEvaluation:
    return checks[f"core.fct_rule_outcome/family_{letter}"]


def _number(check: dg.AssetCheckEvaluation, name: str) -> Any:
    return check.metadata[name].value


def _shown(check: dg.AssetCheckEvaluation) -> list[dict[str, Any]]:
    table = check.metadata["first_rows"]
    assert isinstance(table, dg.TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_every_rule_belongs_to_a_family() -> None:
    assert {rule.rule_id[0] for rule in load_rules()} <= FAMILIES.keys()


def test_errors_of_departments_are_a_warning_with_true_counts(checks: dict[str, dg.AssetCheckEvaluation]) -> None:
    found = _family(checks, "f")
    assert (found.passed, found.severity, found.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    # 8 annexes with 4 errors; F07 of the ninth: 109 is not 9 + 109
    assert [_number(found, name) for name in ("submissions", "fails", "uncertain", "waived", "rows")] == [
        10,
        33,
        0,
        0,
        33,
    ]
    shown = _shown(found)
    assert len(shown) == 20
    first = shown[0]
    assert first["rule_id"] == "F07"
    assert (first["organ_code"], first["report_year"], first["scope"]) == (ORGANS[0], "2017", "cumulative/fj_suits")
    assert (first["lhs"], first["rhs"]) == ("109.0000", "118.0000")
    assert first["message"].startswith("“行政诉讼数”的历年累计填的是109，而上年累计加本年度数为118，相差9。")


def test_each_family_speaks_for_itself(checks: dict[str, dg.AssetCheckEvaluation]) -> None:
    passed = {letter: _family(checks, letter.lower()).passed for letter in FAMILIES}
    # X: lawsuits from 9 to 109; H: the other organs have not filed
    assert passed == dict.fromkeys(FAMILIES, True) | {"F": False, "X": False, "H": False}
    jump = _family(checks, "x")
    assert (_number(jump, "fails"), _number(jump, "submissions")) == (1, 10)
    assert _number(_family(checks, "g"), "submissions") == 0


def test_a_jump_points_at_its_cell(settings: Settings, checks: dict[str, dg.AssetCheckEvaluation]) -> None:
    assert checks
    found = rows(
        settings,
        "SELECT c.indicator_code, c.measure, c.printed, c.value FROM core.finding_cell AS c"
        " JOIN core.fct_finding AS f ON f.finding_id = c.finding_id WHERE f.rule_id = 'X02'",
    )
    assert found == [("fj_suits", "annual", "109", 109)]


def test_every_rule_is_tallied_with_zeros(settings: Settings, checks: dict[str, dg.AssetCheckEvaluation]) -> None:
    assert checks
    assert {rule for (rule,) in rows(settings, "SELECT DISTINCT rule_id FROM core.rule_tally")} == {
        rule.rule_id for rule in load_rules()
    }
    columns = "form_code, submissions_judged, outcomes_pass, outcomes_fail, outcomes_uncertain, outcomes_not_assessable"
    tally = {
        rule: rows(settings, f"SELECT {columns} FROM core.rule_tally WHERE rule_id = '{rule}' ORDER BY form_code")
        for rule in ("F05a", "F07", "G01", "M01")
    }
    condition = "SELECT equation FROM core.dim_rule WHERE rule_id = 'M05'"
    assert rows(settings, condition) == [
        ("res_total[@a] <= req_new[@a] + req_carried_in[@a] when req_carried_out[@a] is blank",)
    ]
    assert tally == {
        "F05a": [("fj_annex_2017", 10, 4, 16, 0, 0)],
        "F07": [("fj_annex_2017", 10, 14, 1, 0, 135)],
        "G01": [("gb_2014", 0, 0, 0, 0, 0)],
        "M01": [("gb_2019", 0, 0, 0, 0, 0), ("gb_2021", 0, 0, 0, 0, 0)],
    }
    assert rows(
        settings,
        "SELECT sum(outcomes_pass + outcomes_fail + outcomes_uncertain + outcomes_not_assessable)"
        " - (SELECT count(*) FROM core.fct_rule_outcome) FROM core.rule_tally",
    ) == [(0,)]


def test_the_rules_that_judged_nothing_are_listed(checks: dict[str, dg.AssetCheckEvaluation]) -> None:
    found = checks["core.rule_tally/every_rule_in_scope"]
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    shown = _shown(found)
    assert shown[0]["rule_id"] == "A01"
    # only annexes of 2017 without prose were filed, each organ's once, and one has a year before
    idle = {rule.rule_id for rule in load_rules() if rule.rule_id[0] in "AGMNST"} - {"M04"}
    idle |= {"F07m", "F12a", "F12b", "F12c", "F12d", "F20", "F21", "F22", "H01", "H03", "V31", "V32"}
    assert _number(found, "rows") == len(idle | {"X01", "X01a", "X05"})


def test_what_the_office_accepted_no_longer_warns(
    settings: Settings, checks: dict[str, dg.AssetCheckEvaluation]
) -> None:
    assert checks
    family = next(check for check in CHECKS if check.name == "family_f")
    errors = next(check for check in CHECKS if check.name == "no_error_findings")
    with writer(settings.build_file) as connection:
        connection.execute("BEGIN")
        connection.execute("UPDATE core.fct_finding SET state = 'waived' WHERE rule_id <> 'F07'")
        connection.execute("UPDATE core.fct_finding SET state = 'lapsed' WHERE rule_id = 'F07'")
        left = [connection.sql(check.bad_rows).fetchall() for check in (family, errors)]
        counts = connection.sql(family.counts).fetchall()
        connection.execute("ROLLBACK")
    assert [[row[0] for row in left[0]], [row[3] for row in left[1]]] == [["F07"], ["F07"]]
    assert counts == [(10, 33, 0, 32)]
