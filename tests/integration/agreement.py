"""Helpers: what a night published of a submission and what a check says of a file, in one form that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelines.precheck import Answer
from pipelines.settings import Settings
from tests.integration.night import published
from warehouse.connection import dicts, reader

_FINDING = (
    "finding_id", "rule_id", "severity", "outcome", "scope", "message", "mend", "lhs", "rhs", "difference", "state",
)  # fmt: skip


class Said(NamedTuple):
    """Status, number of cells, and every finding with its cells and explanations, in one order."""

    status: str
    cells: int
    findings: tuple[tuple[Any, ...], ...]


def answered(answer: Answer) -> Said:
    """What a check says."""
    return Said(answer.status, answer.cells, _ordered(answer.findings))


def by_receipt(settings: Settings) -> dict[str, Said]:
    """What the published night says of every submission, by receipt number.

    The findings on an organ and year go with the submission that is official, as in a check.
    """
    with reader(published(settings)) as connection:
        submissions = dicts(
            connection,
            "SELECT *, (SELECT count(*) FROM core.fct_cell AS c WHERE c.submission_id = s.submission_id) AS cells"
            " FROM core.fct_submission AS s",
        )
        findings = dicts(connection, "SELECT * FROM core.fct_finding")
        parts = {
            name: dicts(connection, f"SELECT * FROM core.finding_{name} ORDER BY finding_id, position")
            for name in ("cell", "explanation")
        }
    by_owner: dict[Any, list[dict[str, Any]]] = {}
    for finding in findings:
        whole = {name: finding[name] for name in _FINDING}
        for name, rows in parts.items():
            mine = [dict(row) for row in rows if row["finding_id"] == finding["finding_id"]]
            whole[f"{name}s"] = [{key: row[key] for key in row if key != "finding_id"} for row in mine]
        year = (finding["organ_code"], finding["report_year"], finding["form_code"])
        owner = finding["submission_id"] or (None if finding["file_id"] else year)
        by_owner.setdefault(owner, []).append(whole)
    said = {}
    for row in submissions:
        year = (row["organ_code"], row["report_year"], row["form_code"])
        found = [*by_owner.get(row["submission_id"], []), *(by_owner.get(year, []) if row["is_official"] else [])]
        said[row["receipt_no"]] = Said(row["status"], row["cells"], _ordered(found))
    return said


def _ordered(findings: Any) -> tuple[tuple[Any, ...], ...]:
    return tuple(sorted((_frozen(finding) for finding in findings), key=lambda item: item[:1]))


def _frozen(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    parts = (tuple(tuple(sorted(row.items(), key=str)) for row in finding[name]) for name in ("cells", "explanations"))
    return (*(finding[name] for name in _FINDING), *parts)
