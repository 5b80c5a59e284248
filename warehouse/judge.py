"""Judging a night: every rule on every submission, as sets, and what becomes of each submission.

Belongs here: the order in which the SELECTs under ``sql/rules`` run, and the tables they hand to each other. Does not
belong here: what a rule says (``schemas/rules``), any judgement on a single figure (the SELECTs), reading files.

Reads ``stage.file``, ``submission``, ``cell``, ``problem``, ``decision``, ``organ``, ``organ_year``, ``organ_event``
and ``duty``; fills ``stage.derived_value``, ``stage.rule_outcome``, ``stage.explanation`` and ``stage.verdict``. It
leaves behind ``stage.rule``, ``rule_edition``, ``rule_instance`` and ``rule_term`` - which cells take part in the
outcome at (form, variant, rule, scope) - with ``witness`` and ``witness_term``, which say the same of the rules over
prose, and drops its other tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import duckdb

from schemas.form import Form
from schemas.rule import Rule
from schemas.rule_compiler import CompiledRules, compile_rules, mapped_cells
from schemas.witness import load_witnesses
from warehouse.build import load_rows
from warehouse.explain import explain_cells

RULES_SQL: Final = Path(__file__).parent / "sql" / "rules"
_CATALOGUE_DDL: Final = """
CREATE OR REPLACE TABLE stage.rule (
    rule_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, severity VARCHAR NOT NULL, first_year INTEGER NOT NULL,
    last_year INTEGER NOT NULL, blank VARCHAR NOT NULL, prior_same BOOLEAN NOT NULL, prior_mapped BOOLEAN NOT NULL,
    prior_earlier BOOLEAN NOT NULL, prior_merged BOOLEAN NOT NULL, across_gap VARCHAR NOT NULL,
    uses_derived BOOLEAN NOT NULL, stands_in_for VARCHAR NOT NULL,
    judges_cells BOOLEAN NOT NULL, variant VARCHAR NOT NULL, sentence VARCHAR NOT NULL,
    sentence_uncertain VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.rule_edition (rule_id VARCHAR NOT NULL, form_code VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.rule_exemption (rule_id VARCHAR NOT NULL, kind VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.rule_instance (
    instance_id INTEGER NOT NULL, rule_id VARCHAR NOT NULL, form_code VARCHAR NOT NULL, variant VARCHAR NOT NULL,
    scope VARCHAR NOT NULL, relation VARCHAR NOT NULL, needs VARCHAR NOT NULL, derives_total BOOLEAN NOT NULL,
    implies_zero BOOLEAN NOT NULL, sentence VARCHAR NOT NULL, sentence_uncertain VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.rule_term (
    instance_id INTEGER NOT NULL, position INTEGER NOT NULL, side VARCHAR NOT NULL, coefficient DECIMAL(6,2) NOT NULL,
    source VARCHAR NOT NULL, years_back INTEGER NOT NULL, form_code VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL,
    applicant_kind VARCHAR NOT NULL, measure VARCHAR NOT NULL, is_prose BOOLEAN NOT NULL, label VARCHAR NOT NULL,
    condition VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.witness (
    witness_id INTEGER NOT NULL, rule_id VARCHAR NOT NULL, form_code VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    relation VARCHAR NOT NULL, note VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.witness_term (
    witness_id INTEGER NOT NULL, side VARCHAR NOT NULL, choice INTEGER NOT NULL, position INTEGER NOT NULL,
    coefficient DECIMAL(10,2) NOT NULL, indicator_code VARCHAR NOT NULL, applicant_kind VARCHAR NOT NULL,
    measure VARCHAR NOT NULL, label VARCHAR NOT NULL, is_prose BOOLEAN NOT NULL);
CREATE OR REPLACE TABLE stage.crosswalk (
    form_code VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL, applicant_kind VARCHAR NOT NULL,
    source_form_code VARCHAR NOT NULL, source_indicator_code VARCHAR NOT NULL, source_applicant_kind VARCHAR NOT NULL);
CREATE OR REPLACE TABLE stage.printed_cell (
    form_code VARCHAR NOT NULL, variant VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL,
    applicant_kind VARCHAR NOT NULL, measure VARCHAR NOT NULL, label VARCHAR NOT NULL, value_kind VARCHAR NOT NULL,
    parent_code VARCHAR NOT NULL);
"""
_WORKING_TABLES: Final = (
    "crosswalk", "lineage", "rule_exemption", "printed_cell", "waiver", "figure", "known", "fingerprint", "version",
    "standing", "rule_source", "comparison", "selected", "open_equation", "suspect", "witness_side", "witness_silence",
)  # fmt: skip


_RESULTS: Final = ("derived_value", "rule_outcome", "explanation", "verdict")


class JudgeError(RuntimeError):
    """The staged night cannot be judged: it names what neither catalogue nor forms know."""


def judge(connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], forms: Mapping[str, Form]) -> None:
    """Judge everything staged, once.

    Own-year equations first and all years together; then, year after year, what needs the official figures of the year
    before or of a sibling edition; then the governments' reports against their leaves; then what explains the failures;
    then the verdicts.
    Raises JudgeError where a staged problem names a rule, or a submission a form or variant, that is not known.
    """
    for table in _RESULTS:
        # a step that is run again judges anew
        connection.execute(f"TRUNCATE stage.{table}")
    compiled = compile_rules(rules, forms)
    load_catalogue(connection, rules, compiled, forms)
    _require_known(connection)
    replace_table(connection, "waiver", "waivers")
    replace_table(connection, "lineage", "lineage")
    replace_table(connection, "version", "versions")
    replace_table(connection, "figure", "figures")
    for select in ("derived_from_parts", "derived_zeros"):
        _append(connection, "derived_value", select)
    replace_table(connection, "known", "known")
    replace_table(connection, "fingerprint", "fingerprints")
    replace_table(connection, "witness_side", "witness_sides")
    replace_table(connection, "witness_silence", "witness_silence")
    _append(connection, "rule_outcome", "readings")
    _append(connection, "rule_outcome", "variants")
    years = [row[0] for row in connection.execute("SELECT DISTINCT report_year FROM stage.submission").fetchall()]
    _judge_equations(connection, "own", None)
    replace_table(connection, "standing", "standing")
    _judge_selects(connection, rules, "own")
    for report_year in sorted(years):
        # a sibling edition is compared once its own history has been judged
        for needs in ("prior", "sibling"):
            _judge_equations(connection, needs, report_year)
        _judge_selects(connection, rules, "prior", {"report_year": report_year})
    replace_table(connection, "standing", "standing")
    replace_table(connection, "comparison", "comparison")
    _judge_selects(connection, rules, "roll_up")
    _explain(connection, rules, compiled, forms)
    _append(connection, "explanation", "witness_counts")
    _append(connection, "verdict", "verdicts")
    for table in _WORKING_TABLES:
        connection.execute(f"DROP TABLE IF EXISTS stage.{table}")


def _judge_equations(connection: duckdb.DuckDBPyConnection, needs: str, report_year: int | None) -> None:
    """Append the outcomes of one turn. Who is official is asked anew, for the turn before may have held submissions."""
    replace_table(connection, "standing", "standing")
    replace_table(connection, "rule_source", "sources", {"report_year": report_year})
    _append(connection, "rule_outcome", "equations", {"needs": needs, "report_year": report_year})


def _judge_selects(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], turn: str, values: Mapping[str, Any] | None = None
) -> None:
    """Append the outcomes of the rules that have a SELECT of their own and this turn.

    Each SELECT gives submission_id, file_id, organ_code, report_year, form_code, scope, outcome, lhs, rhs, note, label
    and gaps ({row} and {gaps} of the rule's sentence); it may use $rule_id and what the turn gives ($report_year).
    """
    for rule in rules:
        if rule.turn == turn:
            replace_table(connection, "selected", rule.select, {"rule_id": rule.rule_id, **(values or {})})
            _append(connection, "rule_outcome", "select_outcomes", {"rule_id": rule.rule_id})


def _explain(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], compiled: CompiledRules, forms: Mapping[str, Form]
) -> None:
    """Hang explanations on the equations that failed. Outcomes of other rules do not change."""
    _append(connection, "explanation", "m07_misclassified")
    _append(connection, "explanation", "dated_sums")
    replace_table(connection, "open_equation", "open_equations")
    replace_table(connection, "suspect", "suspects")
    explain_cells(connection, rules, compiled, forms)
    for rule in rules:
        if rule.kind == "explanation":
            replace_table(connection, "selected", "explained", {"rule_id": rule.rule_id, "kind": rule.explains})
            _append(connection, "rule_outcome", "select_outcomes", {"rule_id": rule.rule_id})


def replace_table(
    connection: duckdb.DuckDBPyConnection, table: str, select: str, values: Mapping[str, Any] | None = None
) -> None:
    """Make ``stage.<table>`` from the SELECT of that name under ``sql/rules``."""
    connection.execute(f"CREATE OR REPLACE TABLE stage.{table} AS {_select(select)}", values)


def _append(
    connection: duckdb.DuckDBPyConnection, table: str, select: str, values: Mapping[str, Any] | None = None
) -> None:
    connection.execute(f"INSERT INTO stage.{table} BY NAME {_select(select)}", values)


def _select(name: str) -> str:
    return (RULES_SQL / f"{name}.sql").read_text(encoding="utf-8")


def load_catalogue(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], compiled: CompiledRules, forms: Mapping[str, Form]
) -> None:
    """Stage the rules and what their equations stand for in every edition."""
    connection.execute(_CATALOGUE_DDL)
    by_id = {rule.rule_id: rule for rule in rules}
    load_rows(connection, "stage.rule", map(_rule_row, rules))
    load_rows(connection, "stage.rule_edition", _editions(rules, forms))
    exemptions = ({"rule_id": rule.rule_id, "kind": kind} for rule in rules for kind in rule.exempt)
    load_rows(connection, "stage.rule_exemption", exemptions)
    load_rows(
        connection,
        "stage.rule_instance",
        (
            asdict(instance)
            | {
                "derives_total": by_id[instance.rule_id].derives_total,
                "implies_zero": by_id[instance.rule_id].implies_zero,
            }
            for instance in compiled.instances
        ),
    )
    load_rows(connection, "stage.rule_term", (asdict(term) | {"is_prose": term.is_prose} for term in compiled.terms))
    table = load_witnesses()
    load_rows(connection, "stage.witness", map(asdict, table.witnesses))
    load_rows(connection, "stage.witness_term", map(asdict, table.terms))
    load_rows(connection, "stage.crosswalk", (cell._asdict() for cell in mapped_cells(forms)))
    load_rows(connection, "stage.printed_cell", _printed_cells(forms))


def _rule_row(rule: Rule) -> dict[str, Any]:
    return {
        "rule_id": rule.rule_id,
        "kind": rule.kind,
        "severity": rule.severity,
        "first_year": rule.first_year,
        "last_year": rule.last_year,
        "blank": rule.blank,
        "prior_same": "same" in rule.prior,
        "prior_mapped": "mapped" in rule.prior,
        "prior_earlier": "earlier" in rule.prior,
        "prior_merged": "merged" in rule.prior,
        "across_gap": rule.across_gap,
        "uses_derived": rule.uses_derived,
        "stands_in_for": rule.stands_in_for,
        "judges_cells": rule.judges_cells,
        "variant": rule.variant,
        "sentence": rule.sentence,
        "sentence_uncertain": rule.sentence_uncertain,
    }


def _editions(rules: Sequence[Rule], forms: Mapping[str, Form]) -> Iterable[dict[str, Any]]:
    for rule in rules:
        for form_code in rule.editions or forms:
            yield {"rule_id": rule.rule_id, "form_code": form_code}


def _printed_cells(forms: Mapping[str, Form]) -> Iterable[dict[str, Any]]:
    for form in forms.values():
        for variant in form.variants:
            for key in form.cells(variant):
                indicator = form.indicators[key.indicator_code]
                yield {
                    "form_code": form.form_code,
                    "variant": variant,
                    "label": form.label(key),
                    "value_kind": indicator.value_kind,
                    "parent_code": indicator.parent_code,
                } | asdict(key)


def _require_known(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing staged may fall out of a join in silence."""
    foreign = connection.execute("""
        SELECT DISTINCT 'rule ' || problem.rule_id AS name
        FROM stage.problem AS problem
        LEFT JOIN stage.rule AS rule ON rule.rule_id = problem.rule_id AND rule.kind = 'reading'
        WHERE rule.rule_id IS NULL
        UNION
        SELECT DISTINCT 'form ' || submission.form_code || ', variant "' || submission.variant || '"'
        FROM stage.submission AS submission
        LEFT JOIN stage.printed_cell AS printed
            ON printed.form_code = submission.form_code AND printed.variant = submission.variant
        WHERE printed.form_code IS NULL
        ORDER BY name""").fetchall()
    if foreign:
        raise JudgeError(f"staged, but in no catalogue: {'; '.join(name for (name,) in foreign)}")
