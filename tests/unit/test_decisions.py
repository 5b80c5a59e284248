"""Decisions files: what a line says, which finding it is about, and why a line does not count."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.decisions import (
    HEADER,
    MAX_BYTES,
    MAX_LINES,
    Line,
    bind,
    presumed,
    read_decisions,
    staged_decisions,
    told_of,
)
from pipelines.intake import take_in
from pipelines.journal import Journal
from pipelines.settings import Settings
from schemas import render
from schemas.tables import TABLES
from warehouse.connection import writer

TODAY = date(2024, 2, 10)
TOP = ",".join(HEADER)
RECEIPT, FINDING = "XMP00101-2017-fj_annex_2017-000001-012345", "0123456789ab"
SOUND = f"{RECEIPT},{FINDING},explain,口径不同,李四,2024-02-01"
FOUND: dict[str, Any] = {
    "finding_id": FINDING, "submission_id": "aaaaaaaaaaaa", "organ_code": "XMP00101", "report_year": 2017,
    "form_code": "fj_annex_2017", "rule_id": "F01", "scope": "annual", "lhs": Decimal("5.0000"), "rhs": None,
    "message": "不符。", "receipt_no": RECEIPT, "is_of_file": False,
}  # fmt: skip


def read(*lines: str, top: str = TOP) -> list[Line]:
    return read_decisions("\n".join([top, *lines]).encode(), TODAY)


def bound(line: str, folder: str | None = "XMP00101", **found: Any) -> dict[str, Any]:
    (row,) = bind(read(line), folder, {FINDING: FOUND | found}, [])
    return row


# lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_line_in_every_encoding_that_a_spreadsheet_saves(encoding: str) -> None:
    assert read_decisions(f"{TOP}\r\n{SOUND}\r\n".encode(encoding), TODAY) == [
        Line(2, RECEIPT, FINDING, "explain", "口径不同", "李四", "2024-02-01")
    ]


def test_what_a_spreadsheet_does_to_a_line_is_understood() -> None:
    (line,) = read(
        "",
        f' 2024/2/1 ,李四, {RECEIPT},{FINDING.upper()}, Accept_As_Printed ,"多行，\n　有,逗号"',
        ",,,,,",
        top="signed_on,signed_by,receipt_no,finding_id,decision,Reason",
    )
    assert line == Line(3, RECEIPT, FINDING, "accept_as_printed", "多行， 有,逗号", "李四", "2024-02-01")


@pytest.mark.parametrize("written", ["2024-02-01", "2024/2/1", "2024.2.1", "2024年2月1日"])
def test_a_date_as_people_write_it(written: str) -> None:
    assert [line.signed_on for line in read(SOUND.replace("2024-02-01", written))] == ["2024-02-01"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (SOUND.replace("口径不同", " "), "理由（reason）没有填"),
        (SOUND.replace("李四", ""), "签署人（signed_by）没有填"),
        (SOUND.replace("2024-02-01", ""), "签署日期（signed_on）没有填"),
        (SOUND.replace("2024-02-01", "2024-02-30"), "签署日期“2024-02-30”不是日期"),
        (SOUND.replace("2024-02-01", "去年"), "签署日期“去年”不是日期"),
        (SOUND.replace("2024-02-01", "2024-02-11"), "在收到之后"),
        (SOUND.replace("explain", "waive"), "不认识的决定“waive”"),
        (SOUND.replace("explain", ""), "决定（decision）没有填"),
        (SOUND.replace(FINDING, ""), "问题编号（finding_id）没有填"),
        (SOUND.replace("口径不同", "口" * 1001), "理由（reason）超过1000字"),
        (SOUND.replace("口径不同", "口径,不同"), "比首行多出几格"),
        ("只有一格", "问题编号（finding_id）没有填；决定（decision）没有填"),
    ],
)
def test_a_line_that_cannot_count_says_why(line: str, problem: str) -> None:
    (told,) = read(line)
    assert problem in told.problem
    assert len(told.reason) <= 1000


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "首行应当是"),
        (SOUND.encode(), "首行应当是"),
        (f"{TOP},more\n".encode(), "首行应当是"),
        (b"PK\x03\x04\0\0\0", "不是 UTF-8 或 GB18030 编码的 CSV"),
        (f'{TOP}\n"{"x" * 200_000}"'.encode(), "不是完整的 CSV"),
        (b"x" * (MAX_BYTES + 1), "超过 1 MB"),
    ],
)
def test_a_file_that_is_no_decisions_is_one_line_saying_so(data: bytes, problem: str) -> None:
    (line,) = read_decisions(data, TODAY)
    assert line.line == 1
    assert problem in line.problem


def test_lines_beyond_the_bound_are_told_not_read() -> None:
    lines = read(*[SOUND] * (MAX_LINES + 5))
    assert len(lines) == MAX_LINES + 1
    assert (lines[-2].problem, lines[-1].line) == ("", MAX_LINES + 2)
    assert "超过 2000 行，从此行起未读取" in lines[-1].problem
    assert all(line.problem == "" for line in read(*[SOUND] * MAX_LINES))


def test_control_characters_stay_out() -> None:
    (line,) = read(SOUND.replace("口径不同", "口\x1b[31m径\u202e不同"))
    assert line.reason == "口[31m径不同"


# binding


def test_a_line_is_bound_to_what_the_finding_was() -> None:
    row = bound(SOUND)
    assert row["problem"] == ""
    assert row["binding"] == {
        "submission_id": "aaaaaaaaaaaa", "organ_code": "XMP00101", "report_year": 2017, "form_code": "fj_annex_2017",
        "rule_id": "F01", "scope": "annual", "lhs": "5.0000", "rhs": None, "message": "不符。",
    }  # fmt: skip


def test_the_office_accepts_and_a_department_does_not() -> None:
    accepting = SOUND.replace("explain", "accept_as_printed")
    assert bound(accepting, folder=None)["problem"] == ""
    refused = bound(accepting)
    assert refused["problem"].startswith("“按原样接受”只能由办公室作出")
    assert refused["binding"]["rule_id"] == "F01"


@pytest.mark.parametrize(
    ("line", "folder", "problem"),
    [
        (SOUND.replace(FINDING, "ffffffffffff"), "XMP00101", "没有问题编号“ffffffffffff”"),
        (SOUND, "XMP00102", "不是本机构的"),
        (SOUND.replace(RECEIPT, "别的回执"), "XMP00101", f"在回执 {RECEIPT} 里，不在“别的回执”里"),
        (SOUND.replace(RECEIPT, ""), None, f"在回执 {RECEIPT} 里，不在“”里"),
    ],
)
def test_a_line_about_another_finding_is_not_bound(line: str, folder: str | None, problem: str) -> None:
    row = bound(line, folder)
    assert problem in row["problem"]
    assert row["binding"] is None


def test_a_finding_without_a_submission() -> None:
    of_year = {"submission_id": None, "receipt_no": ""}
    assert bound(SOUND.replace(RECEIPT, ""), None, **of_year)["problem"] == ""
    accepting = SOUND.replace("explain", "accept_as_printed")
    assert "没有可以按原样接受的报表" in bound(accepting, None, submission_id=None, is_of_file=True)["problem"]


def test_a_repeated_line_keeps_its_first_binding_and_a_new_one_does_not() -> None:
    first = bind(read(SOUND), None, {FINDING: FOUND}, [])
    # the wording of the finding changed since, and then it was gone
    reworded = {FINDING: FOUND | {"message": "另一句。"}}
    again = bind(read(SOUND, SOUND.replace("李四", "王五")), None, reworded, [{"rows": first}])
    assert [row["binding"]["message"] for row in again] == ["不符。", "另一句。"]
    (gone,) = bind(read(SOUND), None, {}, [{"rows": first}, {"rows": again}])
    assert (gone["binding"]["message"], gone["problem"]) == ("不符。", "")


# as rows


def entry(sequence: int, *lines: str, folder: str = "XMP00101", **changed: Any) -> dict[str, Any]:
    rows = bind(read(*lines), folder or None, {FINDING: FOUND}, [])
    return {
        "sequence": sequence, "path": f"{folder}/decisions.csv", "folder": folder, "is_office": not folder,
        "is_repeat": False, "outcome": "archived", "received_at": "2024-02-10T10:00:00", "rows": rows,
    } | changed  # fmt: skip


def test_journalled_lines_are_staged_with_exact_values() -> None:
    sound, bad = staged_decisions([entry(7, SOUND, "x", folder="")])
    assert (sound["decision_id"], sound["file_id"], sound["source"]) == ("D000007-0002", "F000007", "office")
    assert (sound["lhs"], sound["rhs"]) == (Decimal("5.0000"), None)
    assert (sound["received_at"], sound["signed_on"]) == (datetime(2024, 2, 10, 10), date(2024, 2, 1))
    assert (bad["decision_id"], bad["organ_code"], bad["signed_on"]) == ("D000007-0003", None, None)


def test_presumption_is_told_of_what_a_file_says_now() -> None:
    accepting = SOUND.replace("explain", "accept_as_printed")
    wrong, office = entry(1, SOUND, accepting), entry(2, accepting, folder="")
    (told,) = presumed([wrong, office])
    assert told[1:] == (
        "aaaaaaaaaaaa",
        "decisions.csv 第3行：“按原样接受”只能由办公室作出，此行不起作用；请改为 explain 并写明理由",
    )
    # a copy or a locked file says nothing new, a mended one does
    silent = [entry(3, is_repeat=True), entry(4, outcome="rejected")]
    assert [item[0]["sequence"] for item in presumed([wrong, *silent])] == [1]
    assert list(presumed([wrong, entry(5, SOUND)])) == []


def test_the_lines_that_do_not_count_are_told_of_the_file() -> None:
    assert told_of(entry(1, SOUND, SOUND.replace("李四", ""))) == "第3行：签署人（signed_by）没有填"


# received


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose published night has no findings."""
    home = Settings(home=tmp_path / "home")
    folder = home.published / "generations" / "1"
    for made in (home.inbox / "A", home.decisions, folder):
        made.mkdir(parents=True)
    with writer(folder / "disclosure.duckdb") as connection:
        connection.execute("CREATE SCHEMA core")
        for table in ("core.fct_finding", "core.fct_submission", "core.fct_file"):
            connection.execute(render.create_table(TABLES[table]))
    (home.published / "current").symlink_to("generations/1")
    return home


def received(settings: Settings) -> list[tuple[str, bool, bool, int]]:
    """(path, whether the office's, whether a repeat, lines) of what is new."""
    intake = take_in(settings, Journal(settings.archive))
    assert intake.new == ()
    return [(e["path"], e["is_office"], e["is_repeat"], len(e["rows"])) for e in intake.decisions]


def test_each_content_is_received_once(settings: Settings) -> None:
    own, office = settings.inbox / "A" / "Decisions.csv", settings.decisions / "一月.csv"
    own.write_text(f"{TOP}\n{SOUND}\n", encoding="utf-8")
    office.write_text(f"{TOP}\n{SOUND}\n{SOUND}\n", encoding="utf-8")
    assert sorted(received(settings)) == [("A/Decisions.csv", False, False, 1), ("decisions/一月.csv", True, False, 2)]
    assert received(settings) == []
    own.touch()
    assert received(settings) == []
    # a copy under another name, then other content, then the first content again: that is said anew
    (settings.decisions / "副本.csv").write_bytes(office.read_bytes())
    assert received(settings) == [("decisions/副本.csv", True, True, 0)]
    first = office.read_bytes()
    office.write_text(f"{TOP}\n{SOUND}\n", encoding="utf-8")
    assert received(settings) == [("decisions/一月.csv", True, False, 1)]
    office.write_bytes(first)
    assert received(settings) == [("decisions/一月.csv", True, False, 2)]
    assert received(settings) == []


def test_a_folder_of_the_inbox_is_never_the_office(settings: Settings) -> None:
    for folder in ("decisions", "office"):
        (settings.inbox / folder).mkdir()
        (settings.inbox / folder / "decisions.csv").write_text(f"{TOP}\n{SOUND}\n", encoding="utf-8")
    (settings.decisions / "decisions.csv").write_text(f"{TOP}\n{SOUND}\n", encoding="utf-8")
    assert sorted(received(settings)) == [
        ("decisions/decisions.csv", False, False, 1),
        ("decisions/decisions.csv", True, False, 1),
        ("office/decisions.csv", False, False, 1),
    ]


def test_decisions_wait_until_something_is_published(settings: Settings) -> None:
    (settings.decisions / "a.csv").write_text(f"{TOP}\n{SOUND}\n", encoding="utf-8")
    link = settings.published / "current"
    link.unlink()
    intake = take_in(settings, Journal(settings.archive))
    assert (intake.decisions, intake.deferred) == ((), ("decisions/a.csv",))
    link.symlink_to("generations/1")
    assert received(settings) == [("decisions/a.csv", True, False, 1)]
