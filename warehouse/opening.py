"""What the year before brings into the reports that are still to come.

Belongs here: staging a published year as the history of reports that nobody has filed yet, and asking the equations
what they will be held against. Does not belong here: which equations tell a department something, and in which words
(``pipelines.templates.helps``); judging (``warehouse.judge``), whose SELECTs say which organ continues whose figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Final

import duckdb

from schemas.form import Form
from schemas.rule import Rule
from schemas.rule_compiler import CompiledRules
from warehouse.connection import dicts
from warehouse.judge import load_catalogue, replace_table

_YEAR_BEFORE: Final = (
    """
INSERT INTO stage.submission BY NAME
SELECT submission_id, file_id, sequence, organ_code, report_year, form_code, variant, basis, is_nil, resubmission_reason
FROM published.core.fct_submission
WHERE is_official AND report_year = $report_year - 1""",
    """
CREATE OR REPLACE TABLE stage.known AS
SELECT submission_id, indicator_code, applicant_kind, measure, derived_value,
       CASE WHEN value_state = 'reported' THEN value END AS value
FROM published.core.official_cell
WHERE report_year = $report_year - 1""",
)
_TO_COME: Final = """
INSERT INTO stage.submission BY NAME
SELECT concat('to come/', organ_code) AS submission_id, '' AS file_id, 0 AS sequence, organ_code,
       $report_year AS report_year, $form_code AS form_code, '' AS variant, '' AS basis, FALSE AS is_nil,
       '' AS resubmission_reason
FROM (SELECT unnest($organs) AS organ_code)
"""


def stage_year_before(connection: duckdb.DuckDBPyConnection, report_year: int) -> None:
    """Stage the official figures of the year before from the attached night; raises duckdb.Error where it cannot."""
    for statement in _YEAR_BEFORE:
        connection.execute(statement, {"report_year": report_year})


def opening_sums(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    compiled: CompiledRules,
    forms: Mapping[str, Form],
    *,
    organs: Collection[str],
    form_code: str,
    report_year: int,
    instances: Collection[int],
) -> dict[str, dict[int, Decimal]]:
    """organ -> instance of ``compiled`` -> the sum of its prior terms, where all of them are comparable figures.

    ``connection`` has the register staged, and the year before (``stage_year_before``).
    """
    connection.execute(_TO_COME, {"organs": list(organs), "form_code": form_code, "report_year": report_year})
    # nothing of the year before is held: only what is official is staged
    connection.execute("CREATE OR REPLACE TABLE stage.standing AS SELECT *, TRUE AS is_official FROM stage.submission")
    load_catalogue(connection, rules, compiled, forms)
    replace_table(connection, "lineage", "lineage")
    replace_table(connection, "rule_source", "sources", {"report_year": report_year})
    asked = {"report_year": report_year, "instances": list(instances)}
    replace_table(connection, "opening_sum", "opening_sums", asked)
    found: dict[str, dict[int, Decimal]] = {}
    for row in dicts(connection, "FROM stage.opening_sum"):
        found.setdefault(row["organ_code"], {})[row["instance_id"]] = row["value"]
    return found
