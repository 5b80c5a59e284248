"""The answers to departments: what stands in them, escaped, and rewritten only where it changed."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.receipts import READS, Written, write_receipts
from schemas import render
from schemas.tables import TABLES
from warehouse.build import load_rows

ORGAN = "XMP00101"
SHA = "0123456789abcdef" * 4
SUBMISSION, HEX = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
RECEIPT = "XMP00101-2017-fj_annex_2017-000001-012345"
ARRIVED = datetime(2018, 1, 5, 10, 0, 0)
TAGS_OF_THE_PAGE = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
    "br", "small",
}  # fmt: skip


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
        self.connection.execute("CREATE SCHEMA core")
        for table in READS:
            self.connection.execute(render.create_table(TABLES[table]))
        self.organ(ORGAN, "厦门市发展和改革委员会")
        self._load(
            "core.dim_form",
            form_code="fj_annex_2017",
            title="附表",
            short_title="福建省附表2017年版",
            first_year=2014,
            last_year=2018,
            legal_basis="",
            cell_count=30,
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

    def write(self, outbox: Path) -> Written:
        return write_receipts(self.connection, outbox)

    def _load(self, table: str, **row: Any) -> None:
        load_rows(self.connection, table, [row])


@pytest.fixture
def night() -> Night:
    return Night()


def receipt(folder: Path, number: str = RECEIPT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{number}.json").read_text(encoding="utf-8"))
    return found


def test_the_answer_for_machines_says_everything(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.finding(lhs=Decimal(9), rhs=Decimal("6.5"), difference=Decimal("2.5"))
    night.cell(1, value=Decimal(9))
    night.cell(2, indicator_code="fj_req_online", address="", printed="", sheet="")
    assert night.write(tmp_path) == Written(receipts=1, changed=1)
    assert receipt(tmp_path / ORGAN) == {
        "receipt_no": RECEIPT,
        "submission_id": SUBMISSION,
        "organ_code": ORGAN,
        "organ_name": "厦门市发展和改革委员会",
        "report_year": 2017,
        "form_code": "fj_annex_2017",
        "short_title": "福建省附表2017年版",
        "file": "报表.xlsx",
        "status": "held",
        "is_official": False,
        "is_nil": False,
        "received_at": "2018-01-05 10:00:00",
        "sha256": SHA,
        "cells": 0,
        "findings": [
            {
                "finding_id": HEX,
                "rule_id": "F03",
                "severity": "error",
                "outcome": "fail",
                "scope": "annual",
                "message": "各渠道之和不等于申请总数",
                "mend": "请核对",
                # exact decimals, as text
                "lhs": "9.0000",
                "rhs": "6.5000",
                "difference": "2.5000",
                "cells": [
                    {
                        "position": 1,
                        "indicator_code": "fj_req_total",
                        "applicant_kind": "",
                        "measure": "annual",
                        "sheet": "统计表",
                        "address": "D12",
                        "printed": "9",
                        "value": "9.0000",
                        "role": "operand",
                        "suggested_value": None,
                    },
                    {
                        "position": 2,
                        "indicator_code": "fj_req_online",
                        "applicant_kind": "",
                        "measure": "annual",
                        "sheet": "",
                        "address": "",
                        "printed": "",
                        "value": None,
                        "role": "operand",
                        "suggested_value": None,
                    },
                ],
            }
        ],
    }


def test_the_page_says_status_finding_and_cell(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.finding()
    night.cell(1)
    night.cell(2, address="", printed="", sheet="")
    night.write(tmp_path)
    text = Page(tmp_path / ORGAN / f"{RECEIPT}.html").text
    assert "已扣留：有错误，请改正后重报；在此之前沿用上一份正式数" in text
    assert "各渠道之和不等于申请总数请核对" in text
    assert "统计表!D12 9" in text
    # a row that is not there has no place to name
    assert text.count("!") == 1
    assert "是否正式数否" in text
    assert "问题（1）" in text


def test_a_clean_report_is_told_so(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(is_nil=True)
    night.write(tmp_path)
    text = Page(tmp_path / ORGAN / f"{RECEIPT}.html").text
    assert "已接受" in text
    assert "福建省附表2017年版（fj_annex_2017），零报告" in text
    assert "没有发现问题。" in text


def test_findings_come_in_order_of_weight(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    for number, (severity, rule) in enumerate(
        [("info", "V23"), ("warning", "F02"), ("error", "M01"), ("error", "F01")]
    ):
        night.finding(f"{number:012x}", severity=severity, rule_id=rule)
    night.write(tmp_path)
    found = [finding["rule_id"] for finding in receipt(tmp_path / ORGAN)["findings"]]
    assert found == ["F01", "M01", "F02", "V23"]


HOSTILE = {
    "file": "<script>alert(1)</script>.xlsx",
    "organ": "厦门市<b>太空</b>局",
    "message": "“<img src=x onerror=alert(2)>”不是数字 & 请改正",
    "printed": "<svg onload='alert(3)'>",
    "sheet": '"><a href="https://example.invalid">表</a>',
    "mend": "{{ 7 * 7 }}{% raw %}</td></table>",
}


def test_text_from_outside_stays_text_in_the_page(night: Night, tmp_path: Path) -> None:
    night.organ("XMP09999", HOSTILE["organ"])
    night.file("XMP09999/x", count=1)
    night.submission(HOSTILE["file"], organ_code="XMP09999")
    night.finding(message=HOSTILE["message"], mend=HOSTILE["mend"])
    night.cell(1, printed=HOSTILE["printed"], sheet=HOSTILE["sheet"])
    night.write(tmp_path)
    page = Page(tmp_path / "XMP09999" / f"{RECEIPT}.html")
    assert page.tags <= TAGS_OF_THE_PAGE
    assert page.attributes <= {"lang", "charset", "name", "content", "scope", "class"}
    for text in HOSTILE.values():
        assert text in page.text
    found = receipt(tmp_path / "XMP09999")
    assert (found["file"], found["organ_name"]) == (HOSTILE["file"], HOSTILE["organ"])
    assert found["findings"][0]["cells"][0]["printed"] == HOSTILE["printed"]


def test_a_rejected_file_is_answered_with_its_reason_escaped(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/<script>.xlsx", "rejected", reason="文件损坏 <script>alert(1)</script>")
    assert night.write(tmp_path) == Written(1, 1)
    number = "XMP00101-F000001-012345"
    found = receipt(tmp_path / ORGAN, number)
    assert (found["status"], found["outcome"], found["file"]) == ("unreadable", "rejected", "<script>.xlsx")
    assert found["reason"] == "文件损坏 <script>alert(1)</script>"
    page = Page(tmp_path / ORGAN / f"{number}.html")
    assert page.tags <= TAGS_OF_THE_PAGE
    assert "未能读取" in page.text
    assert "文件损坏 <script>alert(1)</script>" in page.text


def test_the_same_bytes_again_are_called_a_repeated_file(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/again.xlsx", "duplicate", reason="内容与以前收到的文件完全相同，不另作一份报表")
    night.write(tmp_path)
    text = Page(tmp_path / ORGAN / "XMP00101-F000001-012345.html").text
    assert "重复文件" in text
    assert "未能读取" not in text


def test_a_file_of_an_unknown_folder_is_answered_under_its_hash_only(night: Night, tmp_path: Path) -> None:
    night.file("..%2f<nobody>/报表.xlsx", "rejected", reason="不是名录中的机构代码")
    night.file("stray.xlsx", "rejected", number=2, sha256="fe" * 32, reason="不在任何机构的文件夹中")
    assert night.write(tmp_path) == Written(2, 2)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        "_unknown/0123456789ab.html",
        "_unknown/0123456789ab.json",
        "_unknown/fefefefefefe.html",
        "_unknown/fefefefefefe.json",
    ]
    assert "（名录中没有这个文件夹）" in Page(tmp_path / "_unknown" / "fefefefefefe.html").text


def test_the_same_bytes_in_two_unknown_folders_have_an_answer_each(night: Night, tmp_path: Path) -> None:
    night.file("nobody/a.xlsx", "rejected", number=1)
    night.file("noone/b.xlsx", "rejected", number=2)
    assert night.write(tmp_path) == Written(2, 2)
    folder = tmp_path / "_unknown"
    assert receipt(folder, "0123456789ab")["file"] == "a.xlsx"
    assert receipt(folder, "0123456789ab-F000002")["file"] == "b.xlsx"
    assert night.write(tmp_path) == Written(2, 0)


def test_what_could_not_be_read_of_a_file_beside_its_reports_is_answered_too(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/两年.csv", count=1)
    night.submission("两年.csv")
    night.finding(submission_id=None, rule_id="V03", message="第32行的 report_year “201七”不是四位年份")
    assert night.write(tmp_path) == Written(2, 2)
    assert receipt(tmp_path / ORGAN)["findings"] == []
    number = "XMP00101-F000001-012345"
    (finding,) = receipt(tmp_path / ORGAN, number)["findings"]
    assert finding["rule_id"] == "V03"
    assert "部分内容未能读取" in Page(tmp_path / ORGAN / f"{number}.html").text


def test_an_answer_is_rewritten_only_where_it_changed(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.file(f"{ORGAN}/坏.xlsx", "rejected", number=2, sha256="fe" * 32, reason="文件损坏")
    night.submission()
    assert night.write(tmp_path) == Written(2, 2)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert len(before) == 4
    assert night.write(tmp_path) == Written(2, 0)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before
    night.finding()
    assert night.write(tmp_path) == Written(2, 1)
    changed = {path.name for path, stamp in before.items() if path.stat().st_mtime_ns != stamp}
    assert changed == {f"{RECEIPT}.html", f"{RECEIPT}.json"}


def test_an_answer_that_somebody_changed_is_put_right(night: Night, tmp_path: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    night.write(tmp_path)
    page = tmp_path / ORGAN / f"{RECEIPT}.html"
    page.write_text("已接受，免检", encoding="utf-8")
    assert night.write(tmp_path) == Written(1, 1)
    assert "没有发现问题。" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", READS)
def test_every_table_that_is_declared_is_read(night: Night, tmp_path: Path, table: str) -> None:
    night.connection.execute(f"DROP TABLE {table}")
    with pytest.raises(duckdb.CatalogException, match=table.split(".")[1]):
        night.write(tmp_path)
