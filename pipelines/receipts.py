"""The answer to every file: what was read, what became of it, what is wrong in which cell.

Belongs here: turning a night's tables into one page and one JSON object for each submission and each rejected file, in
Chinese, escaped. Does not belong here: judging, or the wording of rules (``schemas/rules``). A receipt is rewritten
only where its content changed, so that a share's change list tells departments what is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
from jinja2 import Environment, PackageLoader, select_autoescape

from warehouse.connection import dicts

READS: Final = (
    "core.dim_form",
    "core.dim_organ",
    "core.fct_cell",
    "core.fct_file",
    "core.fct_finding",
    "core.fct_submission",
    "core.finding_cell",
)
"""the tables that the receipts are written from"""
UNKNOWN: Final = "_unknown"
"""where a file under an unknown folder is answered, never under a name from outside"""
_STATUS_ZH: Final = {
    "accepted": "已接受",
    "accepted_with_warnings": "已接受，有提示",
    "held": "已扣留：有错误，请改正后重报；在此之前沿用上一份正式数",
    "unreadable": "未能读取",
    "noted": "已收到说明，有几行没有采用",
}
_SEVERITY_ZH: Final = {"error": "错误", "warning": "提示", "info": "说明"}
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("pipelines", "pages"), autoescape=select_autoescape(default=True), trim_blocks=True
)


@dataclass(frozen=True, slots=True)
class Written:
    """How many receipts there are and how many changed tonight."""

    receipts: int
    changed: int


def write_receipts(connection: duckdb.DuckDBPyConnection, outbox: Path) -> Written:
    """Answer every submission, and every file that was rejected, repeated or read in part only; returns the counts."""
    count = changed = 0
    for folder, number, receipt in [*_submissions(connection), *_files(connection)]:
        target = outbox / folder
        target.mkdir(parents=True, exist_ok=True)
        page = _ENVIRONMENT.get_template("receipt.html").render(
            receipt=receipt, number=number, status_zh=_STATUS_ZH, severity_zh=_SEVERITY_ZH
        )
        data = json.dumps(receipt, ensure_ascii=False, indent=1, default=str) + "\n"
        is_new = _replace(target / f"{number}.json", data)
        is_new = _replace(target / f"{number}.html", page) or is_new
        count += 1
        changed += is_new
    return Written(count, changed)


def _submissions(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    findings = _findings(connection, "submission_id")
    rows = dicts(
        connection,
        """
        SELECT s.receipt_no, s.submission_id, s.organ_code, o.name AS organ_name, s.report_year, s.form_code,
               f.short_title, s.file_name AS file, s.status, s.is_official, s.is_nil, s.received_at, s.sha256,
               (SELECT count(*) FROM core.fct_cell AS c WHERE c.submission_id = s.submission_id) AS cells
        FROM core.fct_submission AS s
        JOIN core.dim_organ AS o ON o.organ_code = s.organ_code
        JOIN core.dim_form AS f ON f.form_code = s.form_code
        ORDER BY s.sequence, s.submission_id""",
    )
    for row in rows:
        yield row["organ_code"], row["receipt_no"], row | {"findings": findings.get(row["submission_id"], [])}


def _files(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    findings = _findings(connection, "file_id")
    rows = dicts(
        connection,
        """
        SELECT f.file_id, f.folder, o.organ_code, o.name AS organ_name, NULL AS report_year, NULL AS form_code,
               regexp_extract(f.inbox_path, '[^/]*$') AS file,
               CASE f.outcome WHEN 'decisions' THEN 'noted' ELSE 'unreadable' END AS status, f.outcome, f.reason,
               f.received_at, f.sha256, 0 AS cells
        FROM core.fct_file AS f LEFT JOIN core.dim_organ AS o ON o.organ_code = f.folder
        -- the office reads what became of its decisions in the warehouse
        WHERE NOT (f.folder = '' AND f.inbox_path LIKE 'decisions/%')
        ORDER BY f.sequence""",
    )
    taken: set[str] = set()
    for row in rows:
        found = findings.get(row["file_id"], [])
        # of a file that was read only what none of its submissions is told
        if row["outcome"] == "read" and not found:
            continue
        # of decisions that all count the findings tell
        if row["outcome"] == "decisions" and not row["reason"]:
            continue
        if row["organ_code"] is not None:
            folder, number = row["organ_code"], f"{row['organ_code']}-{row['file_id']}-{row['sha256'][:6]}"
        else:
            folder, number = UNKNOWN, row["sha256"][:12]
            if number in taken:  # the same bytes under another unknown folder
                number = f"{number}-{row['file_id']}"
            taken.add(number)
        yield folder, number, row | {"findings": found}


def _findings(connection: duckdb.DuckDBPyConnection, key: str) -> dict[str, list[dict[str, Any]]]:
    """Findings by submission or file, each with the cells that take part in it."""
    cells: dict[str, list[dict[str, Any]]] = {}
    for cell in dicts(connection, "SELECT * FROM core.finding_cell ORDER BY finding_id, position"):
        cells.setdefault(cell.pop("finding_id"), []).append(cell)
    found: dict[str, list[dict[str, Any]]] = {}
    rows = dicts(
        connection,
        """
        SELECT submission_id, file_id, finding_id, rule_id, severity, outcome, scope, message, mend, lhs, rhs,
               difference
        FROM core.fct_finding
        ORDER BY CASE severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END, rule_id, scope""",
    )
    for row in rows:
        owner = row[key] if key == "submission_id" or row["submission_id"] is None else None
        del row["submission_id"], row["file_id"]
        if owner is not None:
            found.setdefault(owner, []).append(row | {"cells": cells.get(row["finding_id"], [])})
    return found


def _replace(path: Path, text: str) -> bool:
    """Write ``text`` unless it is there already; whether it was written."""
    data = text.encode("utf-8")
    if path.exists() and path.read_bytes() == data:
        return False
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
    return True
