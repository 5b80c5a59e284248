"""The tables that answers are written from, by hand, and an answer as whoever receives it takes it."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb

from pipelines.answers import READS, Written, write_receipts
from pipelines.settings import Settings
from schemas import render
from schemas.tables import TABLES
from warehouse.build import load_rows

ORGAN = "XMP00101"
SHA = "0123456789abcdef" * 4
SUBMISSION, HEX = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
RECEIPT = "XMP00101-2017-fj_annex_2017-000001-012345"
ARRIVED = datetime(2018, 1, 5, 10, 0, 0)
NIGHT = datetime(2018, 3, 20, 2, 0, 0)


class Page(HTMLParser):
    """A page as a browser takes it: its tags, its attributes' names, its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


class Night:
    """The tables that receipts are written from, by hand."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("CREATE SCHEMA core; CREATE SCHEMA meta")
        for table in READS:
            self.connection.execute(render.create_table(TABLES[table]))
        self.organ(ORGAN, "厦门市发展和改革委员会")
        for code, short_title in (("fj_annex_2017", "福建省附表2017年版"), ("gb_2021", "年度报告2021年格式")):
            self._load(
                "core.dim_form",
                form_code=code,
                title="附表",
                short_title=short_title,
                first_year=2014,
                last_year=None,
                legal_basis="",
                cell_count=30,
            )
        self._load(
            "meta.build",
            night=1,
            built_at=NIGHT,
            code_version="1",
            rules_hash=SHA,
            forms_hash=SHA,
            register_hash=SHA,
            files_received=1,
            files_accounted=1,
            cells_read=0,
            cells_stored=0,
        )

    def organ(self, code: str, name: str) -> None:
        self._load(
            "core.dim_organ",
            organ_code=code,
            name=name,
            kind="municipal_department",
            level="own",
            organ_kind="department",
            code_status="seen",
        )

    def file(
        self, path: str, outcome: str = "read", *, number: int = 1, sha256: str = SHA, reason: str = "", count: int = 0
    ) -> None:
        self._load(
            "core.fct_file",
            file_id=f"F{number:06d}",
            sequence=number,
            sha256=sha256,
            folder=path.split("/", maxsplit=1)[0],
            inbox_path=path,
            size_bytes=1,
            received_at=ARRIVED,
            outcome=outcome,
            reason=reason,
            submissions=count,
        )

    def submission(self, file_name: str = "报表.xlsx", **changes: Any) -> None:
        row = {
            "submission_id": SUBMISSION,
            "organ_code": ORGAN,
            "report_year": 2017,
            "form_code": "fj_annex_2017",
            "variant": "",
            "basis": "own",
            "is_nil": False,
            "file_id": "F000001",
            "file_name": file_name,
            "sha256": SHA,
            "sequence": 1,
            "received_at": ARRIVED,
            "status": "accepted",
            "is_official": True,
            "resubmission_reason": "",
            "receipt_no": RECEIPT,
        }
        self._load("core.fct_submission", **row | changes)

    def finding(self, finding_id: str = HEX, submission_id: str | None = SUBMISSION, **changes: Any) -> None:
        row = {
            "finding_id": finding_id,
            "submission_id": submission_id,
            "file_id": "F000001",
            "organ_code": ORGAN,
            "report_year": 2017,
            "rule_id": "F03",
            "severity": "error",
            "scope": "annual",
            "outcome": "fail",
            "message": "各渠道之和不等于申请总数",
            "mend": "请核对",
            "state": "open",
            "decision_note": "",
            "first_seen_at": ARRIVED,
        }
        self._load("core.fct_finding", **row | changes)

    def cell(self, position: int, **changes: Any) -> None:
        row = {
            "finding_id": HEX,
            "position": position,
            "indicator_code": "fj_req_total",
            "applicant_kind": "",
            "measure": "annual",
            "sheet": "统计表",
            "address": "D12",
            "printed": "9",
            "role": "operand",
        }
        self._load("core.finding_cell", **row | changes)

    def explanation(self, kind: str, message: str, **changes: Any) -> None:
        row = {
            "finding_id": HEX,
            "position": 1,
            "explanation_kind": kind,
            "indicator_code": "fj_req_total",
            "applicant_kind": "",
            "measure": "annual",
            "message": message,
        }
        self._load("core.finding_explanation", **row | changes)

    def duty(self, due_on: date, mode: str = "live") -> None:
        self._load(
            "core.reporting_duty",
            organ_code=ORGAN,
            report_year=2017,
            form_code="fj_annex_2017",
            basis="own",
            due_on=due_on,
            gates_total=True,
            mode=mode,
            statutory_due_on=due_on,
            period_from=date(2017, 1, 1),
            period_to=date(2017, 12, 31),
            summed_basis="own",
            use_rule="",
        )

    def read_cell(
        self, indicator: str, printed: str, value: Decimal | None, state: str = "reported", **changes: Any
    ) -> None:
        row = {
            "submission_id": SUBMISSION,
            "organ_code": ORGAN,
            "report_year": 2017,
            "form_code": "fj_annex_2017",
            "indicator_code": indicator,
            "applicant_kind": "",
            "measure": "annual",
            "value": value,
            "value_state": state,
            "printed": printed,
            "sheet": "统计表",
            "address": "D12",
            "note": "",
        }
        self._load("core.fct_cell", **row | changes)

    def write(self, outbox: Path) -> Written:
        return write_receipts(self.connection, Settings(home=outbox.parent, workers=1))

    def _load(self, table: str, **row: Any) -> None:
        load_rows(self.connection, table, [row])


def receipt(folder: Path, number: str = RECEIPT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
    return found
