"""Two nights on the samples at fixed times, whose answers ``docs/cookbook.md`` shows.

Belongs here: the home, its clock and what comes in between the nights. The first night is what `make nightly` publishes
of the samples, but for its date. What comes before the second is made up like all figures of single organs: a report
filed again with smaller figures, a report that was held and is accepted by the office, a department's explanation, a
picture that nobody can read, and a file that was sent twice. Does not belong here: any question or expectation.
"""

from __future__ import annotations

import csv
import io
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pipelines.seeding import seed_if_empty
from pipelines.settings import PROJECT, Settings
from tests.integration.night import drop, new_home, rows, run_night
from warehouse.publish import FILE_NAME

FIRST_NIGHT = datetime(2025, 3, 10, 2)
SECOND_NIGHT = datetime(2025, 3, 20, 2)
TOWN, HELD, MISSING, CITY = "XMP06901", "XMP03104", "XMP07902", "XMP00001"
LESS = {"req_new": 9, "res_granted": 3, "res_unable_not_held": 6, "res_total": 9}
"""what the town's correction takes away, in the column of natural persons and so in the total"""
_LONG = ("organ_code", "report_year", "form_code", "indicator_code", "applicant_kind", "measure", "value")
_DECISION = ("receipt_no", "finding_id", "decision", "reason", "signed_by", "signed_on")


@dataclass(frozen=True)
class Nights:
    """The published files of both nights."""

    first: Path
    second: Path


def run_first_night(home: Path) -> Settings:
    """The samples in an empty home, and one night."""
    settings = new_home(home, clock=lambda: FIRST_NIGHT)
    seed_if_empty(PROJECT / "samples", settings.inbox)
    run_night(settings)
    return settings


def run_second_night(settings: Settings) -> Nights:
    """The night that follows in the home of the first one, which stays to be seen."""
    _come_in(settings)
    run_night(replace(settings, clock=lambda: SECOND_NIGHT))
    first, second = (settings.published / "generations" / number / FILE_NAME for number in "12")
    return Nights(first, second)


def _come_in(settings: Settings) -> None:
    """What departments drop and the office decides between the nights."""
    drop(settings, f"{TOWN}/更正.csv", _correction(settings), "2025-03-12 09:10:00")
    drop(settings, f"{MISSING}/扫描件.jpg", b"\xff\xd8\xff\xe0" + bytes(64), "2025-03-13 15:40:00")
    once = next((settings.inbox / CITY).glob("2024*"))
    shutil.copy2(once, once.with_stem("再次报送"))
    explained = _findings(settings, CITY, "F12c")
    drop(
        settings,
        f"{CITY}/decisions.csv",
        _decisions(explained, "explain", "差额9件自2016年以前结转，正在核对旧档", "市政府办公厅"),
        "2025-03-14 10:00:00",
    )
    settings.decisions.mkdir(exist_ok=True)
    accepted = _decisions(_findings(settings, HELD, "%"), "accept_as_printed", "单位来函说明，按原表采用", "市公开办")
    (settings.decisions / "2025-03-15.csv").write_bytes(accepted)


def _correction(settings: Settings) -> bytes:
    """The town's report of 2024 as published, with less."""
    cells = rows(
        settings,
        f"SELECT {', '.join(_LONG)} FROM core.official_cell"
        f" WHERE organ_code = '{TOWN}' AND report_year = 2024 ORDER BY ALL",
    )
    lines = []
    for *key, value in cells:
        less = LESS.get(key[3], 0) if key[4] in ("natural_person", "total") else 0
        lines.append((*key, value - Decimal(less), "误计其他单位转办的申请9件，现予核减"))
    return _csv((*_LONG, "resubmission_reason"), lines)


def _findings(settings: Settings, organ: str, rule: str) -> list[tuple[str, str]]:
    """(receipt, finding) of the errors of an organ."""
    return rows(
        settings,
        "SELECT s.receipt_no, f.finding_id"
        " FROM core.fct_finding AS f JOIN core.fct_submission AS s USING (submission_id)"
        f" WHERE f.organ_code = '{organ}' AND f.rule_id LIKE '{rule}' AND f.severity = 'error' ORDER BY ALL",
    )


def _decisions(findings: list[tuple[str, str]], decision: str, reason: str, signed_by: str) -> bytes:
    return _csv(_DECISION, [(*pair, decision, reason, signed_by, "2025-03-14") for pair in findings])


def _csv(header: tuple[str, ...], lines: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *lines])
    return text.getvalue().encode()
