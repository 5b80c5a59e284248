"""Names and metadata that the assets share.

Belongs here: asset keys, owners, and the column schema of a table as the scheduler shows it.
"""

from __future__ import annotations

from typing import Any, Final

import dagster as dg
import pandas as pd

from schemas import render
from schemas.tables import TABLES
from warehouse.lineage import column_lineage

RECEIVED_FILES: Final = dg.AssetKey("received_files")
SUBMITTED_CELLS: Final = dg.AssetKey("submitted_cells")
RULE_LEDGER: Final = dg.AssetKey("rule_ledger")
EARLIER_RELEASES: Final = dg.AssetKey("earlier_releases")
RELEASE: Final = dg.AssetKey("release")
RECEIPTS: Final = dg.AssetKey("receipts")
PUBLISHED: Final = dg.AssetKey("published_warehouse")
OWNERS: Final = ["team:gongkai"]
_SHOWN_ROWS: Final = 20


def table_key(table: str) -> dg.AssetKey:
    """'core.fct_cell' -> core/fct_cell."""
    return dg.AssetKey(table.split("."))


def column_schema(table: str) -> dg.TableSchema:
    """The contract of a table as the UI shows it."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.sql_type,
                description=column.comment,
                constraints=dg.TableColumnConstraints(nullable=column.is_nullable),
            )
            for column in render.columns_of(TABLES[table])
        ]
    )


def lineage_shown(table: str) -> dict[str, Any]:
    """Which columns each column of a table is made of; nothing where all come from the staged night."""
    traced = column_lineage(table)
    if not traced:
        return {}
    deps = {
        name: [dg.TableColumnDep(asset_key=table_key(ref.table), column_name=ref.column) for ref in sources]
        for name, sources in traced.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps_by_column=deps)}


def advice(what_to_do: str, *, passed: bool) -> dict[str, Any]:
    """What a failed check tells ops to do; nothing for one that passed."""
    return {} if passed else {"怎么办": dg.MetadataValue.md(what_to_do)}


def rows_shown(frame: pd.DataFrame) -> dict[str, Any]:
    """The first rows of a frame as a table in the UI; nothing for an empty one."""
    if frame.empty:
        return {}
    records = [
        dg.TableRecord({str(name): str(value) for name, value in row.items()})
        for row in frame.head(_SHOWN_ROWS).to_dict("records")
    ]
    return {"first_rows": dg.MetadataValue.table(records)}
