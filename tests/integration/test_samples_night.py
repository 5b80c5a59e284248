"""The walk through the whole job on the samples, as a newcomer runs it; figures as the city published them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from rich.cells import cell_len

from pipelines.cli import main
from pipelines.instance import prepare_home
from pipelines.journal import Journal
from pipelines.lock import JOB_NAME
from pipelines.precheck import check_files
from pipelines.settings import Settings
from samples.allocate import STORY
from schemas.links import LINKS
from schemas.tables import TABLES
from schemas.views import views
from tests.integration.agreement import answered, by_receipt
from tests.integration.night import published, rows
from tests.published_figures import ANNEX_2017
from warehouse.connection import reader
from warehouse.publish import FILE_NAME

PROJECT = Path(__file__).parents[2]
CITY = "XMP00001"


def nightly(home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "nightly", "--samples", str(PROJECT / "samples")],
        env=os.environ | {"GONGKAI_HOME": str(home), "COLUMNS": "160", "LC_ALL": "C.UTF-8"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("samples") / "home")


@pytest.fixture(scope="module")
def first(home: Settings) -> str:
    return nightly(home.home)


@pytest.fixture(scope="module")
def night(home: Settings, first: str) -> Settings:
    assert first
    return home


def rollup(night: Settings, where: str) -> dict[Any, Any]:
    found = rows(night, f"SELECT slice_code, indicator_code, measure, value FROM mart.city_rollup WHERE {where}")
    return {(code, indicator, measure): value for code, indicator, measure, value in found}


def test_the_command_says_what_it_did(first: str) -> None:
    assert "已放入 488 个样例文件" in first
    assert "488（未能读取 0，重复 0）" in first
    assert "488（扣留 2）" in first
    for figure in ("42,938 条", "+9.73%", "-6.48%", "-8.84%", "-9.85%", "75/77"):
        assert figure in first
    assert "disclosure.duckdb" in first


def test_nothing_is_lost_on_the_way(night: Settings) -> None:
    assert rows(night, "SELECT files_received, files_accounted, cells_read, cells_stored FROM meta.build") == [
        (488, 488, 42975, 42975)
    ]
    assert rows(night, "SELECT outcome, count(*), sum(submissions) FROM core.fct_file GROUP BY outcome") == [
        ("read", 488, 488)
    ]


@pytest.mark.parametrize("indicator", ANNEX_2017)
def test_the_leaves_of_2017_add_up_to_the_published_annex(night: Settings, indicator: str) -> None:
    found = rollup(night, f"report_year = 2017 AND slice_kind = 'city' AND indicator_code = '{indicator}'")
    annual, cumulative = ANNEX_2017[indicator]
    assert found[("city", indicator, "annual")] == annual
    assert found[("city", indicator, "cumulative")] == cumulative


def test_levels_and_kinds_add_up_as_published(night: Settings) -> None:
    found = {
        (year, code, indicator, measure): value
        for year, code, indicator, measure, value in rows(
            night,
            "SELECT report_year, slice_code, indicator_code, measure, value FROM mart.city_rollup"
            " WHERE slice_kind IN ('city', 'level', 'organ_kind') AND form_code = 'fj_annex_2017'",
        )
    }
    opened, requests = "fj_open_total", "fj_req_total"
    expected = {
        (2016, "city", opened, "annual"): 39129,
        (2016, "city", requests, "annual"): 1465,
        (2016, "city", opened, "cumulative"): 497494,
        (2016, "city", requests, "cumulative"): 5133,
        (2016, "own", opened, "cumulative"): 382720,
        (2016, "lower", opened, "cumulative"): 114774,
        (2016, "government", requests, "cumulative"): 994,
        (2016, "department", requests, "cumulative"): 4139,
        (2017, "own", opened, "annual"): 31776,
        (2017, "lower", opened, "annual"): 11162,
        (2017, "own", opened, "cumulative"): 414496,
        (2017, "lower", opened, "cumulative"): 125936,
        (2017, "department", requests, "annual"): 1105,
        (2017, "government", requests, "annual"): 265,
        (2017, "government", requests, "cumulative"): 1259,
        (2017, "department", requests, "cumulative"): 5244,
        (2018, "city", opened, "annual"): 39142,
        (2018, "city", requests, "annual"): 1235,
        (2018, "city", opened, "cumulative"): 579574,
        (2018, "city", requests, "cumulative"): 7738,
    }
    assert {key: found[key] for key in expected} == expected


def test_year_over_year_of_the_published_figures(night: Settings) -> None:
    found = rows(
        night,
        "SELECT report_year, indicator_code, value, prior_value, change, round(change_pct, 2), comparability, note"
        " FROM mart.year_over_year WHERE slice_kind = 'city' AND measure = 'annual' AND report_year IN (2017, 2018)"
        " AND indicator_code IN ('fj_open_total', 'fj_req_total') ORDER BY report_year, indicator_code",
    )
    assert found == [
        (2017, "fj_open_total", 42938, 39129, 3809, Decimal("9.73"), "A", ""),
        (2017, "fj_req_total", 1370, 1465, -95, Decimal("-6.48"), "A", ""),
        (2018, "fj_open_total", 39142, 42938, -3796, Decimal("-8.84"), "A", ""),
        (2018, "fj_req_total", 1235, 1370, -135, Decimal("-9.85"), "A", ""),
    ]


def test_where_nothing_can_be_compared_a_note_says_why(night: Settings) -> None:
    notes = dict(
        rows(
            night,
            "SELECT report_year, max(note) FROM mart.year_over_year WHERE slice_kind = 'city'"
            " AND indicator_code IN ('fj_open_total', 'req_new') AND applicant_kind IN ('', 'total')"
            " AND measure = 'annual' AND change_pct IS NULL GROUP BY report_year",
        )
    )
    assert notes == {
        2016: "上年没有数据，不计算同比",
        2023: "上年没有数据，不计算同比",
        2024: "本年合计不完整，缺2家，不计算同比",
    }
    base_zero = rows(
        night,
        "SELECT DISTINCT change_pct, note FROM mart.year_over_year WHERE prior_value = 0 AND change IS NOT NULL",
    )
    assert base_zero == [(None, "上年为零，不计算百分比")]


def test_the_organs_parts_add_up_to_the_citys_change(night: Settings) -> None:
    assert rows(
        night,
        "SELECT report_year, indicator_code, part, count(*), sum(contribution) FROM mart.contribution"
        " WHERE slice_kind = 'city' AND measure = 'annual' AND indicator_code IN ('fj_open_total', 'fj_req_total')"
        " GROUP BY ALL ORDER BY ALL",
    ) == [
        (2017, "fj_open_total", "matched", 72, 3809),
        (2017, "fj_req_total", "matched", 43, -95),
        (2018, "fj_open_total", "matched", 72, -3796),
        (2018, "fj_req_total", "matched", 49, -135),
    ]
    # nobody enters or leaves in these years: like for like says the same
    assert rows(
        night,
        "SELECT report_year, change, organs_in_panel, organs_entered, organs_left, organs_excluded"
        " FROM mart.year_over_year_like_for_like WHERE slice_kind = 'city' AND measure = 'annual'"
        " AND indicator_code = 'fj_open_total' ORDER BY report_year",
    ) == [(2017, 3809, 73, 0, 0, 0), (2018, -3796, 73, 0, 0, 0)]


def test_the_live_year_compares_who_is_in_both_years_and_says_for_whom(night: Settings) -> None:
    assert rows(
        night,
        "SELECT organs_in_panel, organs_entered, organs_left, organs_excluded, note"
        " FROM mart.year_over_year_like_for_like WHERE slice_kind = 'city' AND report_year = 2024"
        " AND indicator_code = 'req_new' AND applicant_kind = 'total'",
    ) == [(74, 0, 0, 3, "本年合计不完整，缺2家，只比较两年可比的74家")]
    # the service centre has gone and the data bureau, which took over an unstated part of it, has come
    assert rows(
        night,
        "SELECT organ_code, part FROM mart.contribution WHERE slice_code = 'own' AND report_year = 2024"
        " AND part <> 'matched' AND indicator_code = 'req_new' AND applicant_kind = 'total' ORDER BY 1",
    ) == [("XM00206", "entered"), ("XMP00401", "left")]


def test_a_familys_line_ends_where_the_crosswalk_breaks_it(night: Settings) -> None:
    assert rows(
        night,
        "SELECT report_year, form_code, value, comparability FROM mart.concept_series WHERE slice_kind = 'city'"
        " AND concept_code = 'opened' ORDER BY report_year",
    ) == [
        (2016, "fj_annex_2017", 39129, None),
        (2017, "fj_annex_2017", 42938, "A"),
        (2018, "fj_annex_2017", 39142, "A"),
    ]
    assert rows(
        night,
        "SELECT s.report_year, s.change, sum(c.contribution) FROM mart.concept_series AS s"
        " JOIN mart.concept_contribution AS c USING (concept_code, report_year, slice_kind, slice_code, form_code)"
        " WHERE s.concept_code = 'granted' AND s.slice_kind = 'city' GROUP BY ALL ORDER BY ALL",
    ) == [(2017, -162, -162), (2018, -47, -47)]


def test_the_live_year_is_incomplete_and_says_so(night: Settings) -> None:
    assert rows(
        night,
        "SELECT DISTINCT organs_expected, organs_reported, organs_nil, organs_missing, coverage, is_complete"
        " FROM mart.city_rollup WHERE report_year = 2024 AND slice_kind = 'city'",
    ) == [(77, 74, 1, 2, Decimal("0.9740"), False)]
    assert rows(
        night,
        "SELECT count(*) FROM mart.year_over_year"
        " WHERE report_year = 2024 AND slice_kind = 'city' AND change IS NOT NULL",
    ) == [(0,)]
    # a district that has everybody in compares its years although the city does not
    complete = rows(
        night,
        "SELECT DISTINCT slice_code FROM mart.year_over_year WHERE report_year = 2024 AND slice_kind = 'district'"
        " AND change IS NOT NULL ORDER BY 1",
    )
    missing = {"XMP07100", "XMP03100"}
    assert missing.isdisjoint({code for (code,) in complete})
    assert len(complete) == 4


def test_the_published_report_of_2017_is_official_and_its_findings_travel_with_it(night: Settings) -> None:
    assert rows(
        night,
        f"SELECT basis, status, is_official FROM core.fct_submission WHERE organ_code = '{CITY}'"
        " AND report_year = 2017 AND form_code = 'fj_annex_2017'",
    ) == [("published", "accepted_with_warnings", True)]
    found = rows(
        night,
        "SELECT rule_id, scope, severity, lhs, rhs, difference FROM core.fct_finding"
        f" WHERE organ_code = '{CITY}' AND report_year = 2017 AND form_code = 'fj_annex_2017' ORDER BY rule_id, scope",
    )
    assert found == [
        ("F02", "cumulative", "warning", 6411, 6503, -92),
        ("F04", "cumulative", "warning", 6452, 6451, 1),
        ("F12a", "annual", "error", 42980, 42938, 42),
        ("F12b", "cumulative", "error", 540474, 540432, 42),
        ("F12c", "cumulative", "error", 6512, 6503, 9),
        ("N02", "annual/nar_share_cat_land_env", "warning", Decimal("7.1988"), Decimal("7.19"), Decimal("0.0088")),
        ("N02", "annual/nar_share_cat_projects", "warning", Decimal("5.4451"), Decimal("5.44"), Decimal("0.0051")),
        (
            "N02",
            "annual/nar_share_cat_science_health",
            "warning",
            Decimal("6.3976"),
            Decimal("6.39"),
            Decimal("0.0076"),
        ),
        ("N02", "annual/nar_share_reply_refused", "warning", Decimal("8.7116"), Decimal("14.57"), Decimal("-5.8584")),
        ("N02", "annual/nar_share_req_fax", "warning", Decimal("0.0730"), Decimal("0.0007"), Decimal("0.0723")),
        ("N06", "annual/nar_reply_refused", "warning", 119, 199, -80),
        ("N07", "annual/fj_req_total", "warning", 1370, 1366, 4),
        ("N07", "annual/nar_gazette_issues", "warning", 558, 558, 0),
        ("N07", "annual/nar_online_interviews", "warning", 257, 39, 218),
        ("N07", "annual/nar_req_headline", "warning", 1370, 1370, 0),
        ("N07", "annual/period", "warning", None, None, None),
        ("N07", "cumulative/nar_open_total_to_date", "warning", 42938, 540432, -497494),
        ("N08", "annual/nar_cat_total", "info", Decimal("68.8947"), None, None),
        ("N08", "annual/nar_reply_not_info", "info", 1059, 1366, -307),
        ("V09", "正文", "info", None, None, None),
    ]


def test_prose_is_judged_where_there_is_prose_and_nowhere_else(night: Settings) -> None:
    assert rows(
        night,
        "SELECT DISTINCT organ_code, report_year FROM core.fct_rule_outcome"
        " WHERE rule_id LIKE 'N%' AND outcome <> 'not_assessable'",
    ) == [(CITY, 2017)]
    assert rows(
        night, "SELECT outcome FROM core.fct_rule_outcome WHERE rule_id = 'N05a' AND outcome <> 'not_assessable'"
    ) == [("pass",)]


def test_the_likelier_slip_in_the_prose_comes_first(night: Settings) -> None:
    found = rows(
        night,
        "SELECT c.position, c.indicator_code, c.sheet, c.address, c.printed, c.role, c.suggested_value"
        " FROM core.finding_cell AS c JOIN core.fct_finding AS f USING (finding_id) WHERE f.rule_id = 'N06'"
        " ORDER BY c.position",
    )
    assert found == [
        (1, "nar_reply_refused", "正文", "A10", "119件", "likelier_wrong", 199),
        (2, "fj_reply_refused", "统计表", "C19", "199", "operand", None),
    ]


def test_the_published_report_agrees_with_the_leaves(night: Settings) -> None:
    found = rows(
        night,
        "SELECT count(*), count(*) FILTER (difference = 0) FROM mart.reported_vs_computed"
        " WHERE report_year = 2017 AND form_code = 'fj_annex_2017'",
    )
    assert found == [(30, 30)]
    outcomes = rows(
        night,
        "SELECT outcome, count(*) FROM core.fct_rule_outcome WHERE rule_id = 'H01' AND form_code = 'fj_annex_2017'"
        " GROUP BY outcome",
    )
    # city and six districts, three years, thirty cells
    assert outcomes == [("pass", 7 * 3 * 30)]


def test_the_inherited_gaps_sit_in_a_few_leaves_and_do_not_move(night: Settings) -> None:
    found = rows(
        night,
        "SELECT f.rule_id, f.report_year, sum(f.difference), count(*) FROM core.fct_finding AS f"
        " JOIN core.fct_submission AS s USING (submission_id)"
        " WHERE f.rule_id IN ('F02', 'F04') AND s.basis = 'own' GROUP BY ALL ORDER BY ALL",
    )
    assert [(rule, year, gap) for rule, year, gap, _ in found] == [
        ("F02", 2016, -92), ("F02", 2017, -92), ("F02", 2018, -92),
        ("F04", 2016, 1), ("F04", 2017, 1), ("F04", 2018, 1),
    ]  # fmt: skip
    assert max(count for *_, count in found) <= 4


def test_the_story_of_the_live_year(night: Settings) -> None:
    def filed(organ: str) -> list[tuple[Any, ...]]:
        return rows(
            night,
            "SELECT status, is_official, is_nil, strftime(received_at, '%Y-%m-%d') FROM core.fct_submission"
            f" WHERE organ_code = '{organ}' AND report_year = 2024 ORDER BY sequence",
        )

    assert filed(STORY.missing) == []
    assert [row[:2] for row in filed(STORY.held.organ_code)] == [("held", False)]
    assert [row[:2] for row in filed(STORY.resubmitted.organ_code)] == [
        ("held", False),
        ("accepted_with_warnings", True),
    ]
    assert filed(STORY.late)[0][3] == "2025-02-11"
    assert [row[:3] for row in filed(STORY.nil)] == [("accepted", True, True)]
    assert [row[:2] for row in filed(STORY.gb18030_csv)] == [("accepted", True)]
    assert [row[:2] for row in filed(STORY.typed_by_hand)] == [("accepted", True)]
    held = rows(
        night,
        "SELECT rule_id, scope, lhs, rhs FROM core.fct_finding WHERE severity = 'error'"
        f" AND organ_code = '{STORY.held.organ_code}' ORDER BY rule_id",
    )
    assert held == [("M01", "annual/natural_person", 9, 6), ("M03", "annual/req_new", 8, 11)]


def test_the_story_of_the_live_year_costs_points(night: Settings) -> None:
    def assessed(organ: str) -> tuple[Any, ...]:
        return rows(
            night,
            "SELECT score, total_deduction, (SELECT string_agg(deduction_code || ' ' || counted, ';')"
            " FROM mart.assessment_deduction AS d WHERE d.organ_code = a.organ_code AND d.report_year = 2024)"
            f" FROM mart.assessment AS a WHERE organ_code = '{organ}' AND report_year = 2024",
        )[0]

    assert assessed(STORY.missing) == (90, 10, "D02 1")
    # eleven days at half a point, capped at five
    assert assessed(STORY.late) == (95, 5, "D01 11")
    assert assessed(STORY.held.organ_code) == (95, 5, "D03 1")
    # mended before the deadline, and nothing to report in time
    assert assessed(STORY.resubmitted.organ_code) == (100, 0, None)
    assert assessed(STORY.nil) == (100, 0, None)
    (late,) = rows(
        night,
        "SELECT reason, evidence FROM mart.assessment_deduction WHERE deduction_code = 'D01' AND report_year = 2024",
    )
    assert late[0] == (
        "迟报：年度报告2021年格式截止2025-01-31，2025-02-11才有被接受的报表，逾期11天。"
        "0.5分×11＝5.5分，封顶5分，扣5分。"
    )
    (receipt,) = rows(night, f"SELECT receipt_no FROM core.fct_submission WHERE organ_code = '{STORY.late}'"
                             " AND report_year = 2024")  # fmt: skip
    assert receipt[0] in late[1]
    # nothing of a backfill year is late; organs that opened too little of what they answered lose in any year
    assert rows(night, "SELECT report_year, deduction_code, count(*) FROM mart.assessment_deduction"
                       " GROUP BY ALL ORDER BY ALL") == [
        (2016, "D12", 1), (2018, "D12", 1), (2024, "D01", 1), (2024, "D02", 1), (2024, "D03", 1), (2024, "D12", 3),
    ]  # fmt: skip
    assert rows(night, "SELECT DISTINCT points_status LIKE '%made up%' FROM mart.assessment") == [(True,)]


def status(night: Settings, *words: str, columns: int = 80) -> str:
    result = CliRunner().invoke(
        main, ["status", *words], env={"GONGKAI_HOME": str(night.home), "COLUMNS": str(columns)}
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_the_status_of_the_live_year_tells_the_story(night: Settings) -> None:
    found = json.loads(status(night, "--json"))
    assert (found["report_year"], found["district_code"]) == (2024, None)
    assert found["counts"] == {"gb_2021": {"accepted": 80, "late": 1, "nil": 1, "held": 1, "missing": 1, "not_due": 1}}
    since = (date.fromisoformat(found["as_of"]) - date(2025, 1, 31)).days
    organs = {row["organ_code"]: row for row in found["organs"]}

    def told(organ: str) -> tuple[str, int | None, int]:
        row = organs[organ]
        return row["status"], row["days_late"], row["submissions"]

    assert told(STORY.missing) == ("missing", since, 0)
    assert told(STORY.held.organ_code) == ("held", since, 1)
    assert told(STORY.resubmitted.organ_code) == ("accepted", 0, 2)
    assert told(STORY.late) == ("late", 11, 1)
    assert told(STORY.nil) == ("nil", 0, 1)
    assert told("XMP00401") == ("not_due", None, 0)
    assert organs["XMP00401"]["note"] == "厦门市行政服务中心自2024年度起撤销，由厦门市数据管理局承接（待核）"
    assert [call["organ_code"] for call in found["reminders"]] == [STORY.missing]
    assert found["reminders"][0]["sentence"] == (
        "厦门市同安区莲花镇人民政府：2024年度报表（年度报告2021年格式，2025年1月31日截止，"
        f"已逾期{since}天）尚未收到，请尽快报送。"
    )
    (held,) = found["waiting"]
    assert held["organ_code"] == STORY.held.organ_code
    assert (
        "有2处错误待改正：“自然人”一列：本年新收加上年结转为9，办理结果总计加结转下年度为6，相差3" in held["sentence"]
    )


def test_the_status_is_readable_at_eighty_columns(night: Settings) -> None:
    lines = status(night).splitlines()
    assert lines[1] == "年度报告2021年格式：  已接受 80  迟报 1  零报告 1  扣留 1  缺报 1  不应报 1"
    assert max(map(cell_len, lines)) <= 80
    # a Chinese character is two cells wide: the column of the deadlines begins at the same cell in every line
    dated = [line for line in lines if line.rstrip().endswith(("2025-01-31", "2025-03-31"))]
    assert len(dated) == 84 - 3
    assert {cell_len(line[: line.rindex("2025-")]) for line in dated} == {62}
    assert "厦门市同安区人民政府 9/10" in "".join(lines)


def test_the_status_of_a_year_before_shows_the_names_of_its_time(night: Settings) -> None:
    page = status(night, "--year", "2017", "--district", "XMP07100", columns=160)
    assert page.count("厦门市同安区西柯镇人民政府") == 2  # the annex and the supplement
    assert "西柯街道" not in page
    assert "逾期" in page.splitlines()[3]
    assert "天" not in page


def test_the_events_of_the_register_are_published(night: Settings) -> None:
    assert rows(
        night,
        "SELECT event, happened_on, effective_year, share, carries, source_kind FROM core.organ_event"
        " WHERE successor_code = 'XM00206' ORDER BY event",
    ) == [
        ("abolished", "2024", 2024, 1, "cumulative", "inferred"),
        ("function_moved", "2024-02", 2024, None, "none", "seen"),
    ]
    assert rows(night, "SELECT count(*) FROM core.organ_event") == [(34,)]
    assert rows(
        night,
        "SELECT name, name_kind, valid_from_year, valid_to_year FROM core.dim_organ_name"
        " WHERE organ_code = 'XMP07901' AND name_kind <> 'short' ORDER BY valid_to_year",
    ) == [("厦门市同安区西柯镇人民政府", "former", None, 2018), ("厦门市同安区西柯街道办事处", "official", 2019, None)]
    assert rows(
        night,
        "SELECT DISTINCT report_year, period_from, period_to FROM core.reporting_duty WHERE report_year = 2024",
    ) == [(2024, date(2024, 1, 1), date(2024, 12, 31))]


def test_every_evaluated_rule_has_an_outcome_on_every_submission_of_its_edition(night: Settings) -> None:
    silent = rows(
        night,
        """
        WITH wanted AS (
            SELECT r.rule_id, s.submission_id FROM core.dim_rule AS r JOIN core.fct_submission AS s
                ON r.editions = '' OR list_contains(string_split(r.editions, ';'), s.form_code)
            WHERE r.rule_id NOT LIKE 'H%'
        )
        SELECT w.rule_id, count(*) FROM wanted AS w LEFT JOIN core.fct_rule_outcome AS o
            ON o.rule_id = w.rule_id AND o.submission_id = w.submission_id
        WHERE o.rule_id IS NULL GROUP BY w.rule_id""",
    )
    assert silent == []


def test_a_check_says_of_every_sample_what_the_night_says(night: Settings) -> None:
    # a file that was received already is judged in its old place: superseded and corrected ones agree too
    said = by_receipt(night)
    files = sorted(night.inbox.rglob("*.*"))
    # the one file in which nothing says whose it is
    nil = night.inbox / STORY.nil / "nil_2023_gb_2021.csv"
    answers = [*check_files(night, [path for path in files if path != nil]).answers]
    answers += check_files(night, [nil], organ=STORY.nil).answers
    assert len(answers) == 488
    assert {answer.received_as for answer in answers} == said.keys()
    different = {answer.received_as for answer in answers if answered(answer) != said[answer.received_as]}
    assert different == set()
    assert sum(len(answer.findings) for answer in answers) > 30


def test_every_submission_has_its_receipt(night: Settings) -> None:
    numbers = rows(night, "SELECT organ_code, receipt_no FROM core.fct_submission")
    for organ, number in numbers:
        for ending in ("html", "json", "xlsx"):
            assert (night.outbox / organ / f"{number}.{ending}").is_file()
    ((number,),) = rows(
        night,
        "SELECT receipt_no FROM core.fct_submission"
        f" WHERE organ_code = '{STORY.held.organ_code}' AND report_year = 2024",
    )
    receipt = json.loads((night.outbox / STORY.held.organ_code / f"{number}.json").read_text(encoding="utf-8"))
    assert receipt["status"] == "held"
    first = receipt["findings"][0]
    assert (first["rule_id"], first["lhs"], first["rhs"]) == ("M01", "9.0000", "6.0000")
    cells = {cell["indicator_code"]: (cell["sheet"], cell["address"], cell["printed"]) for cell in first["cells"]}
    # the sheet and cell that the department opens
    assert cells["req_new"][2] == "9"
    assert cells["req_new"][1][0].isalpha()
    page = (night.outbox / STORY.held.organ_code / f"{number}.html").read_text(encoding="utf-8")
    sheet, address, _ = cells["req_new"]
    assert f'<td class="place">{sheet}!{address}</td>' in page
    # the marked copy names the same cell, and shows in it what the department wrote
    book = load_workbook(night.outbox / STORY.held.organ_code / f"{number}.xlsx")
    assert book.sheetnames == ["核对结果", sheet, "_gongkai"]
    assert book[sheet][address].value == 9
    assert book[sheet][address].comment.text.startswith(
        "问题1（错误，规则M01）最可能填错\n填报：9\n应为（推算）：6，相差3"
    )


@pytest.fixture
def instance(night: Settings) -> Iterator[dg.DagsterInstance]:
    before = {name: os.environ.get(name) for name in ("DAGSTER_HOME", "GONGKAI_HOME")}
    prepare_home(night)
    with dg.DagsterInstance.get() as found:
        yield found
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


def test_the_web_pages_know_the_run_by_its_origin(instance: dg.DagsterInstance) -> None:
    """Pins the private imports of pipelines.instance: without the origin a run is missing from the job's page."""
    (record,) = instance.get_run_records(dg.RunsFilter(job_name=JOB_NAME))
    run = record.dagster_run
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.location_name == "gongkai"
    assert run.tags[".dagster/repository"] == "__repository__@gongkai"


def test_every_table_is_materialised_and_its_contract_checked(instance: dg.DagsterInstance) -> None:
    for table in TABLES:
        key = dg.AssetKey(table.split("."))
        event = instance.get_latest_materialization_event(key)
        assert event is not None, table
        assert event.asset_materialization is not None
        assert "dagster/row_count" in event.asset_materialization.metadata
    (record,) = instance.get_run_records()
    events = instance.all_logs(record.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [entry.get_dagster_event().asset_check_evaluation_data for entry in events]
    contracts = {".".join(e.asset_key.path): e.passed for e in evaluations if e.check_name == "contract"}
    assert contracts == dict.fromkeys(TABLES, True)
    assert {e.check_name for e in evaluations if not e.passed} == {
        *("nothing_held", "no_error_findings", "complete", "every_rule_in_scope"),
        *("family_f", "family_m", "family_v", "family_h", "family_n"),
    }


def shown(instance: dg.DagsterInstance, asset: str) -> dict[str, Any]:
    """What the web pages show of the last time that the asset was made."""
    event = instance.get_latest_materialization_event(dg.AssetKey(asset.split(".")))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_the_numbers_of_the_night_stand_at_what_was_published(night: Settings, instance: dg.DagsterInstance) -> None:
    numbers = shown(instance, "published_warehouse")
    assert {name: numbers[name] for name in numbers if name.startswith(("files_", "submissions", "reports_"))} == {
        "files_received": 488, "files_read": 488, "files_rejected": 0, "files_duplicate": 0,
        "submissions": 488, "submissions_accepted": 486, "submissions_held": 2, "submissions_official": 486,
        "reports_awaited": 0, "reports_missing": 1, "reports_held": 1, "reports_late": 1,
    }  # fmt: skip
    # what was mended is not counted: of the two held reports the errors of one, and three of the published report
    assert (numbers["findings_error"], numbers["findings_waived"], numbers["totals_incomplete"]) == (5, 0, 1)
    assert (numbers["organs_scored"], numbers["organs_with_deductions"]) == (83, 6)
    assert (numbers["cells"], numbers["night"]) == (42975, 1)
    assert numbers["size_bytes"] == published(night).stat().st_size
    assert 0 < numbers["night_seconds"] < 600
    assert (numbers["file"], numbers["outbox"]) == (str(published(night)), str(night.outbox))
    # each table shows its own of them
    assert shown(instance, "core.fct_finding")["findings_error"] == 5
    made_of = shown(instance, "mart.reported_vs_computed")["dagster/column_lineage"].deps_by_column
    assert [(dep.asset_key.to_user_string(), dep.column_name) for dep in made_of["computed"]] == [
        ("mart/city_rollup", "value")
    ]


def test_a_second_night_over_an_unchanged_inbox_changes_nothing(night: Settings) -> None:
    before = {
        table: rows(night, f"SELECT bit_xor(hash(t)) FROM {table} AS t") for table in TABLES if table != "meta.build"
    }
    first_seen = rows(night, "SELECT finding_id, first_seen_at FROM core.fct_finding ORDER BY 1")
    receipts = {path: path.stat().st_mtime_ns for path in night.outbox.rglob("*.*")}
    output = nightly(night.home)
    assert "样例文件" not in output
    after = {
        table: rows(night, f"SELECT bit_xor(hash(t)) FROM {table} AS t") for table in TABLES if table != "meta.build"
    }
    assert after == before
    assert rows(night, "SELECT finding_id, first_seen_at FROM core.fct_finding ORDER BY 1") == first_seen
    assert rows(night, "SELECT night FROM meta.build") == [(2,)]
    assert {path: path.stat().st_mtime_ns for path in night.outbox.rglob("*.*")} == receipts
    journal = Journal(night.archive)
    assert [len(entry["new_findings"]) for entry in journal.of("night_closed")] == [len(first_seen), 0]
    assert sorted(path.name for path in (night.published / "generations").iterdir()) == ["1", "2"]
    assert published(night).resolve().parent.name == "2"


# what analysts open


@pytest.mark.parametrize("indicator", ANNEX_2017)
def test_the_wide_views_show_the_published_annex_of_2017(night: Settings, indicator: str) -> None:
    """The leaves add up to it, and the city's own report stands beside them."""
    assert rows(
        night,
        f"SELECT sum({indicator}), sum({indicator}_cumulative) FROM view.fj_annex_2017"
        " WHERE report_year = 2017 AND used_as = 'summed'",
    ) == [ANNEX_2017[indicator]]
    label = {column.name: column.label for column in views()["view.fj_annex_2017"].columns}[indicator]
    assert rows(
        night,
        f'SELECT "{label}", "{label}｜历年累计" FROM view."福建省附表2017年版"'
        " WHERE 报告年度 = 2017 AND 口径 = '公布的全市报告'",
    ) == [ANNEX_2017[indicator]]


def test_the_views_of_the_national_form_add_up_to_the_city(night: Settings) -> None:
    wide = "SELECT report_year, sum(req_new), sum(res_total), sum(rev_total) FROM view.gb_2021"
    assert rows(night, f"{wide} WHERE used_as = 'summed' GROUP BY report_year ORDER BY report_year") == [
        (2023, 1876, 1854, 62),
        (2024, 2021, 2014, 67),
    ]
    matrix = 'view."年度报告2021年格式_收到和处理政府信息公开申请情况"'
    assert rows(
        night,
        f"SELECT sum(自然人), sum(商业企业), sum(总计) FROM {matrix}"
        " WHERE 用途 = '计入合计' AND 报告年度 = 2023 AND 指标名称 = '一、本年新收政府信息公开申请数量'",
    ) == [(1478, 255, 1876)]


def test_the_wide_views_lie_beside_as_parquet_with_the_labels_as_printed(night: Settings) -> None:
    file = night.published / "current" / "parquet" / "view" / "fj_annex_2017.parquet"
    assert rows(
        night, f"SELECT count(*), sum(\"主动公开文件数\") FROM '{file}' WHERE 报告年度 = 2017 AND 用途 = '计入合计'"
    ) == [(73, 42938)]


def test_the_usual_questions_have_their_answers(night: Settings) -> None:
    series = "SELECT report_year, value, change, round(change_pct, 2), coverage, note FROM series('requests_received')"
    assert rows(night, series) == [
        (2016, 1465, None, None, 1, "上年没有数据，不计算同比"),
        (2017, 1370, -95, Decimal("-6.48"), 1, ""),
        (2018, 1235, -135, Decimal("-9.85"), 1, ""),
        (2023, 1876, None, None, 1, "上年没有数据，不计算同比"),
        (2024, 2021, None, None, Decimal("0.974"), "本年合计不完整，缺2家，不计算同比"),
    ]
    assert rows(night, "SELECT report_year, value FROM series('req_new')") == [(2023, 1876), (2024, 2021)]
    moved = "SELECT sum(contribution), min(change), count(DISTINCT organ_code) FROM who_moved('fj_open_total', 2017)"
    ((total, change, organs),) = rows(night, moved)
    assert (total, change) == (3809, 3809)
    assert organs > 50
    assert rows(night, "SELECT organ_code, change, note FROM who_moved('req_new', 2024)") == [
        (None, None, "本年合计不完整，缺2家，不计算同比")
    ]
    compare = "SELECT value_a, value_b, change, note FROM compare({}) WHERE code = '{}' AND applicant_kind = '{}'"
    assert rows(night, compare.format("2016, 2018", "opened", "")) == [(39129, 39142, 13, "")]
    assert rows(night, compare.format("2023, 2024", "req_new", "total")) == [
        (1876, 2021, None, "2024年度合计不完整，缺2家，不计算增减")
    ]
    profile = "SELECT report_year, status, requests_received, reply_open_rate, note FROM organ_profile('XM00126')"
    assert rows(night, profile) == [
        (2018, "not_due", None, None, "厦门市自然资源和规划局自2019年度起设立（待核）"),
        (2023, "accepted", 294, Decimal("0.4371"), ""),
        (2024, "accepted", 304, Decimal("0.394"), ""),
    ]
    assert rows(night, "SELECT count(*) FROM organ_profile('厦门市自然资源和规划局')") == [(3,)]


def test_no_row_names_another_that_is_not_there(night: Settings) -> None:
    with reader(night.published / "current" / FILE_NAME) as connection:
        lost = {link: connection.execute(link.orphans).fetchall()[0][0] for link in LINKS}
        targets = {link.to: ", ".join(link.to_columns) for link in LINKS}
        shared = "SELECT count(*) FROM (SELECT {1} FROM {0} GROUP BY {1} HAVING count(*) > 1)"
        unclear = {name: connection.execute(shared.format(*name)).fetchall()[0][0] for name in targets.items()}
    assert {link: count for link, count in lost.items() if count} == {}
    assert {name: count for name, count in unclear.items() if count} == {}
    assert len(lost) > 80
