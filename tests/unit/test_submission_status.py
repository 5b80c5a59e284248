"""mart.submission_status on small worlds: which status, since when, by how many days, and what it waits for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from schemas.fields import FIELDS
from tests.unit.city import City
from warehouse.build import build_table, violations

DUE = date(2025, 1, 31)
BEFORE, ON_THE_DAY, AFTER = datetime(2025, 1, 20, 9), datetime(2025, 1, 31, 23, 59), datetime(2025, 2, 11, 9)
EARLY_NIGHT, LAST_NIGHT, NIGHT = datetime(2025, 1, 10, 2), datetime(2025, 1, 31, 2), datetime(2025, 2, 20, 2)
FORM = "gb_2021"
YEAR = 2024


def live(*organs: str) -> City:
    return City().expect(*organs, year=YEAR, form=FORM, mode="live", due=DUE)


def filed(city: City, received: datetime, *, organ: str = "DEPT", **how: Any) -> City:
    return city.file(organ, year=YEAR, form=FORM, received=received, **how)


def status_of(city: City, organ: str = "DEPT", *, on: datetime = NIGHT, year: int = YEAR) -> dict[str, Any]:
    """The one row of the organ and year."""
    connection = city.built(on)
    build_table(connection, "mart.submission_status")
    assert violations(connection, "mart.submission_status").empty
    found = connection.sql(
        "SELECT * FROM mart.submission_status WHERE organ_code = ? AND report_year = ?", params=[organ, year]
    )
    (row,) = found.to_arrow_table().to_pylist()
    return dict(row)


def brief(row: dict[str, Any]) -> tuple[str, int | None]:
    return row["status"], row["days_late"]


# nothing came


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (EARLY_NIGHT, ("due", 0)),
        (LAST_NIGHT, ("due", 0)),
        (datetime(2025, 2, 1, 2), ("missing", 1)),
        (NIGHT, ("missing", 20)),
    ],
)
def test_nothing_is_due_until_the_day_is_over_and_then_missing(on: datetime, expected: tuple[str, int]) -> None:
    row = status_of(live("DEPT"), on=on)
    assert brief(row) == expected
    assert (row["due_on"], row["received_at"], row["receipt_no"], row["submissions"]) == (DUE, None, None, 0)


def test_of_a_backfill_year_what_is_missing_is_not_late() -> None:
    assert brief(status_of(City().expect("DEPT", year=2023, form=FORM), year=2023)) == ("missing", None)


# accepted


@pytest.mark.parametrize(
    ("received", "expected"), [(BEFORE, ("accepted", 0)), (ON_THE_DAY, ("accepted", 0)), (AFTER, ("late", 11))]
)
def test_late_is_accepted_after_the_day(received: datetime, expected: tuple[str, int]) -> None:
    row = status_of(filed(live("DEPT"), received))
    assert brief(row) == expected
    assert row["received_at"] == received
    assert row["receipt_no"] == f"DEPT-2024-{FORM}-000001"


def test_of_a_backfill_year_nothing_is_late() -> None:
    city = City().expect("DEPT", year=2023, form=FORM, due=date(2024, 1, 31)).file("DEPT", year=2023, form=FORM)
    assert brief(status_of(city, year=2023)) == ("accepted", None)


def test_a_correction_after_the_day_is_not_late() -> None:
    city = filed(live("DEPT"), BEFORE, official=False)
    row = status_of(filed(city, AFTER))
    assert brief(row) == ("accepted", 0)
    # the receipt is that of what counts now, the time that of the first answer
    assert (row["received_at"], row["receipt_no"], row["submissions"]) == (BEFORE, f"DEPT-2024-{FORM}-000002", 2)


def test_what_was_held_in_time_and_accepted_after_the_day_is_late() -> None:
    city = filed(live("DEPT"), BEFORE, held=True).find("合计不符。")
    row = status_of(filed(city, AFTER))
    assert brief(row) == ("late", 11)
    assert (row["received_at"], row["waits_for"]) == (AFTER, "")


@pytest.mark.parametrize(("received", "days"), [(BEFORE, 0), (AFTER, 11)])
def test_nothing_to_report_is_an_answer_of_its_own_in_time_or_not(received: datetime, days: int) -> None:
    assert brief(status_of(filed(live("DEPT"), received, nil=True))) == ("nil", days)


# held


@pytest.mark.parametrize(("on", "days"), [(LAST_NIGHT, 0), (NIGHT, 20)])
def test_a_held_submission_waits_for_its_errors(on: datetime, days: int) -> None:
    city = filed(live("DEPT"), BEFORE, held=True)
    city.find("第二处。", rule="M03").find("第一处。").find("只是提示。", rule="A01", severity="warning")
    row = status_of(city.find("已同意。", rule="A02", state="waived"), on=on)
    assert brief(row) == ("held", days)
    assert row["waits_for"] == "有2处错误待改正：第一处。"
    assert (row["received_at"], row["receipt_no"]) == (BEFORE, f"DEPT-2024-{FORM}-000001")


def test_the_last_of_two_held_ones_is_waited_for() -> None:
    city = filed(live("DEPT"), BEFORE, held=True).find("旧错。")
    row = status_of(filed(city, AFTER, held=True).find("新错。"))
    assert (row["waits_for"], row["receipt_no"]) == ("有1处错误待改正：新错。", f"DEPT-2024-{FORM}-000002")


def test_a_held_correction_leaves_the_organ_accepted_and_says_what_it_waits_for() -> None:
    city = filed(filed(live("DEPT"), BEFORE), AFTER, held=True).find("更正也不符。")
    row = status_of(city)
    assert brief(row) == ("accepted", 0)
    assert row["receipt_no"] == f"DEPT-2024-{FORM}-000001"
    assert row["waits_for"] == f"更正稿（回执DEPT-2024-{FORM}-000002）有1处错误待改正：更正也不符。"


# files that could not be read


def test_an_unreadable_file_is_an_answer_that_must_be_sent_again() -> None:
    city = live("DEPT", "DEPT2").reject("DEPT", BEFORE, "工作簿有密码").reject("DEPT", AFTER, "文件是空的")
    row = status_of(city)
    assert brief(row) == ("received", 20)
    assert (row["received_at"], row["waits_for"]) == (BEFORE, "收到的文件未能读取：文件是空的")
    assert brief(status_of(city, "DEPT2")) == ("missing", 20)


def test_an_unreadable_file_beside_a_report_changes_nothing() -> None:
    row = status_of(filed(live("DEPT").reject("DEPT", BEFORE, "坏"), BEFORE))
    assert (*brief(row), row["waits_for"]) == ("accepted", 0, "")


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (datetime(2024, 11, 30, 23), "missing"),
        (datetime(2024, 12, 1), "received"),
        (datetime(2025, 11, 30, 23), "received"),
        (datetime(2025, 12, 1), "missing"),
    ],
)
def test_an_unreadable_file_counts_for_the_year_in_which_it_came(received: datetime, status: str) -> None:
    assert status_of(live("DEPT").reject("DEPT", received, "坏"), on=datetime(2026, 1, 5))["status"] == status


def test_an_unreadable_file_is_not_taken_for_a_backfill() -> None:
    city = City().expect("DEPT", year=YEAR, form=FORM, due=DUE).reject("DEPT", BEFORE, "坏")
    assert brief(status_of(city)) == ("missing", None)


# nothing owed


def test_an_organ_that_ended_the_year_before_owes_nothing_and_says_who_took_over() -> None:
    city = live("DEPT").happen("DEPT2", "merged", 2024, "DEPT2自2024年度起并入DEPT", successor="DEPT")
    city.happen("DEPT2", "function_moved", 2024, "与此无关", successor="DEPT").lives["DEPT2"] = (2000, 2023)
    city.happen("DEPT2", "created", 2000, "DEPT2自2000年度起设立")
    row = status_of(city, "DEPT2")
    assert (*brief(row), row["due_on"], row["basis"]) == ("not_due", None, None, None)
    assert row["note"] == "DEPT2自2024年度起并入DEPT"


def test_an_organ_that_begins_the_year_after_owes_nothing_yet() -> None:
    city = live("DEPT").happen("DEPT2", "created", 2025, "DEPT2自2025年度起设立")
    city.lives["DEPT2"] = (2025, None)
    assert status_of(city, "DEPT2")["note"] == "DEPT2自2025年度起设立"
    city.events.clear()
    row = status_of(city, "DEPT2")
    assert (row["status"], row["note"]) == ("not_due", "2025年度起报送")


@pytest.mark.parametrize("life", [(None, 2022), (2026, None)])
def test_an_organ_of_another_time_has_no_row(life: tuple[int | None, int | None]) -> None:
    city = live("DEPT")
    city.lives["DEPT2"] = life
    connection = city.built(NIGHT)
    build_table(connection, "mart.submission_status")
    assert connection.sql("SELECT count(*) FROM mart.submission_status WHERE organ_code = 'DEPT2'").fetchall() == [(0,)]


def test_who_exists_and_owes_nothing_is_told_so_and_who_files_all_the_same_is_seen() -> None:
    city = live("DEPT")
    assert (status_of(city, "DEPT2")["status"], status_of(city, "DEPT2")["note"]) == ("not_due", "名录规定不报此表")
    row = status_of(filed(city, AFTER, organ="DEPT2"), "DEPT2")
    assert (*brief(row), row["received_at"], row["submissions"]) == ("not_due", None, AFTER, 1)
    stray = city.file("DEPT2", year=2022, form=FORM, received=BEFORE)
    row = status_of(stray, "DEPT2", year=2022)
    assert (row["status"], row["name"], row["note"]) == ("not_due", "DEPT2", "该年度不采集此表")


def test_a_part_of_a_year_is_said() -> None:
    city = City().expect("DEPT", year=YEAR, form=FORM, mode="live", due=DUE, begins=date(2024, 4, 1))
    assert status_of(city)["note"] == "统计期2024-04-01至2024-12-31"


# the table


def test_every_status_is_reachable_and_every_organ_has_one_row_a_form() -> None:
    city = live("OFFICE", "DEPT", "DEPT2", "EASTDEPT", "EASTTOWN", "WESTDEPT").expect(
        "EAST", year=YEAR, form=FORM, mode="live", due=date(2025, 3, 31)
    )
    filed(city, BEFORE, organ="OFFICE")
    filed(city, AFTER, organ="DEPT")
    filed(city, BEFORE, organ="DEPT2", held=True).find("不符。")
    filed(city, BEFORE, organ="EASTDEPT", nil=True)
    city.reject("EASTTOWN", BEFORE, "坏")
    connection = city.built(NIGHT)
    build_table(connection, "mart.submission_status")
    found = dict(connection.sql("SELECT organ_code, status FROM mart.submission_status ORDER BY 1").fetchall())
    assert found == {
        "OFFICE": "accepted",
        "DEPT": "late",
        "DEPT2": "held",
        "EASTDEPT": "nil",
        "EASTTOWN": "received",
        "WESTDEPT": "missing",
        "EAST": "due",
        "WEST": "not_due",
        "CITY": "not_due",
    }
    assert set(found.values()) == set(FIELDS["duty_status"].allowed or ())
