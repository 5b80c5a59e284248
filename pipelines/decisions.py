"""Decisions on findings: what a decisions file says line by line, and what the finding of each line was.

Belongs here: parsing a file, binding its lines to the findings of the last published night, and journalled decisions as
rows for staging. Does not belong here: receiving files (``pipelines.intake``), what a decision does to a finding
(``warehouse/sql``). A line that cannot count is kept with the reason why; nothing in a file can stop a night.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pipelines.assignment import file_id
from pipelines.journal import Entry
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.delimited import decode
from warehouse.connection import dicts, reader

EVENT: Final = "decision_received"
FILE_NAME: Final = "decisions.csv"
"""a department's, directly in its folder of the inbox"""
EXPLAIN: Final = "explain"
ACCEPT: Final = "accept_as_printed"
HEADER: Final = {
    "receipt_no": "回执号", "finding_id": "问题编号", "decision": "决定", "reason": "理由", "signed_by": "签署人",
    "signed_on": "签署日期",
}  # fmt: skip
MAX_BYTES: Final = 1024**2
MAX_LINES: Final = 2000
_MAX_CHARS: Final = 1000
_SHOWN_CHARS: Final = 40
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_ASK_OFFICE: Final = "“按原样接受”只能由办公室作出，此行不起作用；请改为 explain 并写明理由"
_FOUND: Final = """
SELECT f.finding_id, f.submission_id, f.organ_code, f.report_year, f.form_code, f.rule_id, f.scope, f.lhs, f.rhs,
       f.message, f.submission_id IS NULL AND f.file_id IS NOT NULL AS is_of_file,
       coalesce(s.receipt_no, f.organ_code || '-' || r.file_id || '-' || left(r.sha256, 6), '') AS receipt_no
FROM core.fct_finding AS f
LEFT JOIN core.fct_submission AS s ON s.submission_id = f.submission_id
LEFT JOIN core.fct_file AS r ON r.file_id = f.file_id AND f.submission_id IS NULL
WHERE list_contains(?, f.finding_id)
"""
_BINDING: Final = (
    "submission_id", "organ_code", "report_year", "form_code", "rule_id", "scope", "lhs", "rhs", "message",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a decisions file, the header being line 1. ``problem``: why it cannot count, '' = it can."""

    line: int
    receipt_no: str = ""
    finding_id: str = ""
    decision: str = ""
    reason: str = ""
    signed_by: str = ""
    signed_on: str = ""
    """ISO date, '' where there is none that makes sense"""
    problem: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """What tells two decisions apart, wherever in a file they stand."""
        return (self.receipt_no, self.finding_id, self.decision, self.reason, self.signed_by, self.signed_on)


def read_decisions(data: bytes, today: date) -> list[Line]:
    """The lines of a decisions file (UTF-8 or GB18030) but blank ones; a file that is none is one line saying so."""
    if len(data) > MAX_BYTES:
        return [Line(1, problem=f"文件超过 {MAX_BYTES // 1024**2} MB，未读取；请分成几个文件")]
    try:
        text = decode(data)
    except RejectedError:
        return [Line(1, problem="不是 UTF-8 或 GB18030 编码的 CSV 文件，未读取；请另存为 CSV 后重新放入")]
    try:
        # one more than is read: enough to know that there are more
        records = [record for record, _ in zip(csv.reader(io.StringIO(text)), range(MAX_LINES + 2), strict=False)]
    except csv.Error:
        return [Line(1, problem="不是完整的 CSV 文件（引号没有配对，或一格太长），未读取；请改正后重新放入")]
    header = [name.strip().lower() for name in records[0]] if records else []
    if sorted(filter(None, header)) != sorted(HEADER):
        return [Line(1, problem=f"首行应当是 {','.join(HEADER)}；整个文件未采用，请改正后重新放入")]
    lines = [
        _line(number, dict(zip(header, record, strict=False)), record[len(header) :], today)
        for number, record in enumerate(records[1 : MAX_LINES + 1], start=2)
        if any(field.strip() for field in record)
    ]
    if len(records) > MAX_LINES + 1:
        lines.append(Line(MAX_LINES + 2, problem=f"超过 {MAX_LINES} 行，从此行起未读取；请分成几个文件"))
    return lines


def bind(
    lines: Iterable[Line], folder: str | None, found: Mapping[str, Mapping[str, Any]], earlier: Iterable[Entry]
) -> list[dict[str, Any]]:
    """The lines as the journal keeps them: each with what its finding was (``binding``); a replay needs no look-up.

    ``folder`` is the department's (None = the office's own file), ``found`` the published findings by id, ``earlier``
    the decisions journalled so far from the same source. A line that is repeated word for word, as in a file that
    grows, keeps its first binding: only a new decision may accept new values.
    """
    kept = {
        tuple(row[name] for name in HEADER): {"binding": row["binding"], "problem": row["problem"]}
        for entry in reversed(list(earlier))
        for row in entry["rows"]
        if row["binding"] is not None
    }
    return [asdict(line) | (kept.get(line.said) or _bound(line, folder, found.get(line.finding_id))) for line in lines]


def published_findings(published_file: Path, finding_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The findings of the published night with these ids, each with the number of the receipt that told it."""
    with reader(published_file) as connection:
        return {row["finding_id"]: row for row in dicts(connection, _FOUND, [sorted(set(finding_ids))])}


def staged_decisions(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    """Every line ever received as a row of ``stage.decision``."""
    for entry in entries:
        for row in entry["rows"]:
            binding = row["binding"] or dict.fromkeys(_BINDING)
            yield {
                **{name: row[name] for name in ("line", *HEADER, "problem")},
                **binding,
                "decision_id": f"D{entry['sequence']:06d}-{row['line']:04d}",
                "file_id": file_id(entry),
                "sequence": entry["sequence"],
                "source": "office" if entry["is_office"] else "organ",
                "received_at": datetime.fromisoformat(entry["received_at"]),
                "signed_on": date.fromisoformat(row["signed_on"]) if row["signed_on"] else None,
                "lhs": _decimal(binding["lhs"]),
                "rhs": _decimal(binding["rhs"]),
            }


def presumed(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str | None, str]]:
    """V30: the lines by which departments accept, as (entry, submission_id, sentence).

    Only what a file says now is told: the remark ends when the department mends its file.
    """
    latest = {
        entry["path"]: entry
        for entry in entries
        if entry["outcome"] == "archived" and not entry["is_office"] and not entry["is_repeat"]
    }
    for entry in latest.values():
        for row in entry["rows"]:
            if row["decision"] == ACCEPT:
                submission = row["binding"]["submission_id"] if row["binding"] else None
                yield entry, submission, f"{FILE_NAME} 第{row['line']}行：{_ASK_OFFICE}"


def told_of(entry: Entry) -> str:
    """What is to be said of a decisions file as a whole: each line that does not count, and why."""
    return "；".join(f"第{row['line']}行：{row['problem']}" for row in entry["rows"] if row["problem"])


def _line(number: int, fields: Mapping[str, str], surplus: Iterable[str], today: date) -> Line:
    told = {name: _plain(fields.get(name, "")) for name in HEADER}
    decision = told["decision"].lower()
    signed_on = _signed_on(told["signed_on"], today)
    complaints = [
        # a finding on an organ and year (family H) stands in no receipt
        *(f"{zh}（{name}）没有填" for name, zh in HEADER.items() if not told[name] and name != "receipt_no"),
        *(f"{zh}（{name}）超过{_MAX_CHARS}字" for name, zh in HEADER.items() if len(told[name]) > _MAX_CHARS),
    ]
    if any(field.strip() for field in surplus):
        complaints.append("比首行多出几格（理由里有逗号时请加引号）")
    if decision and decision not in (EXPLAIN, ACCEPT):
        complaints.append(f"不认识的决定“{_quoted(told['decision'])}”，只有 {EXPLAIN} 和 {ACCEPT}")
    if told["signed_on"] and not signed_on:
        complaints.append(f"签署日期“{_quoted(told['signed_on'])}”不是日期或在收到之后，请写成 2024-02-01 的样子")
    return Line(
        number,
        receipt_no=told["receipt_no"][:_MAX_CHARS],
        finding_id=told["finding_id"][:_MAX_CHARS].lower(),
        decision=decision[:_MAX_CHARS],
        reason=told["reason"][:_MAX_CHARS],
        signed_by=told["signed_by"][:_MAX_CHARS],
        signed_on=signed_on,
        problem="；".join(complaints),
    )


def _bound(line: Line, folder: str | None, found: Mapping[str, Any] | None) -> dict[str, Any]:
    complaint = _mismatch(line, folder, found) if line.finding_id else ""
    complaints = [line.problem, complaint]
    binding = None
    if found is not None and not complaint:
        binding = {name: found[name] for name in _BINDING}
        binding |= {side: None if found[side] is None else str(found[side]) for side in ("lhs", "rhs")}
    if line.decision == ACCEPT and folder is not None:
        complaints.append(_ASK_OFFICE)
    elif line.decision == ACCEPT and found is not None and found["is_of_file"]:
        complaints.append("这是整个文件的问题，没有可以按原样接受的报表；请让报送单位改正后重报")
    return {"problem": "；".join(filter(None, complaints)), "binding": binding}


def _mismatch(line: Line, folder: str | None, found: Mapping[str, Any] | None) -> str:
    """Why the line is not about a finding of the last night, or not about one of this department; '' = it is."""
    if found is None:
        return (
            f"昨夜发布的结果里没有问题编号“{_quoted(line.finding_id)}”：可能抄错（Excel 里请把该列设为文本），"
            "或者数值已变、已经改正"
        )
    if folder is not None and found["organ_code"] != folder:
        return f"问题“{_quoted(line.finding_id)}”不是本机构的，本机构不能说明"
    if line.receipt_no != found["receipt_no"]:
        told, right = _quoted(line.receipt_no), found["receipt_no"] or "（无）"
        return f"问题“{_quoted(line.finding_id)}”在回执 {right} 里，不在“{told}”里"
    return ""


def _plain(text: str) -> str:
    """One line of printable text: what is copied into notes and pages."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _quoted(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def _signed_on(text: str, today: date) -> str:
    """The ISO date in ``text``, also as Excel rewrites it; '' where it is none, or later than ``today``."""
    match = _DATE.fullmatch(text.replace(" ", ""))
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return ""
    return day.isoformat() if day and day <= today else ""


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
