"""Contract, DDL, comments and dictionary say the same of every table."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pandera.config import config_context

from pipelines.assets.keys import column_schema
from schemas import render
from schemas.fields import ARROW_TYPES, FIELDS
from schemas.tables import HISTORIES, TABLES
from warehouse.build import SQL_FOLDER, ContractError, build_order, contract_failures, dependencies

CONTRACT_NAMES = {
    "core.dim_organ": "organ_code name kind parent_code valid_from_year valid_to_year",
    "core.dim_indicator": "form_code indicator_code label unit parent_code position",
    "core.fct_file": "file_id sha256 inbox_path received_at outcome reason submissions",
    "core.fct_submission": "submission_id organ_code report_year form_code basis file_name sha256 received_at status"
    " is_official supersedes receipt_no",
    "core.fct_cell": "submission_id organ_code report_year form_code indicator_code applicant_kind measure value"
    " derived_value value_state printed sheet address note",
    "core.official_cell": "submission_id organ_code report_year form_code indicator_code applicant_kind measure value"
    " derived_value value_state printed sheet address note",
    "core.fct_rule_outcome": "submission_id organ_code report_year rule_id scope outcome lhs rhs difference",
    "core.rule_tally": "rule_id form_code submissions_judged outcomes_pass outcomes_fail outcomes_uncertain"
    " outcomes_not_assessable",
    "core.fct_finding": "finding_id submission_id organ_code report_year rule_id severity outcome lhs rhs difference"
    " message state first_seen_at",
    "core.finding_history": "finding_id state at why",
    "core.fct_decision": "receipt_no finding_id decision reason signed_by signed_on",
    "mart.city_rollup": "report_year slice_kind slice_code form_code indicator_code applicant_kind measure value"
    " organs_expected organs_reported organs_nil organs_missing coverage is_complete",
    "mart.year_over_year": "report_year slice_kind slice_code indicator_code applicant_kind measure value prior_value"
    " change change_pct comparability note",
    "mart.contribution": "report_year slice_kind slice_code indicator_code applicant_kind measure organ_code part"
    " contribution",
    "mart.concept_series": "concept_code report_year slice_kind slice_code form_code value comparability",
    "mart.reported_vs_computed": "report_year indicator_code applicant_kind measure reported computed difference",
    "mart.assessment_rate": "report_year organ_code rate_code numerator denominator rate note",
    "mart.assessment": "report_year organ_code mode duties duties_due reply_open_rate reply_open_numerator"
    " reply_open_denominator reply_open_note dispute_rate correction_rate open_rate deductions total_deduction"
    " full_score score points_status",
    "mart.assessment_deduction": "report_year organ_code deduction_code deduction_name counted deduction_unit"
    " points_uncapped points_cap points reason evidence points_status",
    "core.submission_chain": "submission_id supersedes superseded_by official_from official_to differs_in_cells",
    "mart.submission_status": "report_year organ_code status due_on received_at days_late",
    "mart.revision": "release_id report_year organ_code form_code indicator_code applicant_kind measure value_before"
    " value_after delta reason",
    "meta.release": "release_id night released_at content_hash code_version rules_hash forms_hash register_hash",
    "meta.build": "built_at code_version rules_hash forms_hash files_received files_accounted cells_read cells_stored",
}


@pytest.mark.parametrize("table", sorted(CONTRACT_NAMES))
def test_names_that_others_rely_on(table: str) -> None:
    found = {column.name for column in render.columns_of(TABLES[table])}
    assert set(CONTRACT_NAMES[table].split()) <= found


@pytest.mark.parametrize("table", sorted(TABLES))
def test_ddl_comments_and_scheduler_agree_with_the_contract(table: str) -> None:
    contract = TABLES[table]
    columns = render.columns_of(contract)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE SCHEMA {table.split('.', maxsplit=1)[0]}")
        connection.execute(render.create_table(contract))
        for statement in render.comments(contract):
            connection.execute(statement)
        schema, name = table.split(".")
        described = connection.execute(
            "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()"
            " WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
        comment = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [schema, name]
        ).fetchall()
    assert described == [(c.name, c.sql_type, c.is_nullable, c.comment) for c in columns]
    assert comment == [(render.table_comment(contract),)]
    shown = column_schema(table).columns
    assert [(c.name, c.type, c.description, c.constraints.nullable) for c in shown] == [
        (c.name, c.sql_type, c.comment, c.is_nullable) for c in columns
    ]
    page = render.dictionary({table: contract})
    for column in columns:
        assert f"| `{column.name}` | {column.sql_type} |" in page


def test_every_contract_has_its_select_and_every_select_its_contract() -> None:
    files = {
        f"{path.parent.name}.{path.stem}"
        for layer in ("core", "mart", "meta")
        for path in (SQL_FOLDER / layer).glob("*.sql")
    }
    # a history's SELECT follows from the table that it is of
    assert files == set(TABLES) - HISTORIES.keys()


@pytest.mark.parametrize("table", sorted(TABLES.keys() - HISTORIES.keys()))
def test_every_select_is_headed_by_its_grain(table: str) -> None:
    layer, name = table.split(".")
    assert (SQL_FOLDER / layer / f"{name}.sql").read_text(encoding="utf-8").startswith("-- grain: ")


def test_only_what_is_wanted_is_built_with_what_it_reads() -> None:
    order = build_order("core.finding_cell")
    assert {"core.fct_submission", "core.fct_finding", "core.finding_explanation"} < set(order)
    assert not [table for table in order if table.startswith(("mart.", "meta."))]
    assert order[-1] == "core.finding_cell"


def test_build_order_follows_the_selects() -> None:
    order = build_order()
    for table in TABLES:
        for upstream in dependencies(table):
            assert order.index(upstream) < order.index(table)
    assert dependencies("mart.year_over_year") == {"mart.city_rollup", "mart.comparison_base", "mart.slice_organ"}
    assert dependencies("mart.city_rollup") == {
        "core.official_cell",
        "mart.rollup_source",
        "mart.slice_organ",
    }
    assert dependencies("core.dim_organ") == set()


def test_every_field_is_used() -> None:
    used = {column.zh for table in TABLES.values() for column in render.columns_of(table)}
    assert {field.name for field in FIELDS.values() if field.zh not in used} == set()


SAMPLE_VALUES: dict[str, Any] = {
    "VARCHAR": "x",
    "INTEGER": 1,
    "BIGINT": 1,
    "DECIMAL(18,4)": Decimal("1.5"),
    "DECIMAL(38,4)": Decimal("1.5"),
    "BOOLEAN": True,
    "DATE": date(2024, 1, 31),
    "TIMESTAMP": datetime(2024, 1, 31, 2, 0, 0),
}


def frame_of(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    contract = TABLES[table]
    shape = pa.schema([(c.name, ARROW_TYPES[c.sql_type]) for c in render.columns_of(contract)])
    full = [
        {c.name: SAMPLE_VALUES[c.sql_type] for c in render.columns_of(contract) if not c.is_nullable} | row
        for row in rows
    ]
    return pa.Table.from_pylist(full, schema=shape).to_pandas(types_mapper=pd.ArrowDtype)


GOOD_DUTY = {"basis": "own", "mode": "live", "summed_basis": "own"}


def test_a_sound_row_passes() -> None:
    assert contract_failures(TABLES["core.reporting_duty"], frame_of("core.reporting_duty", [GOOD_DUTY])).empty


@pytest.mark.parametrize(
    ("change", "column"),
    [({"basis": "guessed"}, "basis"), ({"organ_code": None}, "organ_code"), ({"mode": "LIVE"}, "mode")],
)
def test_a_broken_row_is_named(change: dict[str, Any], column: str) -> None:
    failures = contract_failures(TABLES["core.reporting_duty"], frame_of("core.reporting_duty", [GOOD_DUTY | change]))
    assert failures["column"].tolist() == [column]


def test_a_repeated_key_is_found() -> None:
    failures = contract_failures(TABLES["core.reporting_duty"], frame_of("core.reporting_duty", [GOOD_DUTY, GOOD_DUTY]))
    assert set(failures["column"]) == {"organ_code", "report_year", "form_code"}
    assert set(failures["index"]) == {0, 1}


def test_a_lost_or_foreign_column_is_found() -> None:
    frame = frame_of("core.reporting_duty", [GOOD_DUTY])
    assert not contract_failures(TABLES["core.reporting_duty"], frame.drop(columns="mode")).empty
    assert not contract_failures(TABLES["core.reporting_duty"], frame.assign(extra=1)).empty


def test_switching_validation_off_is_refused() -> None:
    with config_context(validation_enabled=False), pytest.raises(ContractError, match="PANDERA_VALIDATION_ENABLED"):
        contract_failures(TABLES["core.reporting_duty"], frame_of("core.reporting_duty", [GOOD_DUTY]))


def test_the_dictionary_in_docs_is_the_rendered_one() -> None:
    page = Path(__file__).parents[2] / "docs" / "dictionary.md"
    assert page.read_text(encoding="utf-8") == render.dictionary(TABLES)
