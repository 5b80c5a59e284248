"""Checking before sending: the judgement of the coming night, and nothing stored."""

from __future__ import annotations

import hashlib
import io
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
from openpyxl import load_workbook
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
from tests.unit.reader_files import FORMS, long_csv, saved, typed

PROJECT = Path(__file__).parents[2]
INBOX = PROJECT / "samples" / "inbox"
DISTRICT, OFFICE, INDUSTRY, EDUCATION, CIVIL, STREET, TOWN = (
    "XMP03100", "XMP03102", "XM03103", "XMP03104", "XMP03105", "XMP03901", "XMP03902",
)  # fmt: skip
ANNEX_2018 = "2018年度政府信息公开统计表"
CITY_DEPARTMENT = "XMP00103"
ANNEX, SUPPLEMENT = FORMS["fj_annex_2017"], FORMS["xm_supplement_2017"]


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
    # a good report, and the same night another with a cumulative figure that last year's does not lead to
    f"{STREET}/先报.xlsx": again(STREET, ANNEX_2018, {}),
    f"{STREET}/累计有误.xlsx": again(STREET, ANNEX_2018, {("fj_open_total", "cumulative"): 7}),
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
        "先报": "accepted_with_warnings",
        "累计有误": "held",
        "汇总": "accepted",
        "半份": "held",
    }
    wrong = [item for item in by_name["累计有误"].findings if item["rule_id"] == "F07"]
    assert [(item["severity"], item["scope"], item["difference"]) for item in wrong] == [
        ("error", "cumulative/fj_open_total", 7)
    ]
    assert [item["rule_id"] for item in by_name["先报"].findings] == ["V11"]
    # the district hears of its total before it sends it, every organ below being in
    assert [(item["rule_id"], item["scope"], item["difference"]) for item in by_name["汇总"].findings] == [
        ("H01", "annual/fj_open_total", 1),
        ("H01", "cumulative/fj_open_total", 1),
    ]
    assert by_name["汇总"].exit_code == 1

    # alone, it meets the street's later report, which only last year's figures can show to be wrong: it stays held
    outside = tmp_path / "two" / f"{DISTRICT}.xlsx"
    outside.parent.mkdir()
    outside.write_bytes(DELIVERY[f"{DISTRICT}/汇总.xlsx"])
    (alone,) = check_files(first, [outside]).answers
    assert answered(alone) == by_receipt(first)[alone.received_as]
    assert len(alone.findings) == 2

    # the next delivery corrects a year behind: another organ's report is held by it, and the district's total waits
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


# what is printed and the exit code


def test_what_the_office_accepted_is_no_error_before_sending_either(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    # made up: one printed part too many; the cumulative column closes
    figures = {"fj_reply_total": 5, "fj_reply_granted": 6}
    drop(home, f"{CITY_DEPARTMENT}/2017.xlsx", annex(CITY_DEPARTMENT, 2017, figures), "2018-01-05T10:00:00")
    run_night(home)
    accepted = rows(
        home,
        "SELECT s.receipt_no, f.finding_id FROM core.fct_finding AS f JOIN core.fct_submission AS s"
        " USING (submission_id) WHERE f.severity = 'error'",
    )
    lines = [f"{receipt},{finding},accept_as_printed,原件如此,李四,2018-01-06" for receipt, finding in accepted]
    home.decisions.mkdir(exist_ok=True)
    (home.decisions / "一月.csv").write_text(
        "\n".join(["receipt_no,finding_id,decision,reason,signed_by,signed_on", *lines]), encoding="utf-8"
    )
    run_night(home)
    same = written(tmp_path, "重报.xlsx", annex(CITY_DEPARTMENT, 2017, figures, name="厦门市工业和信息化局"))
    code, (entry,) = as_json(home.home, same, "--organ", CITY_DEPARTMENT)
    errors = {f["rule_id"]: f["state"] for f in entry["findings"] if f["severity"] == "error"}
    assert (code, entry["status"], set(errors.values())) == (0, "accepted_with_warnings", {"waived"})
    worse = written(tmp_path, "又改.xlsx", annex(CITY_DEPARTMENT, 2017, figures | {"fj_reply_granted": 7}))
    code, (entry,) = as_json(home.home, worse, "--organ", CITY_DEPARTMENT)
    assert (code, entry["status"]) == (1, "held")
    assert {f["state"] for f in entry["findings"] if f["rule_id"] == "F03"} == {"lapsed"}


def test_a_clean_file_may_be_sent(first: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, "年报.xlsx", matrix(CITY_DEPARTMENT, 2024))
    result = run(first.home, path)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"可报送  {path}"
    assert lines[1] == f"厦门市工业和信息化局（{CITY_DEPARTMENT}），2024年度，年度报告2021年格式（gb_2021），200 格"
    assert "没有发现问题。" in lines
    assert lines[-1].startswith("对照的历史数据：第")


def test_json_has_the_keys_that_scripts_rely_on(tmp_path: Path) -> None:
    wrong = written(tmp_path, "错.xlsx", matrix(CITY_DEPARTMENT, 2024, {("req_new", "total"): 8}))
    missing = tmp_path / "没有.xlsx"
    code, (bad, gone) = as_json(tmp_path / "home", wrong, missing)
    assert code == 2
    assert {name: bad[name] for name in ("file", "form_code", "organ_code", "report_year", "status", "cells")} == {
        "file": str(wrong), "form_code": "gb_2021", "organ_code": CITY_DEPARTMENT, "report_year": 2024,
        "status": "held", "cells": 200,
    }  # fmt: skip
    assert rules(bad) == [("M01", "error"), ("M03", "error")]
    finding = bad["findings"][1]
    assert (finding["outcome"], finding["lhs"], finding["rhs"], finding["difference"]) == ("fail", 8, 0, 8)
    assert finding["message"].startswith("“一、本年新收政府信息公开申请数量”一行：总计填的是8，六类申请人之和为0")
    named = {cell["address"]: cell for cell in finding["cells"]}
    assert set(named) == {f"{column}26" for column in "DEFGHIJ"}
    keys = ("indicator_code", "applicant_kind", "measure", "sheet", "address", "printed", "value")
    assert [named["J26"][key] for key in keys] == ["req_new", "total", "annual", "统计表", "J26", "8", 8]
    assert (gone["file"], gone["status"], gone["cells"], rules(gone)) == (
        str(missing), "unreadable", 0, [("V01", "error")],
    )  # fmt: skip
    assert gone["findings"][0]["message"] == "没有这个文件；请检查路径"


def test_figures_stay_exact_in_json(tmp_path: Path) -> None:
    key = next(key for key in FORMS["gb_2019"].cells() if key.indicator_code == "g19_procure_amount")
    data = "\n".join(long_csv(FORMS["gb_2019"], {key: "-1234567.89"}, organ=CITY_DEPARTMENT, year=2019)).encode()
    result = run(tmp_path / "home", "--json", written(tmp_path, "2019.csv", data))
    (entry,) = json.loads(result.stdout, parse_float=Decimal)["files"]
    values = {cell["value"] for item in entry["findings"] for cell in item["cells"] if cell["value"] is not None}
    assert values == {Decimal("-1234567.89")}


@pytest.mark.parametrize(
    ("name", "data", "rule", "reason"),
    [
        ("bomb.xlsx", bomb(220_000_000), "V01", "展开后过大"),
        ("locked.xlsx", ENCRYPTED, "V02", "密码保护"),
        ("far.xlsx", far_cell(annex(CITY_DEPARTMENT, 2016)), "V01", "范围过大"),
        ("empty.csv", b"", "V01", "文件是空的"),
        ("letter.csv", "尊敬的领导：\n今年没有大事。\n".encode("gb18030"), "V03", "表样无法识别"),
    ],
)
def test_a_hostile_file_costs_only_itself(tmp_path: Path, name: str, data: bytes, rule: str, reason: str) -> None:
    good = written(tmp_path, "好.xlsx", annex(CITY_DEPARTMENT, 2017))
    code, (bad, fine) = as_json(tmp_path / "home", written(tmp_path, name, data), good)
    assert (code, bad["status"], rules(bad)) == (2, "unreadable", [(rule, "error")])
    assert reason in bad["findings"][0]["message"]
    assert (fine["status"], fine["cells"], fine["findings"]) == ("accepted", 30, [])


def test_what_is_no_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code, entries = as_json(tmp_path / "home", tmp_path, pipe, "nix\x1b[31m.csv")
    assert code == 2
    assert [entry["findings"][0]["message"] for entry in entries] == [
        "这是一个文件夹；请给出其中的文件",
        "不是普通文件（链接、管道或设备），未读取",
        "没有这个文件；请检查路径",
    ]
    assert entries[2]["file"] == "nix\\x1b[31m.csv"
    assert run(tmp_path / "home").exit_code == 2


def test_one_file_may_bring_several_submissions(tmp_path: Path) -> None:
    lines = long_csv(ANNEX, dict.fromkeys(ANNEX.cells(), 0), organ=CITY_DEPARTMENT, year=2017)
    lines += long_csv(ANNEX, dict.fromkeys(ANNEX.cells(), 1), organ=CITY_DEPARTMENT, year=2018)[1:]
    lines.append(f"{CITY_DEPARTMENT},2018,gb_1999,a,,annual,1")
    path = written(tmp_path, "几份.csv", "\n".join(lines).encode())
    code, entries = as_json(tmp_path / "home", path)
    assert code == 2
    assert [(entry["report_year"], entry["status"]) for entry in entries] == [
        (2017, "accepted"), (2018, "held"), (None, "unreadable"),
    ]  # fmt: skip
    # 2018 is judged against 2017 of the same delivery, rightly: 1 = 0 + 1
    assert "F07" not in dict(rules(entries[1]))
    assert {entry["file"] for entry in entries} == {str(path)}


def test_text_from_a_file_is_shown_and_not_obeyed_within_80_columns(tmp_path: Path) -> None:
    key = next(iter(ANNEX.cells()))
    text = "[bold]:bomb:[/x]\x1b[31m=HYPERLINK(1)"
    lines = long_csv(ANNEX, dict.fromkeys(ANNEX.cells(), 0) | {key: text}, organ="[red]无此机构", year=2017)
    result = run(tmp_path / "home", written(tmp_path, "a.csv", "\n".join(lines).encode()))
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    joined = "".join(line.split("│")[3].strip() for line in result.stdout.splitlines() if line.count("│") == 5)
    assert "[bold]:bomb:[/x]\\x1b[31m=HYPERLINK(1)" in joined
    assert "[red]无此机构，2017年度" in result.stdout
    head, *rest = result.stdout.splitlines()
    assert head.startswith("需改正  ")
    assert max(cell_len(line) for line in rest) <= 80


def test_a_broken_register_is_no_fault_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "2018.xlsx", annex(TOWN, 2018))
    result = run(tmp_path / "home", "--json", path, GONGKAI_REGISTER=str(tmp_path / "none"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: 名录有误：organs.csv")


# whose it is and for which year


def test_an_organ_is_taken_from_the_file_by_code_or_by_name(tmp_path: Path) -> None:
    stated = [(CITY_DEPARTMENT, ""), ("", "厦门市湖里区教育局"), ("", "厦门市没有的局")]
    paths = [
        written(tmp_path, f"{n}.xlsx", write_template(ANNEX, organ_code=code, organ_name=name, report_year=2017))
        for n, (code, name) in enumerate(stated)
    ]
    _, entries = as_json(tmp_path / "home", *paths)
    assert [entry["organ_code"] for entry in entries] == [CITY_DEPARTMENT, "XMP02103", ""]
    assert [("V20", "info") in rules(entry) for entry in entries] == [False, False, True]


def test_without_an_organ_only_the_file_itself_is_judged(first: Settings, tmp_path: Path) -> None:
    data = write_template(ANNEX, organ_code="", organ_name="", report_year=2018, values=dict.fromkeys(ANNEX.cells(), 0))
    path = written(tmp_path, "2018.xlsx", data)
    code, (entry,) = as_json(first.home, path)
    assert (code, entry["organ_code"], rules(entry)) == (0, "", [("V20", "info")])
    code, (entry,) = as_json(first.home, "--organ", "XMP99999", path)
    assert (code, entry["organ_code"], rules(entry)) == (0, "XMP99999", [("V20", "info")])
    # the same file as an organ's that has a history: nothing was added to last year's figures
    code, (entry,) = as_json(first.home, "--organ", TOWN, path)
    assert (code, entry["status"]) == (1, "held")
    assert ("F07", "error") in rules(entry)


def test_another_organ_than_the_one_asked_for_is_said_as_at_night(tmp_path: Path) -> None:
    path = written(tmp_path, "2017.xlsx", annex(CITY_DEPARTMENT, 2017))
    code, (entry,) = as_json(tmp_path / "home", "--organ", TOWN, path)
    assert (code, entry["organ_code"], entry["status"], rules(entry)[0]) == (1, TOWN, "held", ("V21", "error"))


def test_a_year_is_given_to_a_file_that_states_none_and_it_is_told(tmp_path: Path) -> None:
    matrix_form = FORMS["gb_2021"]
    zeros = dict.fromkeys(matrix_form.cells(), 0)
    book = load_workbook(io.BytesIO(typed(matrix_form, values=zeros, year=2024)))
    for cell in (cell for sheet in book for line in sheet for cell in line if "2024" in str(cell.value)):
        cell.value = None
    lines = long_csv(matrix_form, zeros, organ=CITY_DEPARTMENT, year=2024)
    undated = "\n".join(line.replace(",2024,", ",,") for line in lines).encode()
    paths = [written(tmp_path, "表.xlsx", saved(book)), written(tmp_path, "表.csv", undated)]
    code, entries = as_json(tmp_path / "home", "--organ", CITY_DEPARTMENT, *paths)
    assert code == 2
    assert [(entry["status"], rules(entry)) for entry in entries] == [("unreadable", [("V03", "error")])] * 2
    # one a call: two files of one organ and year would be told apart (V11)
    for path in paths:
        code, (entry,) = as_json(tmp_path / "home", "--organ", CITY_DEPARTMENT, "--year", "2024", path)
        assert (code, entry["status"], entry["report_year"]) == (0, "accepted_with_warnings", 2024)
        assert rules(entry) == [("V03", "warning")]
        assert "暂按2024年度核对" in entry["findings"][0]["message"]


def test_a_year_that_the_file_contradicts_is_not_obeyed(tmp_path: Path) -> None:
    path = written(tmp_path, "2017.xlsx", annex(CITY_DEPARTMENT, 2017))
    code, (entry,) = as_json(tmp_path / "home", "--year", "2018", path)
    assert (code, entry["report_year"], rules(entry)) == (1, 2017, [("V10", "error")])
    assert "2017" in entry["findings"][0]["message"]
    assert "2018" in entry["findings"][0]["message"]


# history


def test_without_history_rules_across_years_are_not_judged_and_it_is_said(first: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, "2018.xlsx", annex(TOWN, 2018))
    assert run(first.home, path).exit_code == 1
    result = run(tmp_path / "home", path)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "没有历史数据，跨年规则未核对。本次核对没有保存任何内容。"


def test_a_published_file_that_cannot_be_read_is_as_none_and_it_is_said(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    published(settings).parent.mkdir(parents=True)
    published(settings).write_bytes(b"no database" * 1000)
    path = written(tmp_path, "2018.xlsx", annex(TOWN, 2018))
    result = run(settings.home, path)
    assert result.exit_code == 0
    assert "历史数据读不了" in result.stdout
    document = json.loads(run(settings.home, "--json", path).stdout)
    assert document["history"] is None
    assert document["no_history"].startswith("历史数据读不了（")


# nothing is stored


def tree(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every entry below a folder: mode, time of change, hash."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        is_plain = path.is_file() and not path.is_symlink()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if is_plain else ""
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, digest)
    return found


def start(home: Path, around: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, whose home, temporary and working folders lie in ``around``."""
    for name in ("user", "tmp", "cwd"):
        (around / name).mkdir(exist_ok=True)
    places = {"HOME": str(around / "user"), "TMPDIR": str(around / "tmp"), "GONGKAI_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "pipelines", "check", *map(str, words)],
        env=os.environ | places | {"PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1", "COLUMNS": "80"},
        cwd=around / "cwd",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_no_trace_is_left(first: Settings, tmp_path: Path) -> None:
    path = written(tmp_path, "2018.xlsx", annex(TOWN, 2018))
    # short names: reading processes are spoken to by sockets below TMPDIR, whose paths may have 107 characters
    around = tmp_path / "a"
    around.mkdir()
    assert start(first.home, around, path).returncode == 1
    home = tree(first.home)
    done = start(first.home, around, "--json", path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["history"]["night"] >= 1
    assert tree(first.home) == home
    assert tree(around).keys() == {"cwd", "tmp", "user"}


def test_no_home_is_made(tmp_path: Path) -> None:
    path = written(tmp_path, "2018.xlsx", annex(TOWN, 2018))
    done = start(tmp_path / "home", tmp_path, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "home").exists()


def test_a_check_does_without_the_scheduler(tmp_path: Path) -> None:
    path = written(tmp_path, "2018.xlsx", annex(TOWN, 2018))
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('dagster' in sys.modules, file=sys.stderr))\n"
        "from pipelines.cli import main\n"
        "main(['check', '--json', sys.argv[1]])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env=os.environ | {"GONGKAI_HOME": str(tmp_path / "home")},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr == "False\n"
    assert json.loads(done.stdout)["files"][0]["status"] == "accepted"
