"""The staging tables: what a night's reading hands to the SQL, and what judging hands to the core tables.

Belongs here: the shape of schema ``stage`` of the build database. It is never published; its tables are the interface
between reading (Arrow tables), judging (``warehouse.judge``) and the SELECTs under ``sql/core``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import duckdb

from schemas import render
from schemas.tables import TABLES

STAGE_DDL: Final = """
CREATE SCHEMA IF NOT EXISTS stage;

-- every file ever received, in order of receipt (sequence: the journal's number)
CREATE TABLE stage.file (
    file_id VARCHAR NOT NULL, sequence BIGINT NOT NULL, sha256 VARCHAR NOT NULL, folder VARCHAR NOT NULL,
    inbox_path VARCHAR NOT NULL, size_bytes BIGINT NOT NULL, received_at TIMESTAMP NOT NULL,
    outcome VARCHAR NOT NULL, reason VARCHAR NOT NULL);

-- one organ, year and edition out of one file; basis: own, consolidated, published
CREATE TABLE stage.submission (
    submission_id VARCHAR NOT NULL, file_id VARCHAR NOT NULL, sequence BIGINT NOT NULL, organ_code VARCHAR NOT NULL,
    report_year INTEGER NOT NULL, form_code VARCHAR NOT NULL, variant VARCHAR NOT NULL, basis VARCHAR NOT NULL,
    is_nil BOOLEAN NOT NULL, resubmission_reason VARCHAR NOT NULL);

-- every cell of every submission, prose figures (sheet 正文, codes nar_*) included; value is NULL unless reported
CREATE TABLE stage.cell (
    submission_id VARCHAR NOT NULL, position INTEGER NOT NULL, indicator_code VARCHAR NOT NULL,
    applicant_kind VARCHAR NOT NULL, measure VARCHAR NOT NULL, value DECIMAL(18,4), value_state VARCHAR NOT NULL,
    printed VARCHAR NOT NULL, sheet VARCHAR NOT NULL, address VARCHAR NOT NULL, note VARCHAR NOT NULL,
    confidence DECIMAL(18,4));

-- what reading, pandera and the register had to say: V rules and M04; outcome: fail or uncertain
CREATE TABLE stage.problem (
    file_id VARCHAR NOT NULL, submission_id VARCHAR, rule_id VARCHAR NOT NULL, scope VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL, message VARCHAR NOT NULL, sheet VARCHAR NOT NULL, address VARCHAR NOT NULL,
    printed VARCHAR NOT NULL);

-- the register: every organ and what happened to it, and who must report what
CREATE TABLE stage.organ (
    organ_code VARCHAR NOT NULL, name VARCHAR NOT NULL, kind VARCHAR NOT NULL, parent_code VARCHAR,
    district_code VARCHAR, level VARCHAR NOT NULL, organ_kind VARCHAR NOT NULL, valid_from_year INTEGER,
    valid_to_year INTEGER, code_status VARCHAR NOT NULL);
-- every organ in every collected year, as it then was
CREATE TABLE stage.organ_year (
    organ_code VARCHAR NOT NULL, report_year INTEGER NOT NULL, name VARCHAR NOT NULL, parent_code VARCHAR,
    district_code VARCHAR, level VARCHAR NOT NULL, organ_kind VARCHAR NOT NULL, does_exist BOOLEAN NOT NULL);
-- every spelling of an organ's name and the years in which it means that organ; normalised_name is for comparison only
CREATE TABLE stage.organ_name (
    organ_code VARCHAR NOT NULL, name VARCHAR NOT NULL, normalised_name VARCHAR NOT NULL, from_year INTEGER,
    to_year INTEGER, kind VARCHAR NOT NULL);
-- happened_on: a year, a month or a day; carries: what the successor takes over by the share (all, cumulative, none)
CREATE TABLE stage.organ_event (
    organ_code VARCHAR NOT NULL, event VARCHAR NOT NULL, happened_on VARCHAR NOT NULL, effective_year INTEGER NOT NULL,
    successor_code VARCHAR, share DECIMAL(18,4), source VARCHAR NOT NULL, note VARCHAR NOT NULL,
    carries VARCHAR NOT NULL, sentence VARCHAR NOT NULL);
-- the totals sum the report where basis is summed_basis; use_rule: the register's reason for that, '' = no rule
CREATE TABLE stage.duty (
    organ_code VARCHAR NOT NULL, report_year INTEGER NOT NULL, form_code VARCHAR NOT NULL, basis VARCHAR NOT NULL,
    due_on DATE NOT NULL, gates_total BOOLEAN NOT NULL, mode VARCHAR NOT NULL, statutory_due_on DATE NOT NULL,
    period_from DATE NOT NULL, period_to DATE NOT NULL, summed_basis VARCHAR NOT NULL, use_rule VARCHAR NOT NULL);

-- years and forms of which a total is complete before all that gate it are in: from this share of them on
CREATE TABLE stage.gate (
    report_year INTEGER NOT NULL, form_code VARCHAR NOT NULL, min_coverage DECIMAL(18,4) NOT NULL);

-- the forms, rules and rates as data
CREATE TABLE stage.form (
    form_code VARCHAR NOT NULL, title VARCHAR NOT NULL, short_title VARCHAR NOT NULL, first_year INTEGER NOT NULL,
    last_year INTEGER, legal_basis VARCHAR NOT NULL, cell_count INTEGER NOT NULL);
CREATE TABLE stage.indicator (
    form_code VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL, label VARCHAR NOT NULL, unit VARCHAR NOT NULL,
    parent_code VARCHAR, position INTEGER NOT NULL, value_kind VARCHAR NOT NULL, label_status VARCHAR NOT NULL,
    variant VARCHAR NOT NULL);
-- every cell that some variant of the edition prints; is_prescribed: the edition as prescribed prints it
CREATE TABLE stage.form_cell (
    form_code VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL, applicant_kind VARCHAR NOT NULL,
    measure VARCHAR NOT NULL, is_prescribed BOOLEAN NOT NULL);
CREATE TABLE stage.catalogue (
    rule_id VARCHAR NOT NULL, version INTEGER NOT NULL, severity VARCHAR NOT NULL, editions VARCHAR NOT NULL,
    scope VARCHAR NOT NULL, equation VARCHAR NOT NULL, sentence VARCHAR NOT NULL, mend VARCHAR NOT NULL);
-- the same indicator code in two successive editions: class A to D
CREATE TABLE stage.comparability (
    from_form VARCHAR NOT NULL, to_form VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL,
    comparability VARCHAR NOT NULL, remark VARCHAR NOT NULL);
-- a family of figures across editions: its class at each change, and the cells whose sum it is in an edition
CREATE TABLE stage.concept_step (
    concept_code VARCHAR NOT NULL, from_form VARCHAR NOT NULL, to_form VARCHAR NOT NULL,
    comparability VARCHAR NOT NULL, remark VARCHAR NOT NULL);
CREATE TABLE stage.concept_term (
    concept_code VARCHAR NOT NULL, form_code VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL,
    applicant_kind VARCHAR NOT NULL);
CREATE TABLE stage.threshold (threshold_code VARCHAR NOT NULL, limit_value DECIMAL(18,4) NOT NULL);
-- the part of an organ's figures of the year before that is its successor's in report_year; NULL = not stated
CREATE TABLE stage.succession (
    report_year INTEGER NOT NULL, measure VARCHAR NOT NULL, organ_code VARCHAR NOT NULL,
    successor_code VARCHAR NOT NULL, share DECIMAL(18,8));
-- side: numerator, denominator
CREATE TABLE stage.rate_term (
    rate_code VARCHAR NOT NULL, form_code VARCHAR NOT NULL, side VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL,
    applicant_kind VARCHAR NOT NULL);
-- how organs are assessed: the kinds of deduction, and the score before any, each in its years (NULL = open)
CREATE TABLE stage.deduction (
    deduction_code VARCHAR NOT NULL, valid_from_year INTEGER, valid_to_year INTEGER, deduction_name VARCHAR NOT NULL,
    counted_as VARCHAR NOT NULL, deduction_unit VARCHAR NOT NULL, is_per_unit BOOLEAN NOT NULL,
    points_each DECIMAL(18,4) NOT NULL, points_cap DECIMAL(18,4) NOT NULL, rules VARCHAR NOT NULL,
    is_explained_free BOOLEAN NOT NULL, rate_code VARCHAR, limit_value DECIMAL(18,4), points_status VARCHAR NOT NULL);
CREATE TABLE stage.full_score (
    valid_from_year INTEGER, valid_to_year INTEGER, full_score DECIMAL(18,4) NOT NULL, points_status VARCHAR NOT NULL);
-- every line of every decisions file, with what the finding was (submission_id to message); problem: why it cannot
-- count, '' = it can
CREATE TABLE stage.decision (
    decision_id VARCHAR NOT NULL, sequence BIGINT NOT NULL, line INTEGER NOT NULL, file_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL, received_at TIMESTAMP NOT NULL, receipt_no VARCHAR NOT NULL, finding_id VARCHAR NOT NULL,
    decision VARCHAR NOT NULL, reason VARCHAR NOT NULL, signed_by VARCHAR NOT NULL, signed_on DATE,
    submission_id VARCHAR, organ_code VARCHAR, report_year INTEGER, form_code VARCHAR, rule_id VARCHAR, scope VARCHAR,
    lhs DECIMAL(18,4), rhs DECIMAL(18,4), message VARCHAR, problem VARCHAR NOT NULL);
-- how the states of findings changed on the nights that are closed; state: open, waived, lapsed, gone
CREATE TABLE stage.finding_event (
    finding_id VARCHAR NOT NULL, night INTEGER NOT NULL, state VARCHAR NOT NULL, changed_at TIMESTAMP NOT NULL,
    why VARCHAR NOT NULL);
-- the releases before tonight's, oldest first; what they said is in the tables of FROZEN
CREATE TABLE stage.release (
    release_id VARCHAR NOT NULL, release_no INTEGER, night INTEGER NOT NULL, released_at TIMESTAMP NOT NULL,
    content_hash VARCHAR NOT NULL, official_cells BIGINT, rollup_rows BIGINT, year_over_year_rows BIGINT,
    code_version VARCHAR, rules_hash VARCHAR, forms_hash VARCHAR, register_hash VARCHAR, changed VARCHAR);
-- tonight's release, once the figures are known to differ; closed_sequence: the journal's number of the last close
CREATE TABLE stage.release_tonight AS SELECT *, CAST(NULL AS BIGINT) AS closed_sequence FROM stage.release;
CREATE TABLE stage.first_seen (finding_id VARCHAR NOT NULL, first_seen_at TIMESTAMP NOT NULL);
-- changed_since: what of rules, forms, register and software is not as on the night closed last, in Chinese
CREATE TABLE stage.build (
    night INTEGER NOT NULL, built_at TIMESTAMP NOT NULL, code_version VARCHAR NOT NULL, rules_hash VARCHAR NOT NULL,
    forms_hash VARCHAR NOT NULL, register_hash VARCHAR NOT NULL, changed_since VARCHAR NOT NULL,
    files_received BIGINT NOT NULL, cells_read BIGINT NOT NULL);

-- judging writes the four below ------------------------------------------------------------------------------
-- what a closed sum implies for a blank total
CREATE TABLE stage.derived_value (
    submission_id VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL, applicant_kind VARCHAR NOT NULL,
    measure VARCHAR NOT NULL, derived_value DECIMAL(18,4) NOT NULL);

-- every rule on every submission; submission_id is NULL for the rules on an organ and year (family H)
CREATE TABLE stage.rule_outcome (
    submission_id VARCHAR, file_id VARCHAR, organ_code VARCHAR NOT NULL, report_year INTEGER, form_code VARCHAR,
    rule_id VARCHAR NOT NULL, severity VARCHAR NOT NULL, scope VARCHAR NOT NULL, outcome VARCHAR NOT NULL,
    lhs DECIMAL(18,4), rhs DECIMAL(18,4), difference DECIMAL(18,4), note VARCHAR NOT NULL, message VARCHAR NOT NULL);

-- what is likelier wrong behind an outcome that failed, and since when; position orders the explanations of an outcome.
-- kind: likelier_wrong and tied name a cell and the value that would close the equations, others speak of the outcome
CREATE TABLE stage.explanation (
    submission_id VARCHAR NOT NULL, rule_id VARCHAR NOT NULL, scope VARCHAR NOT NULL, position INTEGER NOT NULL,
    kind VARCHAR NOT NULL, indicator_code VARCHAR NOT NULL, applicant_kind VARCHAR NOT NULL, measure VARCHAR NOT NULL,
    suggested_value DECIMAL(18,4), message VARCHAR NOT NULL);

-- what became of a submission; repeats: the official one before it, whose figures it has
CREATE TABLE stage.verdict (
    submission_id VARCHAR NOT NULL, status VARCHAR NOT NULL, is_official BOOLEAN NOT NULL, supersedes VARCHAR,
    repeats VARCHAR);
"""


FROZEN: Final = {
    "core.official_cell": "release_cell",
    "core.dim_organ": "release_organ",
    "core.dim_organ_year": "release_organ_year",
    "core.reporting_duty": "release_duty",
    "mart.city_rollup": "release_rollup",
    "mart.year_over_year": "release_year_over_year",
}
"""Published table that a release freezes -> staging table of what every release said: its rows with their release_id.

A row lasts over many releases, so a night stores it once, in ``<name>_spell``, with the releases that have it (until_no
is NULL: the last one does); there ``<name>`` is a view on it (``warehouse.releases``)."""
LOGGED: Final = {"mart.revision": "release_revision", "mart.revision_rollup": "release_revision_rollup"}
"""Published table that grows with each release -> staging table of the earlier releases' rows."""


def create_stage(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty staging tables in the build database."""
    connection.execute(STAGE_DDL)
    for table, name in FROZEN.items():
        columns = ", ".join(_frozen_columns(table))
        connection.execute(f"CREATE TABLE stage.{name} (release_id VARCHAR NOT NULL, {columns})")
        connection.execute(f"CREATE TABLE stage.{name}_spell ({columns}, from_no INTEGER NOT NULL, until_no INTEGER)")
    for table, name in LOGGED.items():
        connection.execute(f"CREATE TABLE stage.{name} ({', '.join(_frozen_columns(table))})")


def _frozen_columns(table: str) -> Iterator[str]:
    """A release may be older than a column: only the key is sure to be there."""
    contract = TABLES[table]
    key = render.key_of(contract)
    for column in render.columns_of(contract):
        must = " NOT NULL" if column.name in key and not column.is_nullable else ""
        yield f'"{column.name}" {column.sql_type}{must}'
