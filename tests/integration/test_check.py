"""Checking before sending: the judgement of the coming night, and nothing stored."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from pipelines.cli import main
from pipelines.precheck import Answer, check_files
from pipelines.readers import read_file
from pipelines.settings import Settings
from pipelines.templates import write_template
from schemas.form import CellKey, load_forms
from tests.integration.agreement import Said, answered, by_receipt
from tests.integration.night import annex, drop, matrix, new_home, published, rows, run_night
from tests.integration.test_bad_input import ENCRYPTED, bomb, far_cell
from tests.unit.reader_files import FORMS, long_csv, saved, small_book, typed

PROJECT = Path(__file__).parents[2]
INBOX = PROJECT / "samples" / "inbox"
DISTRICT, OFFICE, INDUSTRY, EDUCATION, CIVIL, STREET, TOWN = (
    "XMP03100", "XMP03102", "XM03103", "XMP03104", "XMP03105", "XMP03901", "XMP03902",
)  # fmt: skip
ANNEX_2018 = "2018年度政府信息公开统计表"
CITY_DEPARTMENT = "XMP00103"
SUPPLEMENT = FORMS["xm_supplement_2017"]


def run(home: Path, *words: str | Path, **environment: str) -> Result:
    variables = {"GONGKAI_HOME": str(home), "COLUMNS": "80"} | environment
    unset = {name: None for name in os.environ if name.startswith("GONGKAI_")}
    return CliRunner().invoke(main, ["check", *map(str, words)], env=unset | variables)


def as_json(home: Path, *words: str | Path) -> tuple[int, list[dict[str, Any]]]:
    result = run(home, "--json", *words)
    files: list[dict[str, Any]] = json.loads(result.stdout)["files"]
    return result.exit_code, files


def rules(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(finding["rule_id"], finding["severity"]) for finding in entry["findings"]]


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def sample(organ: str, stem: str) -> Path:
    (path,) = (INBOX / organ).glob(f"{stem}.*")
    return path


def again(organ: str, stem: str, more: Mapping[tuple[str, str], int]) -> bytes:
    """A sample filed again in the template, with so much more in some cells, by (indicator, measure)."""
    path = sample(organ, stem)
    (read,) = read_file(path.read_bytes(), path.name).submissions
    values = {cell.key: (cell.value or Decimal(0)) for cell in read.cells}
    for (indicator, measure), amount in more.items():
        values[CellKey(indicator, "", measure)] += amount
    form = load_forms()[read.form_code]
    return write_template(form, organ_code=organ, organ_name="", report_year=read.report_year, values=values)


# before and after: the check of files that the office has not seen, and the night that then receives them

BOTH = (("fj_open_total", "annual"), ("fj_open_total", "cumulative"))
# path in the inbox: bytes; figures added are made up
DELIVERY: dict[str, bytes] = {
    f"{INDUSTRY}/{ANNEX_2018}.xlsx": sample(INDUSTRY, ANNEX_2018).read_bytes(),
    # a cumulative figure that last year's does not lead to, and its correction the same night
    f"{STREET}/累计有误.xlsx": again(STREET, ANNEX_2018, {("fj_open_total", "cumulative"): 7}),
    f"{STREET}/更正.xlsx": again(STREET, ANNEX_2018, {}),
    # the district's own report: one more than the organs below it
    f"{DISTRICT}/汇总.xlsx": again(DISTRICT, ANNEX_2018, dict.fromkeys(BOTH, 1)),
    # one report that can be read and one line that cannot
    f"{OFFICE}/半份.csv": "\n".join(
        [
            *long_csv(SUPPLEMENT, {next(iter(SUPPLEMENT.cells())): 3}, organ=OFFICE, year=2018),
            f"{OFFICE},20x8,fj_annex_2017,fj_open_total,,annual,1",
        ]
    ).encode("gb18030"),
    f"{CIVIL}/坏了.xlsx": annex(CIVIL, 2018)[:3000],
}
CHAIN = {
    # last year's report corrected: what this year's cumulative figures were added to is no longer so
    f"{EDUCATION}/2017更正.xlsx": again(EDUCATION, "2017年度政府信息公开统计表", dict.fromkeys(BOTH, 5)),
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A district of which three organs have not filed for 2018."""
    settings = new_home(tmp_path_factory.mktemp("check") / "home")
    for organ in (DISTRICT, OFFICE, INDUSTRY, EDUCATION, CIVIL, STREET, TOWN):
        for path in sorted((INBOX / organ).glob("201[678]*")):
            if organ not in (DISTRICT, INDUSTRY, STREET) or not path.name.startswith("2018"):
                drop(settings, f"{organ}/{path.name}", path.read_bytes(), "2019-01-05T10:00:00")
    assert run_night(settings).success
    return settings


def check_then_receive(settings: Settings, folder: Path, delivery: Mapping[str, bytes]) -> list[tuple[Answer, Said]]:
    """(check, night) for every submission that the delivery brings, the check made before the night."""
    outside, hours = [], iter(range(10, 20))
    for path, data in delivery.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        outside.append(written(folder, path, data))
        inside = drop(settings, path, data, f"2019-01-06T{next(hours)}:00:00")
        os.utime(outside[-1], ns=(inside.stat().st_mtime_ns,) * 2)
    # given the other way round: what counts is when they were written, as at night
    result = check_files(settings, outside[::-1])
    assert [answer.file for answer in result.answers if answer.status != "unreadable"] == [
        str(path) for path in outside[::-1] if path.stem != "坏了"
    ]
    assert run_night(settings).success
    numbers = {
        (sha256, form_code): number
        for sha256, form_code, number in rows(settings, "SELECT sha256, form_code, receipt_no FROM core.fct_submission")
    }
    said = by_receipt(settings)
    return [
        (answer, said[numbers[hashlib.sha256(Path(answer.file).read_bytes()).hexdigest(), answer.form_code]])
        for answer in result.answers
        if answer.status != "unreadable"
    ]


def test_the_night_says_of_files_what_the_check_had_said(first: Settings, tmp_path: Path) -> None:
    pairs = check_then_receive(first, tmp_path / "one", DELIVERY)
    for check, night in pairs:
        assert answered(check) == night
        assert check.received_as == ""
    by_name = {Path(answer.file).stem: answer for answer, _ in pairs}
    assert {name: answer.status for name, answer in by_name.items()} == {
        ANNEX_2018: "accepted",
        "累计有误": "held",
        "更正": "accepted_with_warnings",
        "汇总": "accepted",
        "半份": "held",
    }
    wrong = [item for item in by_name["累计有误"].findings if item["rule_id"] == "F07"]
    assert [(item["severity"], item["scope"], item["difference"]) for item in wrong] == [
        ("error", "cumulative/fj_open_total", 7)
    ]
    assert [item["rule_id"] for item in by_name["更正"].findings] == ["V11"]
    # the district hears of its total before it sends it, every organ below being in
    assert [(item["rule_id"], item["scope"], item["difference"]) for item in by_name["汇总"].findings] == [
        ("H01", "annual/fj_open_total", 1),
        ("H01", "cumulative/fj_open_total", 1),
    ]
    assert by_name["汇总"].exit_code == 1

    # the next delivery corrects a year behind: another organ's report is held by it, and the district's total waits
    outside = tmp_path / "two" / f"{DISTRICT}.xlsx"
    outside.parent.mkdir()
    outside.write_bytes(DELIVERY[f"{DISTRICT}/汇总.xlsx"])
    corrected = tmp_path / "two" / "2017.xlsx"
    corrected.write_bytes(next(iter(CHAIN.values())))
    district, education = check_files(first, [outside, corrected]).answers
    assert district.received_as.startswith(f"{DISTRICT}-2018-fj_annex_2017-")
    assert (district.findings, education.status) == ([], "accepted")
    ((check, night),) = check_then_receive(first, tmp_path / "three", CHAIN)
    assert answered(check) == answered(education) == night
    assert by_receipt(first)[district.received_as] == answered(district)
    assert rows(
        first,
        f"SELECT status FROM core.fct_submission WHERE organ_code = '{EDUCATION}' AND report_year = 2018"
        " AND form_code = 'fj_annex_2017'",
    ) == [("held",)]
