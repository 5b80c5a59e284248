"""Closing a night in the journal: what was published, under which rules, and which findings were new.

Belongs here: the entry ``night_closed``, read from the published file itself. A process that dies between the switch of
the link and this entry leaves a night unclosed; the next one closes it first, so that no date of a finding moves.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.journal import Journal
from pipelines.settings import now
from warehouse.connection import dicts, reader


def close_night(journal: Journal, published_file: Path) -> None:
    """Journal the night that ``published_file`` holds, unless it is closed already or nothing was published yet."""
    if not published_file.exists():
        return
    with reader(published_file) as connection:
        (build,) = dicts(connection, "SELECT * FROM meta.build")
        findings = dicts(connection, "SELECT finding_id FROM core.fct_finding ORDER BY finding_id")
    closed = journal.of("night_closed")
    if any(entry["night"] == build["night"] for entry in closed):
        return
    seen = {finding for entry in closed for finding in entry["new_findings"]}
    hashes = {name: build[name] for name in ("code_version", "rules_hash", "forms_hash", "register_hash")}
    journal.append(
        [
            {
                "event": "night_closed",
                "night": build["night"],
                "at": build["built_at"].isoformat(),
                "closed_at": now().isoformat(),
                "new_findings": [row["finding_id"] for row in findings if row["finding_id"] not in seen],
                **hashes,
            }
        ]
    )
