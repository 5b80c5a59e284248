"""Every rule of the catalogue in one passing and one failing case, as data under ``cases/``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.rule import load_rules
from tests.rules.rule_world import Judged, Outcome, World, judged

CASES: Mapping[str, Mapping[str, Any]] = {
    rule_id: case
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for rule_id, case in yaml.safe_load(path.read_text(encoding="utf-8")).items()
}
RULES = {rule.rule_id: rule for rule in load_rules()}


def test_every_rule_has_a_passing_and_a_failing_case() -> None:
    lacking = [rule_id for rule_id in RULES if not {"pass", "fail"} <= CASES.get(rule_id, {}).keys()]
    assert lacking == []
    assert CASES.keys() - RULES.keys() == set()


@pytest.mark.parametrize("outcome", ["pass", "fail"])
@pytest.mark.parametrize("rule_id", sorted(CASES))
def test_case(rule_id: str, outcome: str) -> None:
    case = CASES[rule_id]
    found = _judge(rule_id, case, case[outcome])
    expected = [case[outcome].get(side) for side in ("lhs", "rhs")]
    assert found.outcome == outcome
    assert [found.lhs, found.rhs] == [None if side is None else Decimal(side) for side in expected]
    if None not in expected:
        assert found.difference == Decimal(expected[0]) - Decimal(expected[1])
    assert found.severity == RULES[rule_id].severity
    assert ("{" in found.message, bool(found.message)) == (False, outcome == "fail")


def _judge(rule_id: str, case: Mapping[str, Any], side: Mapping[str, Any]) -> Outcome:
    world = World()
    form, year = case.get("form", "fj_annex_2017"), case.get("year", 2017)
    organ = case.get("organ", "DEPT")
    for other in case.get("others", ()):
        world.submit(other.get("cells"), **{"form": form, "year": year, "organ": organ} | _options(other))
    subject = world.submit(
        side["cells"], **{"form": form, "year": year, "organ": organ} | _options(case) | _options(side)
    )
    world.expect(*side.get("duties", case.get("duties", ())), form=form, year=year)
    if "problem" in side:
        world.problem(rule_id, subject, **side["problem"])
    if "judged_organ" not in case:
        # where no problem is told, a reading rule passes for the submission as a whole
        scope = "" if RULES[rule_id].kind == "reading" and "problem" not in side else side.get("scope", case.get("scope"))
        return judged(world).one(rule_id, subject, scope)
    return _of_organ(judged(world), rule_id, case["judged_organ"], case["scope"])


def _options(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: source[name] for name in ("form", "year", "organ", "basis", "variant", "nil") if name in source}


def _of_organ(night: Judged, rule_id: str, organ_code: str, scope: str) -> Outcome:
    (found,) = [o for o in night.outcomes if (o.rule_id, o.organ_code, o.scope) == (rule_id, organ_code, scope)]
    assert found.submission_id is None
    return found
