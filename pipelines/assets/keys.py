"""Names and metadata that the assets share.

Belongs here: asset keys, owners, and the column schema of a table as the scheduler shows it.
"""

from __future__ import annotations

from typing import Any, Final

import dagster as dg
import pandas as pd

from schemas import render
from schemas.tables import TABLES

RECEIVED_FILES: Final = dg.AssetKey("received_files")
SUBMITTED_CELLS: Final = dg.AssetKey("submitted_cells")
RULE_LEDGER: Final = dg.AssetKey("rule_ledger")
EARLIER_RELEASES: Final = dg.AssetKey("earlier_releases")
RELEASE: Final = dg.AssetKey("release")
RECEIPTS: Final = dg.AssetKey("receipts")
OFFICE_PAGES: Final = dg.AssetKey("office_pages")
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


def rows_shown(frame: pd.DataFrame) -> dict[str, Any]:
    """The first rows of a frame as a table in the UI; nothing for an empty one."""
    if frame.empty:
        return {}
    records = [
        dg.TableRecord({str(name): str(value) for name, value in row.items()})
        for row in frame.head(_SHOWN_ROWS).to_dict("records")
    ]
    return {"first_rows": dg.MetadataValue.table(records)}
