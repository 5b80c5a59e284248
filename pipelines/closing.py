"""Closing a night in the journal: what was published, under which rules, and which findings are new or changed state.

Belongs here: the entry ``night_closed``, read from the published file itself, and before it the release that the night
made. A process that dies between the switch of the link and this entry leaves a night unclosed; the next one closes it
first, so that no date of a finding moves and no release is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.journal import Entry, Journal
from pipelines.releases import freeze
from pipelines.settings import now
from warehouse.connection import dicts, reader

HASHES: Final = {"code_version": "程序", "rules_hash": "规则", "forms_hash": "表样", "register_hash": "名录"}
"""what a night is judged by"""
FIRST_FOUND: Final = "首次发现"
_CHANGES: Final = """
SELECT h.finding_id, h.state, h.why FROM core.finding_history AS h JOIN meta.build AS b ON b.night = h.night
ORDER BY h.state, h.why, h.finding_id
"""
_UNRECORDED: Final = "SELECT finding_id, state, '' AS why FROM core.fct_finding ORDER BY finding_id"
"""of a night that a version without a history published and did not live to close: every finding was open"""


def close_night(journal: Journal, published_file: Path, clock: Callable[[], datetime] = now) -> None:
    """Journal the night that ``published_file`` holds, unless it is closed already or nothing was published yet."""
    if not published_file.exists():
        return
    closed = journal.of("night_closed")
    with reader(published_file) as connection:
        (build,) = dicts(connection, "SELECT * FROM meta.build")
        if any(entry["night"] == build["night"] for entry in closed):
            return
        is_recorded = _keeps_history(connection)
        changes = dicts(connection, _CHANGES if is_recorded else _UNRECORDED)
    seen = {finding for entry in closed for finding in entry["new_findings"]}
    if not is_recorded:
        changes = [row for row in changes if row["finding_id"] not in seen]
    new = [row["finding_id"] for row in changes if row["finding_id"] not in seen]
    journal.append(
        [
            *freeze(journal, published_file),
            {
                "event": "night_closed",
                "night": build["night"],
                "at": build["built_at"].isoformat(),
                "closed_at": clock().isoformat(),
                "new_findings": sorted(new),
                "changes": _grouped(row for row in changes if row["finding_id"] in seen or row["state"] != "open"),
                **{name: build[name] for name in HASHES},
            },
        ]
    )


def finding_events(closed: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    """The changes of state that closed nights recorded, as rows of ``stage.finding_event``."""
    for entry in closed:
        states = dict.fromkeys(entry["new_findings"], ("open", FIRST_FOUND))
        # a night closed before states were recorded has none
        for change in entry.get("changes", ()):
            states |= dict.fromkeys(change["findings"], (change["state"], change["why"]))
        for finding, (state, why) in states.items():
            at = datetime.fromisoformat(entry["at"])
            yield {"finding_id": finding, "night": entry["night"], "state": state, "changed_at": at, "why": why}


def _keeps_history(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(dicts(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'finding_history'"))


def _grouped(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings that changed in the same way, together; ``rows`` are in order of state and why."""
    return [
        {"state": state, "why": why, "findings": [row["finding_id"] for row in group]}
        for (state, why), group in groupby(rows, key=lambda row: (row["state"], row["why"]))
    ]
