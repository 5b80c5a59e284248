"""Proof that the sample files are those that the code makes, and that they say what the sample figures say."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipelines.readers import read_file
from samples.allocate import STORY, Value, build_figures
from samples.build import CSV_HEADER, MANIFEST_HEADER, SAMPLES_FOLDER, build
from schemas.form import CellKey
from schemas.register import load_register

INBOX = SAMPLES_FOLDER / "inbox"
MANIFEST = SAMPLES_FOLDER / "manifest.csv"
CITY_REPORT = "XMP00001/2017年度政府信息公开统计表.xlsx"


def manifest() -> dict[str, tuple[datetime, str]]:
    rows = list(csv.reader(StringIO(MANIFEST.read_text(encoding="utf-8"))))
    assert tuple(rows[0]) == MANIFEST_HEADER
    return {path: (datetime.fromisoformat(received_at), note) for path, received_at, note in rows[1:]}


def content(path: Path) -> bytes | Mapping[str, bytes]:
    """The bytes of a CSV; of a workbook its parts, because another zlib packs the same parts into other bytes."""
    if path.suffix != ".xlsx":
        return path.read_bytes()
    with ZipFile(path) as parts:
        return {entry.filename: parts.read(entry) for entry in parts.infolist()}


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    build(folder)
    return folder


def test_rebuilding_changes_nothing(rebuilt: Path) -> None:
    assert files_below(rebuilt / "inbox") == files_below(INBOX)
    changed = [path for path in files_below(INBOX) if content(INBOX / path) != content(rebuilt / "inbox" / path)]
    assert changed == []
    assert (rebuilt / "manifest.csv").read_bytes() == MANIFEST.read_bytes()


def test_rebuilding_removes_what_is_no_longer_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "inbox" / "XMP00102" / "旧文件.xlsx"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"old")
    monkeypatch.setattr("samples.build.sample_files", lambda *_: iter(()))
    assert build(tmp_path) == []
    assert not stale.exists()
    assert (tmp_path / "manifest.csv").read_bytes() == b"path,received_at,note\r\n"


def test_the_manifest_names_every_file_and_the_whole_is_small() -> None:
    assert set(manifest()) == files_below(INBOX)
    assert sum((INBOX / path).stat().st_size for path in manifest()) < 6 * 1024**2
    assert {path.split("/")[0] for path in manifest()} <= set(load_register().organs)


def test_every_duty_of_the_sample_years_is_met_but_the_one_that_is_missing() -> None:
    duties = {(duty.organ_code, duty.report_year, duty.form_code) for duty in load_register().duties()}
    filed = {figure[:3] for figure in build_figures()}
    nil = {(STORY.nil, year, STORY.form_code) for year in STORY.nil_years}
    assert duties == filed | nil
    assert len(manifest()) == len(duties) - 1 + 1  # one missing, one filed twice


def test_only_the_late_one_comes_after_its_due_date() -> None:
    due = {(duty.organ_code, duty.report_year): duty.due_on for duty in load_register().duties()}
    late = []
    for path, (received_at, _) in manifest().items():
        organ, name = path.split("/")
        year = int(re.findall(r"\d{4}", name)[0])
        if received_at.date() > due[organ, year]:
            late.append((organ, year, received_at))
        assert received_at.year == year + 1
    assert late == [(STORY.late, 2024, datetime(2025, 2, 11, 9, 30))]


def test_the_live_collection_has_its_story() -> None:
    live = [path for path in manifest() if "2024" in path]
    by_organ = Counter(path.split("/")[0] for path in live)
    assert by_organ[STORY.missing] == 0
    assert by_organ[STORY.resubmitted.organ_code] == 2
    assert {organ for organ, count in by_organ.items() if count > 1} == {STORY.resubmitted.organ_code}
    first, second = sorted(manifest()[path][0] for path in live if path.startswith(STORY.resubmitted.organ_code))
    assert (second - first).days == 8
    (gb18030,) = [path for path in live if path.startswith(STORY.gb18030_csv)]
    with pytest.raises(UnicodeDecodeError):
        (INBOX / gb18030).read_bytes().decode("utf-8")
    (nil_2023,) = [path for path in manifest() if path.startswith(STORY.nil) and "2023" in path]
    assert nil_2023 == f"{STORY.nil}/nil_2023_gb_2021.csv"


def test_every_file_says_that_its_figures_are_made_up() -> None:
    silent = []
    for path in manifest():
        if path.endswith(".xlsx"):
            with ZipFile(BytesIO((INBOX / path).read_bytes())) as parts:
                text = parts.read("xl/worksheets/sheet1.xml").decode("utf-8")
        else:
            raw = (INBOX / path).read_bytes()
            text = raw.decode(
                "gb18030" if path.startswith(STORY.gb18030_csv) or "GB18030" in manifest()[path][1] else "utf-8"
            )
        if "为虚构" not in text and "nil_" not in path:
            silent.append(path)
    assert silent == [CITY_REPORT]


def test_a_long_csv_has_the_agreed_header_and_all_its_cells() -> None:
    (path,) = [
        path
        for path in manifest()
        if path.startswith(STORY.gb18030_csv) and path.endswith("2024年政府信息公开工作年度报告统计表.csv")
    ]
    rows = list(csv.DictReader(StringIO((INBOX / path).read_bytes().decode("gb18030"))))
    assert tuple(rows[0]) == CSV_HEADER
    assert len(rows) == 200
    expected = {
        (figure.indicator_code, figure.applicant_kind): "" if figure.value is None else str(figure.value)
        for figure in build_figures()
        if figure[:3] == (STORY.gb18030_csv, STORY.report_year, STORY.form_code)
    }
    assert {(row["indicator_code"], row["applicant_kind"]): row["value"] for row in rows} == expected


def test_every_file_reads_back_to_the_sample_figures_without_a_problem() -> None:
    expected: dict[tuple[str, int, str], dict[CellKey, Value]] = {}
    for organ, year, form_code, code, applicant, measure, value in build_figures():
        expected.setdefault((organ, year, form_code), {})[CellKey(code, applicant, measure)] = value
    changed: dict[str, dict[CellKey, tuple[object, object]]] = {}
    nil = set()
    for path in manifest():
        organ, name = path.split("/")
        reading = read_file((INBOX / path).read_bytes(), name)
        (submission,) = reading.submissions
        said = [(problem.rule_id, problem.scope) for problem in (*reading.problems, *submission.problems)]
        # the city's prose also has numbers of which no indicator is known
        assert said == ([("V09", "正文")] if path == CITY_REPORT else []), path
        assert submission.organ_code in ("", organ)
        if submission.is_nil:
            nil.add((organ, submission.report_year))
            continue
        right = expected[organ, submission.report_year, submission.form_code]
        read = {cell.key: cell.value for cell in submission.cells}
        if path == CITY_REPORT:
            assert len(read) - len(right) == 60
            read = {key: read[key] for key in right}
        assert read.keys() == right.keys(), path
        if read != right:
            changed[organ] = {key: (read[key], right[key]) for key in right if read[key] != right[key]}
    assert nil == {(STORY.nil, year) for year in STORY.nil_years}
    assert changed == {
        change.organ_code: {
            CellKey(change.indicator_code, change.applicant_kind, "annual"): (change.wrong, change.right)
        }
        for change in (STORY.held, STORY.resubmitted)
    }


def test_the_city_report_of_2017_is_filed_as_printed() -> None:
    path = CITY_REPORT
    (submission,) = read_file((INBOX / path).read_bytes(), path.split("/")[1]).submissions
    values = {(cell.key.indicator_code, cell.key.measure): cell.value for cell in submission.cells}
    assert values["fj_open_total", "annual"] == 42938
    assert values["nar_open_total_own_level", "annual"] == 31776
    assert values["nar_open_total_lower_level", "annual"] == 11204
    assert values["nar_open_total_lower_level", "cumulative"] == 125978
    assert values["nar_req_by_departments", "cumulative"] == 5253
    assert {cell.sheet for cell in submission.cells if cell.key.indicator_code.startswith("nar_")} == {"正文"}
    assert manifest()[path][0].date().isoformat() == "2018-02-08"
