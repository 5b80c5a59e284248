"""The numbers of a night that the web pages plot over time, under names that stay.

Belongs here: what is counted in which table. Each number is shown at its table, and all of them together at the
published warehouse, so that one page tells how the collection goes. Does not belong here: row counts, what is wrong
(``pipelines.checks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import duckdb

from warehouse.connection import dicts

MEASURES: Final[Mapping[str, str]] = {
    "core.fct_file": """
        SELECT count(*) AS files_received,
               count(*) FILTER (outcome = 'read') AS files_read,
               count(*) FILTER (outcome = 'rejected') AS files_rejected,
               count(*) FILTER (outcome = 'duplicate') AS files_duplicate
        FROM core.fct_file""",
    "core.fct_submission": """
        SELECT count(*) AS submissions,
               count(*) FILTER (status <> 'held') AS submissions_accepted,
               count(*) FILTER (status = 'held') AS submissions_held,
               count(*) FILTER (is_official) AS submissions_official
        FROM core.fct_submission""",
    "core.fct_cell": "SELECT count(*) AS cells FROM core.fct_cell",
    "core.fct_finding": """
        SELECT count(*) FILTER (severity = 'error' AND state <> 'waived') AS findings_error,
               count(*) FILTER (severity = 'warning' AND state <> 'waived') AS findings_warning,
               count(*) FILTER (severity = 'info' AND state <> 'waived') AS findings_info,
               count(*) FILTER (state = 'waived') AS findings_waived
        FROM core.fct_finding""",
    "mart.submission_status": """
        SELECT count(*) FILTER (status = 'due') AS reports_awaited,
               count(*) FILTER (status = 'missing') AS reports_missing,
               count(*) FILTER (status IN ('held', 'received')) AS reports_held,
               count(*) FILTER (status = 'late') AS reports_late
        FROM mart.submission_status WHERE mode = 'live'""",
    "mart.city_rollup": """
        SELECT count(DISTINCT (report_year, form_code)) AS totals,
               count(DISTINCT (report_year, form_code)) FILTER (NOT is_complete) AS totals_incomplete
        FROM mart.city_rollup WHERE slice_kind = 'city'""",
    "mart.assessment": """
        SELECT count(score) AS organs_scored, count(*) FILTER (total_deduction > 0) AS organs_with_deductions
        FROM mart.assessment WHERE mode = 'live'""",
}
"""table -> a query of one row of whole numbers"""


def measured(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    """The numbers of one table by name; none where nothing of it is plotted."""
    if table not in MEASURES:
        return {}
    (row,) = dicts(connection, MEASURES[table])
    return {name: int(number) for name, number in row.items()}
