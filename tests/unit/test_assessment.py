"""The assessment on small worlds: each kind of deduction by itself, what is never deducted, caps, the score."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from pipelines.checks import CHECKS
from pipelines.knowledge import load_knowledge
from schemas import render
from schemas.assessment import COUNTS, Deduction, Scheme, load_scheme
from schemas.register import REGISTER_FOLDER
from schemas.register_table import RegisterError
from schemas.tables import TABLES
from tests.unit.city import City, knowledge
from warehouse.build import build_table, load_rows, violations
from warehouse.connection import dicts

FORM: Final = "gb_2021"
DUE = date(2025, 1, 31)
EARLY, IN_TIME, LATE, LATER = (datetime(2025, *day, 9) for day in ((1, 10), (1, 20), (2, 11), (2, 20)))
NIGHT = datetime(2025, 3, 1, 2)
SUIT_ENDS = ("total", "upheld", "corrected", "other")
NO_RATES = {"res_total[total]": 0}
BUILT = (
    "core.dim_form",
    "core.dim_deduction",
    "mart.submission_status",
    "mart.assessment_deduction",
    "mart.assessment",
)
Case = Callable[[], City]


def live(year: int = 2024, mode: str = "live") -> City:
    return City().expect("DEPT", year=year, form=FORM, mode=mode, due=date(year + 1, 1, 31))


def filed(city: City, received: datetime = IN_TIME, figures: Any = NO_RATES, **how: Any) -> City:
    return city.file("DEPT", figures, year=2024, form=FORM, received=received, **how)


def assessed(city: City, *, on: datetime = NIGHT, scheme: Scheme | None = None) -> duckdb.DuckDBPyConnection:
    """The city's tables with the chain of its submissions and the assessment, contracts and checks kept."""
    connection = city.built(on)
    rows = replace(knowledge(), scheme=scheme or knowledge().scheme).rows()
    for table in ("form", "deduction", "full_score"):
        load_rows(connection, f"stage.{table}", rows[table])
    for table in ("core.submission_chain", "core.fct_decision"):
        connection.execute(render.create_table(TABLES[table]))
    load_rows(connection, "core.submission_chain", chain(city))
    load_rows(connection, "core.fct_decision", explanations(city))
    for table in BUILT:
        build_table(connection, table)
        assert violations(connection, table).empty, table
    for check in CHECKS:
        if check.table.startswith("mart.assessment"):
            assert connection.sql(check.bad_rows).fetchall() == [], check.name
    return connection


def chain(city: City) -> list[dict[str, Any]]:
    """Each submission in its place among those of its organ, year and form; every later one changed 7 cells."""
    seen: dict[tuple[Any, ...], int] = {}
    found = []
    for row in city.submissions:
        key = (row["organ_code"], row["report_year"], row["form_code"])
        seen[key] = version = seen.get(key, 0) + 1
        found.append({"version": version, "differs_in_cells": 7 if version > 1 else None} | row)
    return found


def explanations(city: City) -> list[dict[str, Any]]:
    """A department's explanation, in force, of every finding that says so."""
    return [
        row
        | {
            "decision_id": f"D{number:06d}-2",
            "sequence": number,
            "line": 2,
            "file_id": f"F{number:06d}",
            "source": "organ",
            "received_at": IN_TIME,
            "receipt_no": "",
            "decision": "explain",
            "reason": "历史原因",
            "signed_by": "张三",
            "effect": "in_force",
            "note": "",
        }
        for number, row in enumerate(city.findings, start=500)
        if row["decision_note"]
    ]


def told(city: City, *, year: int = 2024, **how: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Of the one department and year: code -> deduction, and its assessment."""
    of = f"WHERE organ_code = 'DEPT' AND report_year = {year}"
    with assessed(city, **how) as connection:
        found = dicts(connection, f"SELECT * FROM mart.assessment_deduction {of} ORDER BY deduction_code")
        (row,) = dicts(connection, f"SELECT * FROM mart.assessment {of}")
    return {item["deduction_code"]: item for item in found}, row


def deductions(city: City, **how: Any) -> dict[str, dict[str, Any]]:
    return told(city, **how)[0]


def score(city: City, **how: Any) -> dict[str, Any]:
    return told(city, **how)[1]


def errors(count: int, rule: str = "T01", **how: Any) -> City:
    city = filed(live())
    for number in range(count):
        city.find(f"第{number + 1}处不等。", rule=rule, **how)
    return city


def rate(granted: int, answered: int, disputes: int = 0, corrected: int = 0) -> City:
    """An organ with these rates: every dispute is an upheld or corrected review."""
    figures = {
        "res_granted[total]": granted, "res_partial[total]": 0, "res_total[total]": answered,
        "rev_total": disputes, "rev_upheld": disputes - corrected, "rev_corrected": corrected, "rev_other": 0,
        **{f"suit_{kind}_{end}": 0 for kind in ("direct", "after") for end in SUIT_ENDS},
    }  # fmt: skip
    return filed(live(), figures=figures)


def held_then_mended() -> City:
    return filed(filed(live(), EARLY, held=True).find("合计不等。"), LATE)


def resubmitted(times: int) -> City:
    city = filed(live(), official=False)
    for number in range(times):
        filed(city, LATE, official=number == times - 1)
    return city


def nil_after_carrying_over() -> City:
    city = live(2023, "backfill").file("DEPT", {"req_carried_out[total]": 5}, year=2023, form=FORM)
    city.duties += live().duties
    return filed(city, nil=True)


KINDS: dict[str, tuple[Case, int, str, str, str, str]] = {
    # code: world, counted, points before the cap, points, in the reason, in the evidence
    "D01": (
        lambda: filed(live(), LATE), 11, "5.5", "5",
        "迟报：年度报告2021年格式截止2025-01-31，2025-02-11才有被接受的报表，逾期11天。0.5分×11＝5.5分，封顶5分，扣5分。",
        "截止2025-01-31；首次接受2025-02-11 09:00:00；现行回执DEPT-2024-gb_2021-000001",
    ),
    "D02": (
        live, 1, "10", "10",
        "缺报：年度报告2021年格式截止2025-01-31，至今没有报送。扣10分。", "截止2025-01-31",
    ),
    "D03": (
        held_then_mended, 1, "5", "5",
        "此前收到的报表（2025-01-10）有错误，到截止时仍被扣留。扣5分。",
        "收到2025-01-10 09:00:00；回执DEPT-2024-gb_2021-000001",
    ),
    "D04": (
        lambda: errors(3), 3, "1.5", "1.5",
        "正式数仍有未说明的错误：第1处不等；第2处不等；第3处不等。0.5分×3＝1.5分，扣1.5分。",
        "T01（问题000000000001，回执DEPT-2024-gb_2021-000001）；T01（问题000000000002，",
    ),
    "D05": (
        lambda: errors(1, "X01a"), 1, "2", "2", "上年结转与上年结转下年不符：第1处不等。扣2分。",
        "X01a（问题000000000001",
    ),
    "D06": (
        lambda: errors(2, "F07m"), 2, "2", "2", "历年累计与上年累计加本年不符：第1处不等；第2处不等。扣2分。",
        "F07m（",
    ),
    "D07": (
        lambda: resubmitted(2), 2, "2", "2",
        "截止后重报：年度报告2021年格式截止2025-01-31，2025-02-11重报（第2次报送，改动7格）；",
        "000002；收到2025-02-11",
    ),
    "D08": (lambda: errors(1, "X03"), 1, "5", "5", "照搬其他机构或上年的报表：第1处不等。扣5分。", "X03（"),
    "D09": (
        lambda: errors(7, "N02", severity="warning"), 7, "3.5", "3",
        "第3处不等；等7处。0.5分×7＝3.5分，封顶3分，扣3分。", "N02（问题000000000007",
    ),
    "D10": (lambda: rate(10, 20, 5), 1, "2", "2", "争议率超过阈值：5÷20＝0.25，高于0.2。扣2分。", "分母不少于10"),
    "D11": (lambda: rate(60, 90, 10, 4), 1, "3", "3", "纠错率超过阈值：4÷10＝0.4，高于0.3。扣3分。", "000001；分母"),
    "D12": (lambda: rate(1, 10), 1, "2", "2", "依申请答复公开率低于阈值：1÷10＝0.1，低于0.2。扣2分。", "000001；分母"),
    "D13": (
        nil_after_carrying_over, 1, "3", "3",
        "年度报告2021年格式为零报告，而2023年度年度报告2021年格式的“结转下年度继续办理”是5件。扣3分。",
        "回执DEPT-2024-gb_2021-000002",
    ),
}  # fmt: skip


def test_every_kind_of_the_packaged_scheme_is_tried() -> None:
    assert KINDS.keys() == {item.deduction_code for item in knowledge().scheme.deductions}
    assert {item.counted_as for item in knowledge().scheme.deductions} == set(COUNTS)


@pytest.mark.parametrize("code", KINDS)
def test_a_kind_takes_its_points_with_reason_and_evidence(code: str) -> None:
    world, counted, uncapped, points, reason, evidence = KINDS[code]
    found, assessment = told(world())
    assert found.keys() == {code}
    row = found[code]
    assert (row["counted"], row["points_uncapped"], row["points"]) == (counted, Decimal(uncapped), Decimal(points))
    assert reason in row["reason"]
    assert evidence in row["evidence"]
    assert row["points_status"] == "made up: the 13 kinds and values are not published"
    assert (assessment["deductions"], assessment["total_deduction"]) == (1, Decimal(points))
    assert assessment["score"] == 100 - Decimal(points)


def explained(city: City) -> City:
    for row in city.findings:
        row["decision_note"] = "张三说明"
    return city


def uncertain(city: City) -> City:
    for row in city.findings:
        row["outcome"] = "uncertain"
    return city


def backfilled(city: City) -> City:
    for duty in city.duties:
        duty["mode"] = "backfill"
    return city


def repeated() -> City:
    city = resubmitted(1)
    city.submissions[-1]["repeats"] = city.submissions[0]["submission_id"]
    return city


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(lambda: filed(live()), id="in time"),
        pytest.param(lambda: filed(filed(live(), EARLY, held=True).find("不等。"), IN_TIME), id="mended in time"),
        pytest.param(lambda: filed(filed(live(), EARLY, official=False), IN_TIME), id="resubmitted in time"),
        pytest.param(lambda: filed(live(), nil=True), id="nil in time, and no request anywhere"),
        pytest.param(repeated, id="the same figures again after the deadline"),
        pytest.param(lambda: filed(filed(live(), IN_TIME), LATE, held=True), id="a correction that is held"),
        pytest.param(lambda: errors(3, state="waived"), id="waived errors"),
        pytest.param(lambda: errors(2, "X03", state="waived"), id="a waived copy"),
        pytest.param(lambda: explained(errors(3)), id="explained errors"),
        pytest.param(lambda: uncertain(errors(3)), id="uncertain errors"),
        pytest.param(lambda: uncertain(errors(3, "N01")), id="uncertain prose"),
        pytest.param(lambda: errors(3, "V08", severity="warning"), id="warnings of no kind"),
        pytest.param(lambda: backfilled(live()), id="missing in a backfill year"),
        pytest.param(lambda: backfilled(filed(live(), LATE)), id="late in a backfill year"),
        pytest.param(lambda: backfilled(held_then_mended()), id="held in a backfill year"),
        pytest.param(lambda: backfilled(resubmitted(3)), id="resubmitted in a backfill year"),
        pytest.param(lambda: rate(1, 9, 9), id="rates on less than the smallest base"),
        pytest.param(lambda: rate(2, 10, 2), id="rates just at their limits"),
    ],
)
def test_what_is_never_deducted(world: Case) -> None:
    found, assessment = told(world())
    assert found == {}
    assert assessment["score"] == 100


def test_findings_count_in_a_backfill_year_too() -> None:
    assert deductions(backfilled(errors(2)))["D04"]["points"] == 1


@pytest.mark.parametrize(("on", "due"), [(datetime(2025, 1, 31, 23), 0), (datetime(2025, 2, 1, 2), 1)])
def test_nothing_is_deducted_and_nobody_scored_before_the_deadline_is_over(on: datetime, due: int) -> None:
    city = filed(live(), EARLY).find("不等。")
    found, row = told(city, on=on)
    assert found.keys() == ({"D04"} if due else set())
    assert (row["duties"], row["duties_due"], row["score"]) == (1, due, Decimal("99.5") if due else None)


# one missed deadline is one deduction


def test_a_report_still_held_is_held_at_the_deadline_and_not_late_as_well() -> None:
    held = filed(live(), EARLY, held=True).find("不等。")
    assert {code: row["points"] for code, row in deductions(held).items()} == {"D03": 5}
    # what came after the deadline and is held is late, by every day until tonight
    late = deductions(filed(live(), LATE, held=True).find("不等。"))
    assert {code: (row["counted"], row["points"]) for code, row in late.items()} == {"D01": (29, 5)}
    assert "此后报送的至今扣留，逾期29天" in late["D01"]["reason"]


def test_a_file_that_cannot_be_read_is_nothing_filed() -> None:
    row = deductions(live().reject("DEPT", IN_TIME, "文件损坏"))["D02"]
    assert (row["points"], "收到的文件未能读取" in row["reason"]) == (10, True)


def test_a_late_organ_that_corrects_its_figures_loses_for_both() -> None:
    city = filed(filed(live(), LATE, official=False), LATER)
    assert {code: row["points"] for code, row in deductions(city).items()} == {"D01": 5, "D07": 1}


def test_a_copied_report_counts_while_it_stands_for_the_organ() -> None:
    city = filed(live(), EARLY, held=True).find("照搬。", rule="X04")
    assert deductions(city).keys() == {"D03", "D08"}
    # the organ then files its own figures: the copy is history
    assert deductions(filed(city, LATE)).keys() == {"D03"}


def test_an_explanation_frees_only_where_the_scheme_says_so() -> None:
    assert deductions(explained(errors(1, "X03")))["D08"]["points"] == 5
    kinds = tuple(
        item._replace(is_explained_free=item.counted_as in ("findings", "error_findings"))
        for item in knowledge().scheme.deductions
    )
    assert deductions(explained(errors(1, "X03")), scheme=knowledge().scheme._replace(deductions=kinds)) == {}


def test_a_rule_on_an_organ_and_year_speaks_of_its_official_report() -> None:
    city = filed(live()).find("汇总报告与所属之和不符。", rule="H01")
    city.findings[-1] |= {"submission_id": None, "form_code": FORM}
    assert deductions(city)["D04"]["points"] == Decimal("0.5")
    city.submissions[-1] |= {"is_official": False, "status": "held"}
    city.cells.clear()
    assert deductions(city).keys() == {"D03"}


@pytest.mark.parametrize(
    ("carried", "sentence"),
    [
        ({"year": 2025, "figures": {"req_carried_in[total]": 3}}, "2025年度年度报告2021年格式的“上年结转”是3件"),
        ({"year": 2024, "form": "xm_supplement_2017", "figures": {"sup_req_accepted": 4}}, "的“受理申请”是4件"),
    ],
)
def test_requests_may_be_shown_by_the_next_year_or_by_another_form(carried: dict[str, Any], sentence: str) -> None:
    city = filed(live(), nil=True)
    city.file("DEPT", **({"form": FORM} | carried))
    assert sentence in deductions(city)["D13"]["reason"]


# the score


def test_kinds_are_capped_one_by_one_and_the_score_ends_at_zero() -> None:
    city = errors(40).find("照搬。", rule="X03").find("结转。", rule="X01")
    row = score(city)
    assert (row["deductions"], row["total_deduction"], row["score"]) == (3, 5 + 5 + 2, 88)
    few = tuple(item._replace(full_score=Decimal(10)) for item in knowledge().scheme.full_scores)
    row = score(city, scheme=knowledge().scheme._replace(full_scores=few))
    assert (row["total_deduction"], row["full_score"], row["score"]) == (12, 10, 0)


def test_the_four_rates_stand_beside_the_score_with_sides_and_notes() -> None:
    row = score(rate(30, 60, 3, 1))
    assert {name: row[name] for name in row if name.startswith(("reply_open", "dispute", "correction", "open"))} == {
        "reply_open_rate": Decimal("0.5"), "reply_open_numerator": 30, "reply_open_denominator": 60,
        "reply_open_note": "",
        "dispute_rate": Decimal("0.05"), "dispute_numerator": 3, "dispute_denominator": 60, "dispute_note": "",
        "correction_rate": Decimal("0.3333"), "correction_numerator": 1, "correction_denominator": 3,
        "correction_note": "",
        "open_rate": None, "open_numerator": None, "open_denominator": None, "open_note": "该表样没有此项数据",
    }  # fmt: skip
    assert score(live())["dispute_note"] == "没有正式数"
    assert score(filed(live(), nil=True))["open_note"] == "零报告"


def test_an_organ_with_two_forms_is_assessed_once() -> None:
    city = City().expect("DEPT", year=2017).expect("DEPT", year=2017, form="xm_supplement_2017")
    city.file(
        "DEPT", {"fj_reply_granted": 6, "fj_reply_partial": 0, "fj_reply_total": 8, "fj_reviews": 0, "fj_suits": 0}
    )
    city.find("一处。")
    city.file("DEPT", {"sup_open_total": 1, "sup_made_total": 4}, form="xm_supplement_2017").find("两处。")
    found, row = told(city, year=2017)
    assert (row["mode"], row["duties"], row["duties_due"]) == ("backfill", 2, 2)
    assert (row["reply_open_rate"], row["open_rate"]) == (Decimal("0.75"), Decimal("0.25"))
    assert found["D04"]["reason"] == ("正式数仍有未说明的错误：一处；两处。0.5分×2＝1分，扣1分。")
    assert row["score"] == 99


def test_the_citys_own_report_is_not_assessed_and_a_districts_is() -> None:
    city = City().expect("CITY", "EAST", year=2024, form=FORM, mode="live", due=DUE)
    with assessed(city) as connection:
        found = connection.sql("SELECT organ_code, total_deduction FROM mart.assessment").fetchall()
    assert found == [("EAST", 10)]


# the scheme


@pytest.fixture
def scheme_of(tmp_path: Path) -> Callable[..., Scheme]:
    """The scheme of a copy of the register in which one text of one file is replaced ('' appends)."""

    def load(file: str, old: str, new: str) -> Scheme:
        folder = tmp_path / "register"
        shutil.copytree(REGISTER_FOLDER, folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert not old or text.count(old) == 1
        (folder / file).write_text(text.replace(old, new) if old else text + new, encoding="utf-8")
        return load_scheme(folder, {rule.rule_id for rule in knowledge().rules})

    return load


STATUS = "市公开办〔2026〕1号"


def test_a_city_puts_in_its_own_values_and_says_where_they_are_from(tmp_path: Path) -> None:
    folder = tmp_path / "register"
    shutil.copytree(REGISTER_FOLDER, folder)
    (folder / "deductions.csv").write_text(
        (folder / "deductions.csv").read_text(encoding="utf-8").splitlines()[0]
        + f"\nD01,2024,2024,迟报,days_late,逾期每日,true,2,30,,false,,,{STATUS}\n"
        + f"D01,2025,,迟报,days_late,逾期每日,true,3,30,,false,,,{STATUS}\n",
        encoding="utf-8",
    )
    (folder / "full_score.csv").write_text(f"from_year,to_year,full_score,status\n,,20,{STATUS}\n", encoding="utf-8")
    scheme = load_knowledge(folder).scheme
    row = score(filed(live(), LATE), scheme=scheme)
    assert (row["full_score"], row["total_deduction"], row["score"], row["points_status"]) == (20, 22, 0, STATUS)


def test_without_a_scheme_there_are_rates_and_no_score(tmp_path: Path) -> None:
    row = score(live(), scheme=load_scheme(tmp_path, ()))
    assert (row["total_deduction"], row["full_score"], row["score"], row["points_status"]) == (0, None, None, "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("D01,,,迟报", "1,,,迟报", "line 2, column deduction_code: '1' is not a code like D01"),
        ("", "D01,,,又一次,not_filed,,false,1,1,,false,,,x\n", "line 15, column from_year: another line says the same"),
        ("", "D14,2024,2023,x,not_filed,,false,1,1,,false,,,x\n", "line 15, column to_year: 2023 is before 2024"),
        ("缺报,not_filed", "缺报,not_seen", "line 3, column counts: unknown thing to count 'not_seen'"),
        ("true,0.5,5,,false", "yes,0.5,5,,false", "line 2, column per_unit: unknown word 'yes'"),
        ("true,0.5,5,,false", "true,-1,5,,false", "line 2, column points: '-1' is not a number from 0 of"),
        ("true,0.5,5,,false", "true,0,5,,false", "line 2, column points: a kind without points is left out"),
        ("true,0.5,5,,false", "true,6,5,,false", "line 2, column cap: 5 is less than the 6 points of one"),
        ("true,0.5,5,,false", "true,1,5,F01,false", "line 2, column rules: 'days_late' has none"),
        ("true,0.5,5,,false", "true,1,5,,true", "line 2, column explained_free: 'days_late' is nothing that"),
        ("X01;X01a", "X01;X99", "line 6, column rules: unknown rule 'X99'"),
        ("X01;X01a", "", "line 6, column rules: must not be empty"),
        ("dispute_rate,0.2", "dispute,0.2", "line 11, column rate_code: unknown rate 'dispute'"),
        ("dispute_rate,0.2", "dispute_rate,", "line 11, column limit_value: must not be empty"),
        (
            "10,10,,false,,,made up: the 13 kinds and values are not published",
            "10,10,,false,,,",
            "line 3, column status:",
        ),
        ("deduction_code,", "code,", "line 1: the columns must be deduction_code,from_year"),
    ],
)
def test_an_error_of_the_table_names_file_line_and_column(
    scheme_of: Callable[..., Scheme], old: str, new: str, message: str
) -> None:
    with pytest.raises(RegisterError) as caught:
        scheme_of("deductions.csv", old, new)
    assert str(caught.value).startswith(f"deductions.csv, {message}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",,100,", ",,0,", "line 2, column full_score: must be above 0"),
        (",,100,", ",,full,", "line 2, column full_score: 'full' is not a number"),
        ("", "2024,,120,x\n", "line 3, column from_year: another line says the same of some of these years"),
    ],
)
def test_an_error_of_the_full_score_names_file_line_and_column(
    scheme_of: Callable[..., Scheme], old: str, new: str, message: str
) -> None:
    with pytest.raises(RegisterError) as caught:
        scheme_of("full_score.csv", old, new)
    assert str(caught.value).startswith(f"full_score.csv, {message}")


def test_the_same_kind_may_have_other_points_in_other_years(scheme_of: Callable[..., Scheme]) -> None:
    old = "D02,,,缺报"
    scheme = scheme_of("deductions.csv", old, f"D02,,2023,缺报,not_filed,,false,4,4,,false,,,{STATUS}\nD02,2024,,缺报")
    assert [_points(item) for item in scheme.deductions if item.deduction_code == "D02"] == [
        (None, 2023, 4),
        (2024, None, 10),
    ]
    assert deductions(live(), scheme=scheme)["D02"]["points"] == 10
    earlier = City().expect("DEPT", year=2023, form=FORM, mode="live", due=date(2024, 1, 31))
    assert deductions(earlier, year=2023, scheme=scheme)["D02"]["points"] == 4


def _points(item: Deduction) -> tuple[int | None, int | None, Decimal]:
    return item.valid_from_year, item.valid_to_year, item.points_each
