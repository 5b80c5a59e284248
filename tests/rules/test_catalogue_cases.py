"""Every rule of the catalogue in a passing and a failing case, as data under ``cases/``; equations as compiled too."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.form import load_forms
from schemas.rule import load_rules
from schemas.rule_compiler import compile_rules
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


def test_every_equation_compiles_to_what_its_case_says() -> None:
    compiled = compile_rules(load_rules(), load_forms())
    written = {
        (i.rule_id, i.form_code, i.variant, i.scope): compiled.equation(i.instance_id) for i in compiled.instances
    }
    keys = {
        rule_id: (rule_id, CASES[rule_id].get("form", "fj_annex_2017"), "", CASES[rule_id]["scope"])
        for rule_id, rule in RULES.items()
        if rule.kind == "equation"
    }
    assert {rule_id: written[key] for rule_id, key in keys.items()} == {
        rule_id: CASES[rule_id].get("equation", "the case says nothing") for rule_id in keys
    }


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
        scope = (
            "" if RULES[rule_id].kind == "reading" and "problem" not in side else side.get("scope", case.get("scope"))
        )
        return judged(world).one(rule_id, subject, scope)
    return _of_organ(judged(world), rule_id, case["judged_organ"], case["scope"])


def _options(source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: source[name] for name in ("form", "year", "organ", "basis", "variant", "nil", "reason") if name in source
    }


def _of_organ(night: Judged, rule_id: str, organ_code: str, scope: str) -> Outcome:
    (found,) = [o for o in night.outcomes if (o.rule_id, o.organ_code, o.scope) == (rule_id, organ_code, scope)]
    assert found.submission_id is None
    return found
