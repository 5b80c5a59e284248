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
    # of what counts and of what came last: a report that was mended takes its findings along
    "core.fct_finding": """
        SELECT count(*) FILTER (f.severity = 'error' AND f.state <> 'waived') AS findings_error,
               count(*) FILTER (f.severity = 'warning' AND f.state <> 'waived') AS findings_warning,
               count(*) FILTER (f.severity = 'info' AND f.state <> 'waived') AS findings_info,
               count(*) FILTER (f.state = 'waived') AS findings_waived
        FROM core.fct_finding AS f
        LEFT JOIN (
            SELECT submission_id, is_official,
                   sequence = max(sequence) OVER (PARTITION BY organ_code, report_year, form_code) AS is_last
            FROM core.fct_submission
        ) AS s ON s.submission_id = f.submission_id
        WHERE f.submission_id IS NULL OR s.is_official OR s.is_last""",
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
"""table -> a query of one row of whole numbers, on the table and on those that are built before it"""


def measured(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int]:
    """The numbers of one table by name; none where nothing of it is plotted."""
    if table not in MEASURES:
        return {}
    (row,) = dicts(connection, MEASURES[table])
    return {name: int(number) for name, number in row.items()}
