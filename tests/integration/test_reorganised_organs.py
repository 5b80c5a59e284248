"""Organs that were merged, ended or moved, and files that do not know it yet, through one night."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from pipelines.settings import Settings
from schemas.register import REGISTER_FOLDER
from tests.integration.night import annex, drop, matrix, new_home, rows, run_night

FARMING, RURAL, SERVICES, CLEANING, HULI = "XMP00115", "XMP00127", "XMP00401", "XMP00405", "XM02100"
PLANNING = "XMP00101"
ENDED = "厦门市行政服务中心自2024年度起撤销，由厦门市数据管理局承接"
MERGER = "厦门市农业局自2019年度起并入厦门市农业农村局（待核）"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The packaged register, but for one institution that stood under 湖里区 until 2018 (made up)."""
    folder = tmp_path_factory.mktemp("reorganised")
    shutil.copytree(REGISTER_FOLDER, folder / "register")
    with (folder / "register" / "parents.csv").open("a", encoding="utf-8") as file:
        file.write(f"{CLEANING},{HULI},,2018,made_up,测试用\n")
    settings = new_home(folder / "home", register=folder / "register")
    old_name = annex(FARMING, 2018, {"fj_open_total": 3}, name="厦门市农业局")
    drop(settings, f"{FARMING}/2018.xlsx", old_name, "2019-01-10T09:00:00")
    drop(settings, f"{RURAL}/2024.xlsx", matrix(RURAL, 2024), "2025-01-10T09:00:00")
    # filed by the successor from its predecessor's template, and by the predecessor's folder long after its end
    drop(settings, f"{RURAL}/2023.xlsx", matrix(FARMING, 2023), "2024-01-10T09:00:00")
    drop(settings, f"{FARMING}/2024.xlsx", matrix(FARMING, 2024), "2025-01-10T09:00:00")
    drop(settings, f"{SERVICES}/2024.xlsx", matrix(SERVICES, 2024), "2025-01-10T09:00:00")
    drop(settings, f"{PLANNING}/2024.xlsx", b"PK\x03\x04 cut short", "2025-01-10T09:00:00")
    for year in (2017, 2018):
        drop(
            settings,
            f"{CLEANING}/{year}.xlsx",
            annex(CLEANING, year, {"fj_open_total": 5}),
            f"{year + 1}-01-10T09:00:00",
        )
    drop(settings, f"{CLEANING}/2024.xlsx", matrix(CLEANING, 2024), "2025-01-10T09:00:00")
    assert run_night(settings).success
    return settings


def findings(night: Settings, organ: str, year: int) -> list[tuple[Any, ...]]:
    return rows(
        night,
        "SELECT rule_id, severity, message FROM core.fct_finding WHERE rule_id IN ('V21', 'V22', 'V23')"
        f" AND organ_code = '{organ}' AND report_year = {year} ORDER BY rule_id",
    )


def official(night: Settings, organ: str, year: int) -> list[tuple[Any, ...]]:
    return rows(
        night,
        "SELECT is_official, (SELECT count(*) FROM core.fct_cell AS c WHERE c.submission_id = s.submission_id)"
        f" FROM core.fct_submission AS s WHERE organ_code = '{organ}' AND report_year = {year}",
    )


def test_a_report_under_the_predecessors_name_is_read_and_counts_and_says_so(night: Settings) -> None:
    sentence = f"“{FARMING}”是前身机构：{MERGER}；已按 {RURAL} 的报表处理，该年度应写“厦门市农业农村局”"
    assert findings(night, RURAL, 2023) == [("V23", "info", sentence)]
    assert official(night, RURAL, 2023) == [(True, 200)]
    assert findings(night, RURAL, 2024) == []
    assert findings(night, FARMING, 2018) == []


@pytest.mark.parametrize(
    ("organ", "told"),
    [
        (FARMING, MERGER),
        (
            SERVICES,
            f"{ENDED}（待核）；厦门市行政服务中心的部分职能自2024年度起划入厦门市数据管理局",
        ),
    ],
)
def test_a_report_of_an_organ_that_ended_is_read_and_not_expected(night: Settings, organ: str, told: str) -> None:
    ((rule, severity, message),) = findings(night, organ, 2024)
    assert (rule, severity) == ("V22", "warning")
    assert message.endswith(f"2024年度不应报送表样 gb_2021：{told}；请由承接的单位报送，或核对年度")
    assert official(night, organ, 2024) == [(True, 200)]
    # it is seen, and in no total
    assert rows(
        night,
        f"SELECT status, submissions FROM mart.submission_status WHERE organ_code = '{organ}' AND report_year = 2024",
    ) == [("not_due", 1)]
    assert rows(
        night,
        "SELECT DISTINCT organs_reported FROM mart.city_rollup WHERE report_year = 2024 AND slice_kind = 'city'",
    ) == [(2,)]


def test_an_unreadable_file_is_received_and_the_reason_is_what_is_waited_for(night: Settings) -> None:
    ((status, waits_for, reason),) = rows(
        night,
        "SELECT s.status, s.waits_for, f.reason FROM mart.submission_status AS s"
        f" JOIN core.fct_file AS f ON f.folder = s.organ_code WHERE organ_code = '{PLANNING}' AND report_year = 2024",
    )
    assert status == "received"
    assert reason
    assert waits_for == f"收到的文件未能读取：{reason}"


def test_an_organ_counts_where_it_stood_in_the_year(night: Settings) -> None:
    found = rows(
        night,
        "SELECT report_year, slice_kind, slice_code, value FROM mart.city_rollup WHERE indicator_code = 'fj_open_total'"
        " AND measure = 'annual' AND report_year = 2017 AND value IS NOT NULL ORDER BY slice_kind",
    )
    assert found == [
        (2017, "city", "city", 5),
        (2017, "district", HULI, 5),
        (2017, "level", "lower", 5),
        (2017, "organ_kind", "department", 5),
    ]
    places = rows(
        night,
        "SELECT report_year, parent_code, district_code, level FROM core.dim_organ_year"
        f" WHERE organ_code = '{CLEANING}' AND report_year >= 2018 ORDER BY report_year",
    )
    assert places == [
        (2018, HULI, HULI, "lower"),
        (2023, "XMP00125", None, "own"),
        (2024, "XMP00125", None, "own"),
    ]
    assert rows(
        night,
        "SELECT slice_code, organs_reported FROM mart.city_rollup WHERE report_year = 2024 AND slice_kind = 'level'"
        " GROUP BY ALL ORDER BY ALL",
    ) == [("lower", 0), ("own", 2)]
