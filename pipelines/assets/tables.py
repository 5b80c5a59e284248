"""Steps 4 and 5: the published tables, each from its one SELECT, each with its contract as a blocking check.

One step builds a layer: the graph shows every table with the tables that it reads, and a broken contract stops what
lies downstream of the layer, publication above all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import dagster as dg
import duckdb
import pandas as pd

from pipelines.assets.keys import (
    OWNERS,
    RELEASE,
    RULE_LEDGER,
    column_schema,
    described,
    lineage_shown,
    rows_shown,
    table_description,
    table_key,
)
from pipelines.checks import CHECKS, OURS, TableCheck
from pipelines.measures import measured
from pipelines.resources import Night
from schemas import render
from schemas.tables import TABLES
from warehouse.build import RELEASED, build_order, build_table, dependencies, layer_of, violations
from warehouse.connection import dicts, writer

BuildTable = Callable[[duckdb.DuckDBPyConnection, str], int]


def table_assets(layer: str, build: BuildTable = build_table) -> dg.AssetsDefinition:
    """The step that builds all tables of ``layer``. ``build`` is replaced where a test breaks a table."""
    tables = [table for table in build_order() if layer_of(table) == layer]

    @dg.multi_asset(
        name=f"{layer}_tables",
        specs=[_spec(table) for table in tables],
        check_specs=[*(_contract_spec(table) for table in tables), *(_check_spec(check) for check in _checks(tables))],
    )
    def build_layer(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with writer(night.settings.build_file) as connection:
            for table in tables:
                began = time.perf_counter()
                rows = build(connection, table)
                seconds = round(time.perf_counter() - began, 3)
                yield dg.MaterializeResult(
                    asset_key=table_key(table),
                    metadata={"dagster/row_count": rows, "build_seconds": seconds}
                    | measured(connection, table)
                    | lineage_shown(table),
                    check_results=[_contract_result(connection, table)],
                )
            # they may read any table of the layer
            for check in _checks(tables):
                yield _check_result(connection, check)

    return build_layer


def _spec(table: str) -> dg.AssetSpec:
    upstream = [table_key(name) for name in sorted(dependencies(table))]
    return dg.AssetSpec(
        key=table_key(table),
        # a table that reads no other published table starts from the staged and judged night, or from the decision
        deps=upstream or [RELEASE if layer_of(table) == RELEASED else RULE_LEDGER],
        group_name=layer_of(table),
        owners=OWNERS,
        kinds={"duckdb", "sql"},
        description=table_description(table),
        metadata={"dagster/column_schema": column_schema(table), "key": ", ".join(render.key_of(TABLES[table]))},
    )


def _checks(tables: list[str]) -> list[TableCheck]:
    return [check for check in CHECKS if check.table in tables]


def _contract_spec(table: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        "contract",
        asset=table_key(table),
        blocking=True,
        description=described("表的契约：列、类型、取值、主键（pandera）", OURS),
    )


def _check_spec(check: TableCheck) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=table_key(check.table),
        blocking=check.is_blocking,
        description=described(check.description, check.what_to_do),
    )


def _contract_result(connection: duckdb.DuckDBPyConnection, table: str) -> dg.AssetCheckResult:
    broken = violations(connection, table)
    return dg.AssetCheckResult(
        asset_key=table_key(table),
        check_name="contract",
        passed=broken.empty,
        metadata={"violations": len(broken)} | rows_shown(broken),
    )


def _check_result(connection: duckdb.DuckDBPyConnection, check: TableCheck) -> dg.AssetCheckResult:
    # through Arrow: a decimal stays what it is
    bad = connection.sql(check.bad_rows).to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
    counts = dicts(connection, check.counts)[0] if check.counts else {}
    return dg.AssetCheckResult(
        asset_key=table_key(check.table),
        check_name=check.name,
        passed=bad.empty,
        severity=dg.AssetCheckSeverity.ERROR if check.is_blocking else dg.AssetCheckSeverity.WARN,
        metadata={"rows": len(bad)} | {name: int(count) for name, count in counts.items()} | rows_shown(bad),
    )
