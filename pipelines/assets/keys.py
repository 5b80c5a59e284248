"""Names and metadata that the assets share.

Belongs here: asset keys, owners, and the column schema of a table as the scheduler shows it.
"""

from __future__ import annotations

from typing import Any, Final

import dagster as dg
import pandas as pd

from schemas import render
from schemas.tables import TABLES
from warehouse.lineage import ColumnRef, column_lineage

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


def table_description(table: str) -> str:
    """What the table is called and what a row of it is, in both languages."""
    contract = TABLES[table]
    return f"{contract.title}：{render.grain_zh(contract)}。\n\n{contract.description}"


def column_schema(table: str) -> dg.TableSchema:
    """The contract of a table as the UI shows it, with what each column is made of: the graph shows tables only."""
    made_of = column_lineage(table)
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.sql_type,
                description=column.comment + _sources(made_of.get(column.name, ())),
                constraints=dg.TableColumnConstraints(nullable=column.is_nullable),
            )
            for column in render.columns_of(TABLES[table])
        ]
    )


def _sources(made_of: tuple[ColumnRef, ...]) -> str:
    return f"。取自 {'、'.join('.'.join(ref) for ref in made_of)}" if made_of else ""


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


def described(must_hold: str, what_to_do: str) -> str:
    """What a check is about and what ops do where it fails, as its page shows both."""
    return f"{must_hold}。\n\n**不通过时：** {what_to_do}"


def rows_shown(frame: pd.DataFrame) -> dict[str, Any]:
    """The first rows of a frame as a table in the UI; nothing for an empty one."""
    if frame.empty:
        return {}
    records = [
        dg.TableRecord({str(name): str(value) for name, value in row.items()})
        for row in frame.head(_SHOWN_ROWS).to_dict("records")
    ]
    return {"first_rows": dg.MetadataValue.table(records)}
