"""The annual report on the samples: read back by the project's own reader and judged by its own rules."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.precheck import check_files
from pipelines.readers import read_file
from pipelines.readers.model import ReadSubmission
from pipelines.report import ReportError, make_report
from pipelines.report.page import to_html
from pipelines.report.word import to_docx
from pipelines.settings import Settings
from schemas.form import CellKey, load_forms
from schemas.report_phrase import PHRASES_FILE
from tests.integration.night import published, rows
from tests.rules.rule_world import Judged, Outcome, World, judged

PROJECT = Path(__file__).parents[2]
CITY, NAME = "XMP00001", "厦门市人民政府"
PUBLISHED_2017 = PROJECT / "samples" / "inbox" / CITY / "2017年度政府信息公开统计表.xlsx"
REPORTS = {
    # year, edition asked for: the editions that are in it
    (2016, None): ["fj_annex_2017"],
    (2017, None): ["fj_annex_2017", "xm_supplement_2017"],
    (2017, "fj_annex_2017"): ["fj_annex_2017"],
    (2017, "xm_supplement_2017"): ["xm_supplement_2017"],
    (2018, None): ["fj_annex_2017"],
    (2023, None): ["gb_2021"],
    (2024, None): ["gb_2021"],
}
INCOMPLETE = 2024
MISSING = "尚缺：厦门市集美区教育局（扣留）、厦门市同安区莲花镇人民政府（缺报）"
KINDS = ("docx", "html")


@pytest.fixture(scope="module")
def home(samples_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The samples' night in a home that has its own place for reports."""
    home = tmp_path_factory.mktemp("report")
    for entry in samples_night.home.iterdir():
        (home / entry.name).symlink_to(entry)
    return replace(samples_night, home=home)


def written(home: Settings, year: int, form_code: str | None, kind: str) -> bytes:
    report, _ = make_report(published(home), year, form_code, is_draft=year == INCOMPLETE)
    return to_docx(report) if kind == "docx" else to_html(report).encode()


def read(data: bytes, kind: str) -> tuple[ReadSubmission, ...]:
    return read_file(data, f"报告.{kind}").submissions


@dataclass(frozen=True)
class Prose:
    """What the rules on prose say of a report: (rule, scope) by outcome."""

    night: Judged
    submissions: list[str]

    def of(self, *outcomes: str, submission: str | None = None) -> dict[tuple[str, str], Outcome]:
        found = [o for o in self.night.outcomes if o.rule_id.startswith("N") and o.outcome in outcomes]
        return {(o.rule_id, o.scope): o for o in found if submission in (None, o.submission_id)}


def judge_prose(*submissions: ReadSubmission) -> Prose:
    world = World()
    world.names.append({"organ_code": "CITY", "name": NAME, "from_year": None, "to_year": None})
    world.names.append({"organ_code": "CITY", "name": "厦门市", "from_year": None, "to_year": None})
    ids = [world.read(submission, organ="CITY", basis="published") for submission in submissions]
    return Prose(judged(world), ids)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("year", "form_code"), REPORTS)
def test_the_report_is_read_back_as_the_published_totals(
    home: Settings, year: int, form_code: str | None, kind: str
) -> None:
    submissions = read(written(home, year, form_code, kind), kind)
    assert [submission.form_code for submission in submissions] == REPORTS[year, form_code]
    for submission in submissions:
        assert (submission.organ_name, submission.report_year, submission.variant) == (NAME, year, "")
        assert {problem.rule_id for problem in submission.problems} <= {"V09"}
        form = load_forms()[submission.form_code]
        totals = rows(
            home,
            "SELECT indicator_code, applicant_kind, measure, value FROM mart.city_rollup WHERE slice_kind = 'city'"
            f" AND report_year = {year} AND form_code = '{form.form_code}'",
        )
        cells = {cell.key: cell.value for cell in submission.cells if cell.key in set(form.cells())}
        assert cells == {CellKey(*key): value for *key, value in totals}
        assert None not in cells.values()


@pytest.mark.parametrize(("year", "form_code"), REPORTS)
def test_our_own_report_passes_every_rule_on_prose(home: Settings, year: int, form_code: str | None) -> None:
    firsts = [read(written(home, year, form_code, kind), kind)[0] for kind in KINDS]
    prose = judge_prose(*firsts)
    assert {place: found.message for place, found in prose.of("fail", "uncertain").items()} == {}
    for submission in prose.submissions:
        passed = prose.of("pass", submission=submission)
        about_itself = {
            ("N05a", "annual/nar_title_organ"),
            ("N05b", "annual/nar_title_year"),
            ("N05c", "annual/period"),
        }
        assert about_itself <= set(passed)
        counts = {rule: sum(rule == place[0] for place in passed) for rule in ("N01", "N02", "N03", "N06")}
        assert counts == {
            # the annex: received in the year and to date; shares of three channels and four answers; disputes twice
            "fj_annex_2017": {"N01": 2, "N02": 7, "N03": 4, "N06": 12},
            # six outcomes, two kinds of applicants, the share that was finished
            "gb_2021": {"N01": 1, "N02": 9, "N03": 2, "N06": 11},
            "xm_supplement_2017": {"N01": 0, "N02": 1, "N03": 0, "N06": 11},
        }[firsts[0].form_code] | ({"N02": 8, "N06": 13} if (year, form_code) == (2017, None) else {})


def test_what_the_published_report_of_2017_gets_wrong_ours_has_right(home: Settings) -> None:
    theirs = judge_prose(*read_file(PUBLISHED_2017.read_bytes(), PUBLISHED_2017.name).submissions)
    ours = judge_prose(read(written(home, 2017, None, "docx"), "docx")[0])
    wrong = {
        ("N02", "annual/nar_share_cat_projects"), ("N02", "annual/nar_share_cat_land_env"),
        ("N02", "annual/nar_share_cat_science_health"), ("N02", "annual/nar_share_req_fax"),
        ("N02", "annual/nar_share_reply_refused"), ("N06", "annual/nar_reply_refused"),
        ("N07", "annual/fj_req_total"), ("N07", "cumulative/nar_open_total_to_date"),
        ("N07", "annual/nar_gazette_issues"), ("N07", "annual/nar_req_headline"),
        ("N07", "annual/nar_online_interviews"), ("N07", "annual/period"),
        ("N08", "annual/nar_cat_total"), ("N08", "annual/nar_reply_not_info"),
    }  # fmt: skip
    assert set(theirs.of("fail")) == wrong
    assert ours.of("fail", "uncertain") == {}
    refused = ours.of("pass")["N06", "annual/nar_reply_refused"]
    assert (refused.lhs, refused.rhs) == (199, 199)
    # so are the parts of the totals: of the two levels they print 31776 + 11204, and ours is 31776 + 11162
    parts = {name: parts_of(prose) for name, prose in (("theirs", theirs), ("ours", ours))}
    assert {outcome for outcome, _ in parts["ours"]} == {"pass"}
    assert ("pass", 0) in parts["ours"]
    assert {difference for outcome, difference in parts["theirs"] if outcome == "fail"} == {42, 9}


def parts_of(prose: Prose) -> list[tuple[str, Decimal | None]]:
    """(outcome, difference) of the rules on what a city's totals are made up of, where the report prints the parts."""
    found = [o for o in prose.night.outcomes if o.rule_id.startswith("F12") and o.outcome != "not_assessable"]
    return [(o.outcome, o.difference) for o in found]


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_before_sending_knows_whose_it_is(home: Settings, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"报告.{kind}"
    path.write_bytes(written(home, 2023, None, kind))
    (answer,) = check_files(home, [path]).answers
    assert (answer.organ_code, answer.organ_name, answer.report_year) == (CITY, NAME, 2023)
    assert (answer.form_code, answer.status, answer.exit_code) == ("gb_2021", "accepted_with_warnings", 0)
    # filed again without a reason, and the sentences on the stock of documents, which no phrase of the reader explains
    assert [finding["rule_id"] for finding in answer.findings] == ["V32", "V09"]


def test_figures_of_sentences_are_the_published_ones(home: Settings) -> None:
    report, remarks = make_report(published(home), 2017)
    text = "\n".join(paragraph for section in report.sections for paragraph in section.paragraphs)
    assert (
        "2017年，全市各级政府及其工作部门主动公开政府信息42938条，比上年增长9.73%；"
        "收到政府信息公开申请1370件，比上年下降6.48%；答复申请1366件，比上年下降6.57%。"
    ) in text
    assert "当面申请246件，占17.956%；网络申请797件，占58.175%；信函、传真申请327件，占23.869%。" in text
    assert "制作政府信息79338条，主动公开42938条，公开率为54.12%。" in text
    assert remarks == []
    report, _ = make_report(published(home), 2018)
    text = "\n".join(paragraph for section in report.sections for paragraph in section.paragraphs)
    assert "比上年下降8.84%；收到政府信息公开申请1235件，比上年下降9.85%；" in text
    assert "行政申诉、举报2件，上年为零。" in text
    report, _ = make_report(published(home), 2016)
    assert "未列同比的数字，原因是：上年没有数据，不计算同比。" in report.sections[0].paragraphs[0]


def run(home: Settings, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", *map(str, words)], env={"GONGKAI_HOME": str(home.home), "COLUMNS": "80"})


def test_an_incomplete_year_is_refused_and_a_draft_says_so_everywhere(home: Settings, tmp_path: Path) -> None:
    refused = run(home, "--year", 2024, "-o", tmp_path)
    assert refused.exit_code == 1
    assert refused.stderr == (
        f"Error: 2024年度的全市合计不完整，没有写报告。{MISSING}；收齐后再写，或加 --draft 写成标明“草稿”的一份\n"
    )
    assert list(tmp_path.iterdir()) == []
    done = run(home, "--year", 2024, "--draft", "-o", tmp_path)
    assert done.exit_code == 0
    stem = f"{NAME}2024年政府信息公开工作年度报告（草稿）"
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{stem}.docx", f"{stem}.html"]
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        f"已写出草稿 {tmp_path / stem}.docx", f"已写出草稿 {tmp_path / stem}.html", f"请留意：合计不完整，{MISSING}",
    ]  # fmt: skip
    # the city's own report of 2024 has 31 cells otherwise, being complete
    assert sum(line.startswith("请留意：与市政府自己公布的报告不同：") for line in lines) == 31
    assert "请留意：与市政府自己公布的报告不同：一、本年新收政府信息公开申请数量｜总计：公布2043，汇总2021" in lines
    document = docx.Document(str(tmp_path / f"{stem}.docx"))
    assert document.paragraphs[0].text == f"本件是草稿，数字不完整，不得对外公布。{MISSING}。"
    assert document.sections[0].header.paragraphs[0].text == "草稿　不得对外公布"
    headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert len(headings) == 4
    assert all(heading.endswith("（草稿）") for heading in headings)


def test_a_complete_year_is_written_and_says_what_its_own_check_finds(home: Settings) -> None:
    done = run(home, "--year", 2018)
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(list((home.home / "reports").iterdir())) == 2
    # what the city's cumulative column has carried along since 2016 and before
    found = [line for line in done.stdout.splitlines() if line.startswith("请留意：")]
    assert [line[:11] for line in found] == ["请留意：自查（F02）", "请留意：自查（F04）"]
    assert ("相差92。" in found[0], "相差1。" in found[1]) == (True, True)


def test_the_office_changes_a_sentence_without_code(home: Settings, tmp_path: Path) -> None:
    text = PHRASES_FILE.read_text(encoding="utf-8")
    own = tmp_path / "句子.yaml"
    own.write_text(text.replace("全年没有接到", "本年未收到"), encoding="utf-8")
    assert run(home, "--year", 2017, "--phrases", own, "-o", tmp_path).exit_code == 0
    (page,) = tmp_path.glob("*.html")
    assert "本年未收到行政申诉、举报。" in page.read_text(encoding="utf-8")
    # a sentence that says another thing than the table is found by the report's own check
    own.write_text(
        text.replace("不予公开{fj_reply_refused}件", "不予公开{fj_reply_refused - fj_suits}件"), encoding="utf-8"
    )
    done = run(home, "--year", 2017, "--phrases", own, "-o", tmp_path)
    assert "请留意：自查（N06）：正文“不予公开”印的是176，表内“3.不予公开答复数”为199，相差23。" in done.stdout
    own.write_text(text.replace("{fj_suits}件【", "{fj_suit}件【"), encoding="utf-8")
    done = run(home, "--year", 2017, "--phrases", own, "-o", tmp_path)
    line = next(n for n, line in enumerate(text.splitlines(), start=1) if "{fj_suits}件【" in line)
    assert (done.exit_code, done.stderr) == (
        1, f"Error: 句子.yaml 第{line}行：表样 fj_annex_2017 没有这一格：fj_suit\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--year", 2020], "2020年度没有汇总数；有：2016、2017、2018、2023、2024"),
        (["--year", 2017, "--form", "gb_2014"], "2017年度没有收集 gb_2014；有：fj_annex_2017、xm_supplement_2017"),
        (["--year", 2017, "--form", "gb_2021"], "表样 gb_2021（年度报告2021年格式）适用于2021至今年度"),
        (["--year", 2017, "--form", "gb_1999"], "没有名为“gb_1999”的表样"),
    ],
)
def test_what_cannot_be_reported_is_said(home: Settings, tmp_path: Path, words: list[str | Path], said: str) -> None:
    done = run(home, *words, "-o", tmp_path)
    assert done.exit_code == 1
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_several_editions_of_a_year_must_be_named(home: Settings, tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415 - only this test writes

    copy = tmp_path / "disclosure.duckdb"
    shutil.copy(published(home), copy)
    copy.chmod(0o644)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "INSERT INTO mart.city_rollup SELECT * REPLACE ('gb_2014' AS form_code) FROM mart.city_rollup"
            " WHERE report_year = 2018"
        )
    with pytest.raises(ReportError, match="2018年度收集了几种表样：fj_annex_2017、gb_2014；请用 --form 指定一种"):
        make_report(copy, 2018)
    report, _ = make_report(copy, 2018, "fj_annex_2017")
    assert Decimal(39142) in {
        Decimal(box.text) for s in report.sections for t in s.tables for box in t.boxes if box.text.isdecimal()
    }
