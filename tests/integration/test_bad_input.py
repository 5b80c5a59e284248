"""Every kind of bad file is accounted for, answered with a reason, and leaves the others alone."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipelines.precheck import check_files
from pipelines.readers.model import Limits
from pipelines.settings import Settings
from schemas.form import CellKey, load_forms
from tests.integration.agreement import answered, by_receipt
from tests.integration.night import annex, drop, matrix, new_home, rows, run_night
from tests.unit.old_workbooks import compound

ORGAN, OTHER, THIRD = "XMP00101", "XMP00102", "XM02102"


def far_cell(data: bytes) -> bytes:
    """The workbook with one cell at XFD1048576: calamine would abort its process on it."""
    book = load_workbook(io.BytesIO(data))
    book["统计表"]["XFD1048576"] = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb(size: int = 30_000_000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * size)
    return out.getvalue()


GOOD = {"fj_open_total": 77, "fj_open_website": 70}
ENCRYPTED = bytes(compound({"EncryptedPackage": b"."}))
# path in the inbox: (bytes, outcome, part of the reason)
REJECTED: dict[str, tuple[bytes, str]] = {
    f"{ORGAN}/empty.xlsx": (b"", "文件是空的"),
    f"{ORGAN}/damaged.xlsx": (annex(ORGAN, 2017)[:3000], "文件损坏"),
    f"{ORGAN}/locked.xlsx": (ENCRYPTED, "密码保护"),
    f"{ORGAN}/report.pdf": (b"%PDF-1.7 ...", "PDF 损坏"),
    f"{ORGAN}/report.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "文件损坏"),
    f"{ORGAN}/picture.xlsx": (b"\x89PNG\r\n\x1a\n....", "图片不能读取"),
    f"{ORGAN}/noise.csv": (b"\x81\x20\xff\xff\xfe\x80\x80", "编码无法识别"),
    f"{ORGAN}/letter.csv": ("尊敬的领导：\n今年没有大事。\n".encode(), "表样无法识别"),
    f"{ORGAN}/bomb.xlsx": (bomb(), "展开后过大"),
    f"{ORGAN}/far.xlsx": (far_cell(annex(ORGAN, 2016)), "范围过大"),
    f"{ORGAN}/big.csv": (b"x" * 60_000, "上限"),
    f"{ORGAN}/unknown.csv": (
        b"organ_code,report_year,form_code,indicator_code,applicant_kind,measure,value\n,2017,gb_1999,a,,annual,1\n",
        "没有名为“gb_1999”的表样",
    ),
    "nobody/report.xlsx": (annex("nobody", 2017), "不是名录中的机构代码"),
    "stray.xlsx": (annex(ORGAN, 2018), "不在任何机构的文件夹中"),
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = new_home(tmp_path_factory.mktemp("bad") / "home")
    limits = Limits(max_bytes=50_000, max_expanded_bytes=20_000_000)
    settings = Settings(home=home.home, limits=limits)
    for path, (data, _) in REJECTED.items():
        drop(settings, path, data, "2018-01-05T10:00:00")
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, GOOD), "2018-01-06T09:00:00")
    # names another organ than its folder
    drop(settings, f"{OTHER}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 5}), "2018-01-06T10:00:00")
    # text where a number belongs
    drop(settings, f"{OTHER}/2016.csv", _csv(OTHER, 2016, {("fj_open_total", "annual"): "很多"}), "2018-01-06T11:00:00")
    # two files for one organ and year: the last accepted counts
    drop(settings, f"{THIRD}/first.xlsx", annex(THIRD, 2017, {"fj_open_total": 1}), "2018-01-07T09:00:00")
    drop(settings, f"{THIRD}/second.xlsx", annex(THIRD, 2017, {"fj_open_total": 2}), "2018-01-07T10:00:00")
    # the same bytes again
    drop(settings, f"{THIRD}/copy.xlsx", annex(THIRD, 2017, {"fj_open_total": 2}), "2018-01-07T11:00:00")
    # an edition outside its years, a form that the organ owes nobody
    drop(settings, f"{ORGAN}/2015.xlsx", annex(ORGAN, 2019), "2018-01-08T09:00:00")
    drop(settings, f"{ORGAN}/late.xlsx", matrix(ORGAN, 2022), "2018-01-08T10:00:00")
    assert run_night(settings).success
    return settings


def _csv(organ: str, year: int, changed: dict[tuple[str, str], str]) -> bytes:
    lines = ["organ_code,report_year,form_code,indicator_code,applicant_kind,measure,value"]
    for key in load_forms()["fj_annex_2017"].cells():
        value = changed.get((key.indicator_code, key.measure), "0")
        lines.append(f"{organ},{year},fj_annex_2017,{key.indicator_code},,{key.measure},{value}")
    return "\n".join(lines).encode("gb18030")


def finding(night: Settings, where: str) -> list[tuple[Any, ...]]:
    columns = "rule_id, severity, outcome, message"
    return rows(night, f"SELECT {columns} FROM core.fct_finding WHERE {where} ORDER BY rule_id")


def submission(night: Settings, where: str) -> tuple[Any, ...]:
    """(submission_id, form_code, status) of the one submission that ``where`` names."""
    (row,) = rows(night, f"SELECT submission_id, form_code, status FROM core.fct_submission WHERE {where}")
    return row


def test_every_file_is_accounted_for(night: Settings) -> None:
    assert rows(night, "SELECT files_received, files_accounted FROM meta.build") == [(22, 22)]
    assert dict(rows(night, "SELECT outcome, count(*) FROM core.fct_file GROUP BY outcome")) == {
        "rejected": len(REJECTED),
        "duplicate": 1,
        "read": 7,
    }


@pytest.mark.parametrize("path", sorted(REJECTED))
def test_a_bad_file_is_rejected_with_its_reason(night: Settings, path: str) -> None:
    ((outcome, reason),) = rows(night, f"SELECT outcome, reason FROM core.fct_file WHERE inbox_path = '{path}'")
    assert outcome == "rejected"
    assert REJECTED[path][1] in reason


@pytest.mark.parametrize("path", sorted(REJECTED))
def test_a_bad_file_is_answered(night: Settings, path: str) -> None:
    ((file_id, sha256, folder),) = rows(
        night, f"SELECT file_id, sha256, folder FROM core.fct_file WHERE inbox_path = '{path}'"
    )
    if folder == ORGAN:
        answer = night.outbox / ORGAN / f"{ORGAN}-{file_id}-{sha256[:6]}.json"
    else:
        answer = night.outbox / "_unknown" / f"{sha256[:12]}.json"
    receipt = json.loads(answer.read_text(encoding="utf-8"))
    assert receipt["status"] == "unreadable"
    assert REJECTED[path][1] in receipt["reason"]
    assert answer.with_suffix(".html").is_file()


@pytest.mark.parametrize("organ", [ORGAN, OTHER, THIRD])
def test_a_check_says_the_same_of_a_whole_folder(night: Settings, organ: str) -> None:
    """What was not even archived has only a reason at night; the check tells it as V01."""
    answers = check_files(night, sorted((night.inbox / organ).iterdir()), organ).answers
    whole = {
        (name, finding["rule_id"], finding["message"])
        for answer in answers
        if answer.status == "unreadable"
        for name, finding in ((Path(answer.file).name, finding) for finding in answer.findings)
    }
    files = rows(
        night,
        "SELECT regexp_extract(f.inbox_path, '[^/]*$'), coalesce(p.rule_id, 'V01'), coalesce(p.message, f.reason)"
        " FROM core.fct_file AS f LEFT JOIN core.fct_finding AS p"
        " ON p.file_id = f.file_id AND p.submission_id IS NULL"
        f" WHERE f.folder = '{organ}' AND (p.file_id IS NOT NULL OR f.outcome = 'rejected')",
    )
    assert whole == set(files)
    said = by_receipt(night)
    read = [answer for answer in answers if answer.status != "unreadable"]
    assert {answer.received_as for answer in read} == {number for number in said if number.startswith(organ)}
    assert [answered(answer) for answer in read] == [said[answer.received_as] for answer in read]


def test_no_answer_lies_under_a_name_from_outside(night: Settings) -> None:
    register_codes = {path.name for path in night.outbox.iterdir()}
    assert register_codes <= {ORGAN, OTHER, THIRD, "_unknown"}


def test_the_good_file_beside_them_is_official(night: Settings) -> None:
    assert rows(
        night,
        "SELECT c.value FROM core.official_cell AS c WHERE organ_code = 'XMP00101' AND report_year = 2017"
        " AND indicator_code = 'fj_open_total' AND measure = 'annual'",
    ) == [(Decimal(77),)]


def test_a_file_that_names_another_organ_is_read_and_held(night: Settings) -> None:
    found_id, _, status = submission(night, f"organ_code = '{OTHER}' AND report_year = 2017")
    assert status == "held"
    found = {row[0]: row for row in finding(night, f"submission_id = '{found_id}'")}
    assert found["V21"][1:3] == ("error", "fail")
    assert ORGAN in found["V21"][3]


def test_text_where_a_number_belongs_is_a_finding_with_its_cell(night: Settings) -> None:
    found_id, _, status = submission(night, f"organ_code = '{OTHER}' AND report_year = 2016")
    assert status == "held"
    assert rows(
        night,
        "SELECT value, value_state, printed, address FROM core.fct_cell"
        f" WHERE submission_id = '{found_id}' AND indicator_code = 'fj_open_total' AND measure = 'annual'",
    ) == [(None, "not_a_number", "很多", "G2")]
    ((_, severity, outcome, message),) = finding(night, f"submission_id = '{found_id}' AND rule_id = 'V06'")
    assert (severity, outcome) == ("error", "fail")
    assert "主动公开文件数" in message
    assert "很多" in message
    assert rows(
        night,
        "SELECT c.sheet, c.address, c.printed FROM core.finding_cell AS c JOIN core.fct_finding AS f USING (finding_id)"
        f" WHERE f.submission_id = '{found_id}' AND f.rule_id = 'V06'",
    ) == [("CSV", "G2", "很多")]


def test_of_two_files_of_one_night_the_last_accepted_is_official_and_both_are_told(night: Settings) -> None:
    found = rows(
        night,
        "SELECT s.file_name, s.is_official, s.supersedes IS NOT NULL, count(f.finding_id) FROM core.fct_submission AS s"
        " LEFT JOIN core.fct_finding AS f ON f.submission_id = s.submission_id AND f.rule_id = 'V11'"
        f" WHERE s.organ_code = '{THIRD}' GROUP BY ALL ORDER BY 1",
    )
    assert found == [("first.xlsx", False, False, 1), ("second.xlsx", True, True, 1)]


def test_the_same_bytes_again_make_no_new_submission(night: Settings) -> None:
    assert rows(night, "SELECT inbox_path, submissions FROM core.fct_file WHERE outcome = 'duplicate'") == [
        (f"{THIRD}/copy.xlsx", 0)
    ]


def test_an_edition_outside_its_years_is_read_as_what_it_is_and_held(night: Settings) -> None:
    found_id, form, status = submission(night, "report_year = 2019")
    assert (form, status) == ("fj_annex_2017", "held")
    found = {row[0]: row[1:3] for row in finding(night, f"submission_id = '{found_id}'")}
    assert found["V12"] == ("error", "fail")
    assert found["V22"] == ("warning", "fail")


def test_a_form_that_is_not_due_is_said_and_not_added(night: Settings) -> None:
    found_id, _, status = submission(night, "report_year = 2022")
    assert status == "accepted_with_warnings"
    assert [row[0] for row in finding(night, f"submission_id = '{found_id}'")] == ["V22"]
    assert rows(night, "SELECT count(*) FROM mart.city_rollup WHERE report_year = 2022") == [(0,)]


def test_a_resubmission_after_rejection_becomes_official_the_next_night(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home")
    wrong = {"fj_req_total": 5, "fj_req_online": 4}
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 9}), "2018-01-05T10:00:00")
    run_night(settings)
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, wrong))
    run_night(settings)
    assert rows(settings, "SELECT status, is_official FROM core.fct_submission ORDER BY sequence") == [
        ("accepted", True),
        ("held", False),
    ]
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, wrong | {"fj_req_mail_fax": 1}, reason="漏填一件"))
    run_night(settings)
    found = rows(
        settings,
        "SELECT s.status, s.is_official, p.sequence FROM core.fct_submission AS s"
        " LEFT JOIN core.fct_submission AS p ON p.submission_id = s.supersedes ORDER BY s.sequence",
    )
    assert [row[:2] for row in found] == [("accepted", False), ("held", False), ("accepted", True)]
    assert found[2][2] == 2
    assert rows(settings, "SELECT count(*) FROM core.fct_cell") == [(90,)]
    key = CellKey("fj_req_total", "", "annual")
    assert rows(
        settings,
        f"SELECT value FROM core.official_cell WHERE indicator_code = '{key.indicator_code}' AND measure = 'annual'",
    ) == [(5,)]
