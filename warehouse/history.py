"""Back from a published night to the staging tables: what a file that is checked before it is sent will meet.

Belongs here: which earlier submissions the rules may look at for some organs, forms and one year, and the SELECTs that
stage them again. Does not belong here: judging them (``warehouse.judge`` does, with the file that is checked).

Staged are all submissions of the organs in question (whoever asks names those that they took over, too), for the
rules that look back, and those of all organs in the same
year and forms, for the rules that compare organs and for the governments' totals. Why one of them is held may lie in
what is not staged - a neighbour's year before, another organ's table of another year - so a submission that the
published night holds is staged with a problem that holds it. It is told to nobody: only the checked file is answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from warehouse.connection import dicts, quoted

_CATALOG: Final = "published"
_WANTED: Final = """
CREATE OR REPLACE TEMP TABLE wanted AS
SELECT submission_id, file_id, list_contains($replaced, submission_id) AS is_replaced
FROM published.core.fct_submission
WHERE list_contains($organs, organ_code)
    OR (report_year = $report_year AND list_contains($forms, form_code))
    OR list_contains($replaced, submission_id)
"""
_RESTAGED: Final[Mapping[str, str]] = {
    "file": """
        SELECT file_id, sequence, sha256, folder, inbox_path, size_bytes, received_at, outcome, reason
        FROM published.core.fct_file WHERE file_id IN (SELECT file_id FROM wanted)""",
    "submission": """
        SELECT s.submission_id, s.file_id, s.sequence, s.organ_code, s.report_year, s.form_code, s.variant, s.basis,
               s.is_nil, s.resubmission_reason
        FROM published.core.fct_submission AS s JOIN wanted AS w ON w.submission_id = s.submission_id
        WHERE NOT w.is_replaced""",
    "cell": """
        SELECT c.submission_id, 0 AS position, c.indicator_code, c.applicant_kind, c.measure, c.value, c.value_state,
               c.printed, c.sheet, c.address, c.note
        FROM published.core.fct_cell AS c JOIN wanted AS w ON w.submission_id = c.submission_id
        WHERE NOT w.is_replaced""",
    # V10 is an error that may hold any submission; that two files came in one night (V11), or what a decisions file
    # presumes (V30), cannot be told by reading one
    "problem": """
        SELECT s.file_id, s.submission_id, 'V10' AS rule_id, 'held' AS scope, 'fail' AS outcome,
               s.status AS message, '' AS sheet, '' AS address, '' AS printed
        FROM published.core.fct_submission AS s JOIN wanted AS w ON w.submission_id = s.submission_id
        WHERE s.status = 'held' AND NOT w.is_replaced
        UNION ALL
        SELECT f.file_id, f.submission_id, f.rule_id, f.scope, f.outcome, f.message, '', '', ''
        FROM published.core.fct_finding AS f JOIN wanted AS w ON w.submission_id = f.submission_id
        WHERE f.rule_id IN ('V11', 'V30') AND w.is_replaced""",
    "decision": """
        SELECT * EXCLUDE (effect, note), CASE effect WHEN 'no_effect' THEN note ELSE '' END AS problem
        FROM published.core.fct_decision""",
}
"""SELECT on the published night by the staging table that it fills."""


@dataclass(frozen=True, slots=True)
class PublishedNight:
    """Which night was published, and the last number that the journal had given out."""

    night: int
    built_at: datetime
    last_sequence: int


def attach_history(connection: duckdb.DuckDBPyConnection, path: Path) -> PublishedNight:
    """Attach a published file read-only; raises duckdb.Error where it cannot be read."""
    connection.execute(f"ATTACH '{quoted(path)}' AS {_CATALOG} (READ_ONLY)")
    (night,) = dicts(
        connection,
        """
        SELECT night, built_at, (SELECT coalesce(max(sequence), 0) FROM published.core.fct_file) AS last_sequence
        FROM published.meta.build""",
    )
    return PublishedNight(**night)


def sequences(connection: duckdb.DuckDBPyConnection, submissions: Collection[str]) -> dict[str, int]:
    """Of ``submissions`` those that the published night has, with their files' numbers in the journal."""
    query = "SELECT submission_id, sequence FROM published.core.fct_submission WHERE list_contains($1, submission_id)"
    return dict(connection.execute(query, [list(submissions)]).fetchall())


def stage_history(
    connection: duckdb.DuckDBPyConnection,
    organs: Collection[str],
    report_year: int,
    forms: Collection[str],
    replaced: Collection[str],
) -> None:
    """Stage what the attached night knows of ``organs`` and of everybody's ``forms`` in ``report_year``.

    Of the submissions ``replaced``, which are read again, only their files and what their night said (V11, V30).
    """
    values: dict[str, Any] = {
        "organs": list(organs), "report_year": report_year, "forms": list(forms), "replaced": list(replaced),
    }  # fmt: skip
    connection.execute(_WANTED, values)
    for table, select in _RESTAGED.items():
        connection.execute(f"INSERT INTO stage.{table} BY NAME {select}")
