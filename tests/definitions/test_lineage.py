"""Which columns a column is made of, as the web pages show it: traced from the SELECTs, and current."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.keys import column_schema, lineage_shown, table_key
from schemas.tables import TABLES
from warehouse import lineage
from warehouse.build import dependencies
from warehouse.lineage import ColumnRef, Traced, column_lineage, write_lineage
from warehouse.trace import trace

STAGED_ONLY = {
    f"core.{name}"
    for name in (
        *("dim_deduction", "dim_form", "dim_indicator", "dim_organ", "dim_organ_name", "dim_organ_year", "dim_rule"),
        *("fct_file", "fct_finding", "fct_rule_outcome", "fct_submission", "organ_event", "reporting_duty"),
    )
} | {"meta.build", "meta.release"}
"""what they are made of is staged by the night, or only counted: the graph shows their tables"""


@cache
def traced() -> tuple[Traced, dict[str, str]]:
    return trace()


def test_every_select_can_be_traced() -> None:
    found, untraced = traced()
    assert untraced == {}
    assert TABLES.keys() - {column.table for column in found} == STAGED_ONLY


def test_the_recorded_lineage_is_current(tmp_path: Path) -> None:
    # elsewhere: make docs
    write_lineage(traced()[0], tmp_path / "now.csv")
    assert lineage.LINEAGE_FILE.read_text(encoding="utf-8") == (tmp_path / "now.csv").read_text(encoding="utf-8")


def test_most_columns_of_what_is_built_on_published_tables_have_a_lineage() -> None:
    columns = sum(len(contract.columns) for table, contract in TABLES.items() if table not in STAGED_ONLY)
    # 328 of 405 when this was written
    assert 0.75 * columns < len(traced()[0]) < columns
    # a count is made of rows, not of a column; the rest comes from the staged night
    assert set(TABLES["mart.assessment"].columns) - set(column_lineage("mart.assessment")) == {
        "duties", "deductions", "full_score",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "made_of"),
    [
        (
            "mart.city_rollup.value",
            "core.official_cell.derived_value core.official_cell.value mart.slice_organ.used_as",
        ),
        ("mart.reported_vs_computed.difference", "core.official_cell.value mart.city_rollup.value"),
        ("mart.reported_vs_computed.computed", "mart.city_rollup.value"),
        ("core.official_cell.value", "core.fct_cell.value"),
        ("mart.assessment.total_deduction", "mart.assessment_deduction.points"),
        ("mart.revision_rollup.value_after", "mart.city_rollup.value"),
        ("core.official_cell_history.value", "core.official_cell.value"),
        ("core.official_cell_history.released_from", "meta.release.released_at"),
    ],
)
def test_a_column_is_made_of_these(column: str, made_of: str) -> None:
    table, _, name = column.rpartition(".")
    assert [".".join(ref) for ref in column_lineage(table)[name]] == made_of.split()


@pytest.mark.parametrize("table", sorted(TABLES.keys() - STAGED_ONLY))
def test_a_column_is_made_of_columns_of_tables_that_its_select_reads(table: str) -> None:
    for name, sources in column_lineage(table).items():
        assert name in TABLES[table].columns
        for source in sources:
            assert source.table in dependencies(table)
            assert source.column in TABLES[source.table].columns


def test_the_scheduler_is_told_asset_and_column() -> None:
    shown = lineage_shown("mart.reported_vs_computed")["dagster/column_lineage"]
    assert isinstance(shown, dg.TableColumnLineage)
    assert shown.deps_by_column["computed"] == [
        dg.TableColumnDep(asset_key=table_key("mart.city_rollup"), column_name="value")
    ]
    assert lineage_shown("core.dim_form") == {}
    # the open web pages draw no columns: the list of columns says it in words
    shown_at = {column.name: column.description or "" for column in column_schema("mart.reported_vs_computed").columns}
    assert shown_at["computed"].endswith("。取自 mart.city_rollup.value")
    assert [column.description for column in column_schema("core.dim_form").columns if "取自" in str(column)] == []


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A file in the place of the packaged one, with one column."""
    file = tmp_path / "lineage.csv"
    write_lineage({ColumnRef("core.official_cell", "value"): (ColumnRef("core.fct_cell", "value"),)}, file)
    monkeypatch.setattr(lineage, "LINEAGE_FILE", file)
    lineage.recorded.cache_clear()
    yield file
    lineage.recorded.cache_clear()


def test_what_was_traced_from_the_select_is_shown(recorded: Path) -> None:
    assert recorded.exists()
    assert column_lineage("core.official_cell") == {"value": (ColumnRef("core.fct_cell", "value"),)}


def test_what_was_traced_from_another_select_is_not_shown(recorded: Path) -> None:
    text = recorded.read_text(encoding="utf-8")
    recorded.write_text(text.replace(lineage.mark_of("core.official_cell"), "0" * 12), encoding="utf-8")
    assert column_lineage("core.official_cell") == {}


def test_without_the_file_no_lineage_is_shown(recorded: Path) -> None:
    recorded.unlink()
    assert column_lineage("core.official_cell") == {}
