"""Contract, DDL, comments and dictionary say the same of every table."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pandera.config import config_context

from pipelines.assets.keys import column_schema
from pipelines.docs import pages
from schemas import render
from schemas.chinese import GRAINS, MEANINGS, WORDS
from schemas.concept import concept_steps
from schemas.diagram import drawing, mermaid_page, subjects
from schemas.dictionary import dictionary
from schemas.fields import ARROW_TYPES, FIELDS
from schemas.links import LINKS
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
    # what a column is made of comes after its comment
    assert [(c.name, c.type, (c.description or "").split("。取自 ")[0], c.constraints.nullable) for c in shown] == [
        (c.name, c.sql_type, c.comment, c.is_nullable) for c in columns
    ]
    page = dictionary({table: contract})
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


def test_everything_is_said_in_chinese_too() -> None:
    assert MEANINGS.keys() == FIELDS.keys()
    assert GRAINS.keys() == TABLES.keys() - HISTORIES.keys()
    closed = {field.name: set(field.allowed) for field in FIELDS.values() if field.allowed is not None}
    assert {name: set(words) for name, words in WORDS.items() if name in closed} == closed
    # the two vocabularies that the register and the forms may extend
    assert WORDS.keys() - closed.keys() == {"applicant_kind", "concept_code"}
    assert set(WORDS["concept_code"]) == {step.concept_code for step in concept_steps()}
    for words in WORDS.values():
        assert len(set(words.values())) == len(words)


def test_a_comment_has_title_meaning_words_and_english() -> None:
    (level,) = [column for column in render.columns_of(TABLES["core.dim_organ"]) if column.name == "level"]
    assert level.comment == (
        "层级：属于市本级还是区及以下。取值：own 市本级、lower 区及以下。own = city level, lower = districts and below"
    )
    assert render.table_comment(TABLES["meta.build"]) == (
        "建库记录：一行：建成此文件的那一夜。One row: the night that built this file."
    )


def test_every_table_is_in_the_diagram_once_and_every_link_joins_like_with_like() -> None:
    shown = [table for tables in subjects().values() for table in tables]
    assert sorted(shown) == sorted(TABLES.keys() - HISTORIES.keys())
    for link in LINKS:
        ours, theirs = (
            [{c.name: c.sql_type for c in render.columns_of(TABLES[table])}[column] for column in columns]
            for table, columns in ((link.table, link.columns), (link.to, link.to_columns))
        )
        assert ours == theirs, link
    drawn = ElementTree.fromstring(drawing())  # noqa: S314 - our own drawing
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert set(shown) <= set(texts)
    page = mermaid_page()
    assert '"core.fct_submission" ||--o{ "core.fct_cell" : "submission_id"' in page
    assert '"mart.year_over_year" ||--o{ "mart.contribution" : "report_year, slice_kind' in page


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


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_in_docs_is_the_rendered_one(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / name
    assert page.read_text(encoding="utf-8") == pages()[name], "make docs"
