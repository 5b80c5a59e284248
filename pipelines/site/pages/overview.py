"""The first page: the headline figures of the latest year, why they changed, and who is missing.

Belongs here: which families of figures are the headline. Does not belong here: their history (``trends``).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from pipelines.site.figure import Column, Table
from pipelines.site.frame import Page
from warehouse.connection import dicts


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """The overview."""
    rows = dicts(
        connection,
        "SELECT concept_code, report_year, value FROM mart.concept_series WHERE slice_kind = 'city' ORDER BY ALL",
    )
    table = Table(
        "overview",
        "全市",
        (Column("指标", is_head=True), Column("年度"), Column("数值", "number")),
        [tuple(row.values()) for row in rows],
    )
    yield Page("index.html", "总览", "overview.html", {"table": table})
