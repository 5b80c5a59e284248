"""A night over an inbox full of what is no file, of names made to harm and of twins: all answered, nothing lost."""

from __future__ import annotations

import json
import os
import socket
import unicodedata
from pathlib import Path

import pytest

from pipelines.settings import Settings
from tests.integration.night import annex, drop, new_home, rows, run_night

ORGAN = "XMP00101"
NOT_FILES = ("link.xlsx", "pipe.xlsx", "socket.xlsx")
NAMES = {
    "..xlsx": 2014,
    "line\nbreak\x1b[31m.xlsx": 2015,
    f"x{'年' * 83}.xlsx": 2016,
    os.fsdecode("报表.xlsx".encode("gbk")): 2017,
    unicodedata.normalize("NFD", "é.xlsx"): 2018,
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = new_home(tmp_path_factory.mktemp("hostile") / "home")
    for name, year in NAMES.items():
        drop(settings, f"{ORGAN}/{name}", annex(ORGAN, year, {"fj_open_total": year}), "2019-01-05T10:00:00")
    twin = annex(ORGAN, 2018, {"fj_open_total": 1})
    drop(settings, f"{ORGAN}/{unicodedata.normalize('NFC', 'é.xlsx')}", twin, "2019-01-06T10:00:00")
    drop(settings, f"{ORGAN}/É.XLSX", twin, "2019-01-07T10:00:00")
    folder = settings.inbox / ORGAN
    (folder / "link.xlsx").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to("/etc")
    os.mkfifo(folder / "pipe.xlsx")
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.xlsx")
            assert run_night(settings).success
    finally:
        os.chdir(here)
    return settings


def test_every_entry_is_accounted_for(night: Settings) -> None:
    assert rows(night, "SELECT files_received, files_accounted FROM meta.build") == [(10, 10)]
    assert rows(night, "SELECT outcome, count(*) FROM core.fct_file GROUP BY outcome ORDER BY outcome") == [
        ("duplicate", 1),
        ("read", 6),
        ("rejected", 3),
    ]


def test_what_is_no_file_is_answered(night: Settings) -> None:
    found = rows(night, "SELECT inbox_path, reason FROM core.fct_file WHERE outcome = 'rejected' ORDER BY inbox_path")
    assert found == [(f"{ORGAN}/{name}", "不是普通文件（链接、管道或设备），未读取") for name in NOT_FILES]


def test_every_name_is_read_and_shown_without_harm(night: Settings) -> None:
    figures = dict(
        rows(
            night,
            "SELECT s.report_year, c.value FROM core.fct_submission AS s JOIN core.fct_cell AS c USING (submission_id)"
            " WHERE c.indicator_code = 'fj_open_total' AND c.measure = 'annual' AND s.received_at < '2019-01-06'",
        )
    )
    assert figures == {year: year for year in NAMES.values()}
    paths = [path for (path,) in rows(night, "SELECT inbox_path FROM core.fct_file")]
    assert all(path.isprintable() for path in paths)
    assert f"{ORGAN}/line\\nbreak\\x1b[31m.xlsx" in paths


def test_of_two_names_that_look_alike_the_last_is_official_and_both_are_told(night: Settings) -> None:
    found = rows(
        night,
        "SELECT s.is_official, f.rule_id FROM core.fct_submission AS s JOIN core.fct_finding AS f USING (submission_id)"
        " WHERE s.report_year = 2018 AND f.rule_id = 'V11' ORDER BY s.sequence",
    )
    assert found == [(False, "V11"), (True, "V11")]


def test_answers_lie_in_the_organs_own_folder_only(night: Settings) -> None:
    assert [path.name for path in night.outbox.iterdir() if path.is_dir()] == [ORGAN]
    answers = sorted((night.outbox / ORGAN).glob("*.json"))
    assert len(answers) == 10
    assert all(path.name.startswith(f"{ORGAN}-") and path.name.isascii() for path in answers)
    reasons = [json.loads(path.read_text(encoding="utf-8")).get("reason") or "" for path in answers]
    assert sum("不是普通文件" in reason for reason in reasons) == len(NOT_FILES)
