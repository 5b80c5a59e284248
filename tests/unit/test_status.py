"""What gongkai status says of a small published file: sentences, order, escapes; and its JSON."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from pipelines.status import Status, StatusError, as_json, print_status, read_status
from schemas import render
from schemas.tables import TABLES
from tests.unit.city import City, build_row, knowledge
from warehouse.build import build_table, load_rows

FORM, TITLE = "gb_2021", "年度报告2021年格式"
YEAR, DUE = 2024, date(2025, 1, 31)
IN_TIME, LATE = datetime(2025, 1, 20, 9), datetime(2025, 2, 11, 9)
BEFORE, NIGHT = datetime(2025, 1, 21, 2), datetime(2025, 2, 20, 2)


def live(*organs: str, due: date = DUE) -> City:
    return City().expect(*organs, year=YEAR, form=FORM, mode="live", due=due)


def published(city: City, path: Path, *, on: datetime = NIGHT) -> Path:
    """The tables that the command reads, in a file of their own."""
    connection = city.built(on)
    load_rows(connection, "stage.form", knowledge().rows()["form"])
    for table in ("core.dim_form", "mart.submission_status"):
        build_table(connection, table)
    connection.execute("CREATE SCHEMA meta")
    connection.execute(render.create_table(TABLES["meta.build"]))
    load_rows(connection, "meta.build", [build_row(on) | {"files_accounted": 0, "cells_stored": 0}])
    connection.execute(f"ATTACH '{path}' AS target")
    connection.execute("COPY FROM DATABASE memory TO target")
    connection.close()
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "disclosure.duckdb"


def said(calls: list[tuple[dict[str, Any], str]]) -> list[str]:
    return [sentence for _, sentence in calls]


def printed(status: Status, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    print_status(console, status)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# whom to call


def test_a_call_says_who_what_until_when_and_how_late(file: Path) -> None:
    city = live("DEPT", "DEPT2").reject("DEPT2", LATE, "工作簿有密码。")
    assert said(read_status(published(city, file)).reminders()) == [
        f"DEPT：2024年度报表（{TITLE}，2025年1月31日截止，已逾期20天）尚未收到，请尽快报送。",
        f"DEPT2：2024年度报表（{TITLE}，2025年1月31日截止，已逾期20天），收到的文件未能读取：工作簿有密码，请尽快报送。",
    ]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (date(2025, 1, 21), "2025年1月21日截止，还有0天"),
        (date(2025, 2, 4), "2025年2月4日截止，还有14天"),
        (date(2025, 2, 5), None),
    ],
)
def test_a_deadline_is_called_about_two_weeks_before(file: Path, due: date, expected: str | None) -> None:
    status = read_status(published(live("DEPT", due=due), file, on=BEFORE))
    calls = [f"DEPT：2024年度报表（{TITLE}，{expected}）尚未收到，请按时报送。"] if expected else []
    assert said(status.reminders()) == calls


def test_the_longest_overdue_is_called_first_and_then_the_nearest_deadline(file: Path) -> None:
    city = live("DEPT").expect("EAST", "DEPT2", year=YEAR, form=FORM, mode="live", due=date(2025, 3, 1))
    city.expect("OFFICE", year=YEAR, form=FORM, mode="live", due=date(2025, 2, 10))
    city.expect("WEST", year=YEAR, form=FORM, mode="live", due=date(2025, 2, 25))
    calls = read_status(published(city, file)).reminders()
    assert [(row["organ_code"], row["days_late"], row["days_left"]) for row, _ in calls] == [
        ("DEPT", 20, None),
        ("OFFICE", 10, None),
        ("WEST", 0, 5),
        ("DEPT2", 0, 9),
        ("EAST", 0, 9),
    ]


def test_a_backfill_is_asked_for_and_not_called_late(file: Path) -> None:
    city = City().expect("DEPT", year=2023, form=FORM, due=date(2024, 1, 31))
    assert said(read_status(published(city, file)).reminders()) == [
        f"DEPT：2023年度报表（{TITLE}，不计逾期）尚未收到，请尽快报送。"
    ]


# what is held


def test_a_held_report_and_a_held_correction_say_what_they_wait_for(file: Path) -> None:
    city = live("DEPT", "DEPT2")
    city.file("DEPT", year=YEAR, form=FORM, received=IN_TIME, held=True).find("总计不符。")
    city.file("DEPT2", year=YEAR, form=FORM, received=IN_TIME)
    city.file("DEPT2", year=YEAR, form=FORM, received=LATE, held=True).find("合计不符").find("又不符", rule="M03")
    status = read_status(published(city, file))
    assert status.counts() == {FORM: {"accepted": 1, "held": 1, "not_due": 7}}
    assert status.reminders() == []
    assert said(status.waiting()) == [
        f"DEPT：2024年度报表（{TITLE}，2025年1月31日截止，已逾期20天）有1处错误待改正：总计不符。请改正后重报。",
        f"DEPT2：2024年度报表（{TITLE}）更正稿（回执DEPT2-2024-{FORM}-000003）有2处错误待改正：合计不符。请改正后重报。",
    ]


# which year, which district


def test_the_latest_live_year_is_shown_unless_another_is_asked_for(file: Path) -> None:
    city = live("DEPT").expect("DEPT", year=2025, form=FORM).expect("DEPT", year=2023, form=FORM)
    published(city, file)
    assert read_status(file).report_year == 2024
    assert read_status(file, 2025).report_year == 2025
    with pytest.raises(StatusError, match=r"^2019年度没有应报任务；有：2023、2024、2025$"):
        read_status(file, 2019)


def test_without_a_live_year_it_is_the_latest_and_without_any_it_is_said(file: Path, tmp_path: Path) -> None:
    assert read_status(published(City().expect("DEPT", year=2023, form=FORM), file)).report_year == 2023
    with pytest.raises(StatusError, match=r"^任何年度没有应报任务；有：无$"):
        read_status(published(City(), tmp_path / "empty.duckdb"))


def test_a_file_of_an_older_version_is_said_to_be_one(file: Path) -> None:
    published(live("DEPT"), file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP TABLE mart.submission_status")
    with pytest.raises(StatusError, match="是旧版本建的，没有报送情况；请先运行 gongkai nightly"):
        read_status(file)


def test_a_district_has_its_own_rows_and_the_city_comes_first(file: Path) -> None:
    published(live("EASTDEPT", "WESTDEPT", "DEPT"), file)
    assert [row["district_code"] for row in read_status(file).rows] == [None] * 4 + ["EAST"] * 3 + ["WEST"] * 2
    east = read_status(file, district="EAST")
    assert [(row["organ_code"], row["status"]) for row in east.rows] == [
        ("EAST", "not_due"),
        ("EASTDEPT", "missing"),
        ("EASTTOWN", "not_due"),
    ]
    with pytest.raises(StatusError, match=r"^没有区 \\x1b\[2J；有：EAST（EAST）、WEST（WEST）$"):
        read_status(file, district="\x1b[2J")


# what is printed


def test_the_table_groups_by_district_and_counts_who_answered(file: Path) -> None:
    city = live("DEPT", "EASTDEPT", "EASTTOWN").file("DEPT", year=YEAR, form=FORM, received=LATE)
    city.file("EASTTOWN", year=YEAR, form=FORM, received=IN_TIME, nil=True)
    lines = [line.split() for line in printed(read_status(published(city, file))).splitlines()]
    assert lines[0] == ["2024年度报送情况（截至2025-02-20）"]
    assert lines[1] == [f"{TITLE}：", "迟报", "1", "零报告", "1", "缺报", "1", "不应报", "6"]
    rows = [line for line in lines if len(line) in (2, 4, 5, 6) and line[0][0] in "市EWD"]
    assert ["市本级", "1/1"] in rows
    assert ["EAST", "1/2"] in rows
    assert ["WEST", "0/0"] in rows
    assert ["DEPT", "DEPT", "迟报", "2025-02-11", "2025-01-31", "11天"] in rows
    assert ["EASTDEPT", "EASTDEPT", "缺报", "2025-01-31", "20天"] in rows
    assert ["EASTTOWN", "EASTTOWN", "零报告", "2025-01-20", "2025-01-31"] in rows


def test_what_came_with_a_file_is_shown_and_not_obeyed(file: Path) -> None:
    city = live("DEPT").file("DEPT", year=YEAR, form=FORM, held=True).find("[red]\x1b[2J坏:bomb:")
    status = read_status(published(city, file))
    page = printed(status, width=300)
    assert "[red]\\x1b[2J坏:bomb:" in page
    assert "\x1b" not in page
    assert "\x1b" not in as_json(status)


def test_the_json_is_one_object_with_the_same_figures(file: Path) -> None:
    city = live("DEPT", "DEPT2").file("DEPT", year=YEAR, form=FORM, received=IN_TIME, held=True).find("不符。")
    found = json.loads(as_json(read_status(published(city, file))))
    assert (found["report_year"], found["as_of"], found["district_code"]) == (2024, "2025-02-20", None)
    assert found["counts"] == {FORM: {"held": 1, "missing": 1, "not_due": 7}}
    assert len(found["organs"]) == 9
    (call,), (wait,) = found["reminders"], found["waiting"]
    assert (call["organ_code"], call["status"], call["days_late"]) == ("DEPT2", "missing", 20)
    assert call["sentence"].endswith("请尽快报送。")
    assert (wait["organ_code"], wait["due_on"]) == ("DEPT", "2025-01-31")
    assert wait["receipt_no"] == f"DEPT-2024-{FORM}-000001"
    (held,) = [row for row in found["organs"] if row["status"] == "held"]
    assert (held["received_at"], held["waits_for"]) == ("2025-01-20T09:00:00", "有1处错误待改正：不符。")
