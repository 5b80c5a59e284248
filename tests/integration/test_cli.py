"""The command line, as the office types it: what is printed, what is written, and the exit code."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import main
from pipelines.readers import read_file
from pipelines.settings import Settings
from schemas.form import load_forms
from schemas.register import load_register
from tests.integration.night import annex, drop, new_home, run_night

PROJECT = Path(__file__).parents[2]
ORGAN = "XMP00101"


def run(home: Path, *words: str, **environment: str) -> Result:
    variables = {"GONGKAI_HOME": str(home), "COLUMNS": "200"} | environment
    unset = {name: None for name in os.environ if name.startswith("GONGKAI_")}
    return CliRunner().invoke(main, list(words), env=unset | variables)


def words_of(table: str) -> list[list[str]]:
    """The cells of a printed table, line by line."""
    return [[word.strip() for word in line.strip("│┃").split("│")] for line in table.splitlines() if "│" in line]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One organ's year, in a file with a name that a terminal could take for markup."""
    settings = new_home(tmp_path_factory.mktemp("cli") / "home")
    drop(settings, f"{ORGAN}/[red]:bomb:.xlsx", annex(ORGAN, 2017, {"fj_open_total": 42}), "2018-01-05T10:00:00")
    assert run_night(settings).success
    return settings


# help and version


def test_the_help_lists_the_commands(tmp_path: Path) -> None:
    result = run(tmp_path, "--help")
    assert result.exit_code == 0
    listed = result.output.split("Commands:\n", 1)[1].split("\n")
    assert [line.split()[0] for line in listed if line.strip()] == sorted(main.commands)
    assert {"nightly", "receipts", "sql", "status", "template", "ui", "verify"} <= main.commands.keys()
    assert "政府信息公开统计" in result.output


def test_the_module_is_the_program_and_knows_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", "--version"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith(f"version {version('gongkai')}")


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    assert run(tmp_path, "publish").exit_code == 2


def test_a_bad_setting_is_named_and_nothing_runs(tmp_path: Path) -> None:
    result = run(tmp_path / "home", "sql", "SELECT 1", GONGKAI_GENERATIONS="2")
    assert result.exit_code == 1
    assert result.output == "Error: GONGKAI_GENERATIONS='2': give a whole number of at least 3\n"
    assert not (tmp_path / "home").exists()


# template


@pytest.mark.parametrize(
    ("form_code", "organ", "year", "name"),
    [
        ("gb_2021", "XM00126", 2024, "厦门市自然资源和规划局"),
        ("fj_annex_2017", "XMP00103", 2017, "厦门市经济和信息化局"),
        ("gb_2019", "XMP00103", 2020, "厦门市工业和信息化局"),
    ],
)
def test_a_template_is_written_that_the_reader_reads_back(
    tmp_path: Path, form_code: str, organ: str, year: int, name: str
) -> None:
    output = tmp_path / "报表.xlsx"
    result = run(tmp_path, "template", "--form", form_code, "--organ", organ, "--year", str(year), "-o", str(output))
    assert result.exit_code == 0, result.output
    form = load_forms()[form_code]
    assert result.output == f"已写出 {output}（{name}，{year}年度，{form.short_title}）\n"
    (found,) = read_file(output.read_bytes(), output.name).submissions
    assert (found.organ_code, found.organ_name, found.report_year) == (organ, name, year)
    assert (found.form_code, found.variant, found.is_nil) == (form_code, "", False)
    assert [cell.key for cell in found.cells] == list(form.cells())
    assert {cell.value_state for cell in found.cells} == {"blank"}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"--organ": "XMP99999"}, "Error: 名录中没有机构代码 XMP99999"),
        ({"--form": "gb_1999"}, f"Error: 没有名为“gb_1999”的表样；可用的表样：{'、'.join(load_forms())}"),
        (
            {"--year": "2020"},
            "Error: 表样 gb_2021（年度报告2021年格式）适用于2021至今年度；2020年度适用：gb_2019",
        ),
        (
            {"--year": "1999"},
            "Error: 表样 gb_2021（年度报告2021年格式）适用于2021至今年度；1999年度没有任何表样",
        ),
        ({"-o": "nowhere/报表.xlsx"}, "Error: 写不了 nowhere/报表.xlsx：No such file or directory"),
    ],
)
def test_a_template_that_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    options = {"--form": "gb_2021", "--organ": ORGAN, "--year": "2024", "-o": "报表.xlsx"} | changed
    result = run(tmp_path, "template", *(word for pair in options.items() for word in pair))
    assert result.exit_code == 1
    assert result.output == f"{reason}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_register_that_is_broken_is_said_and_not_thrown(tmp_path: Path) -> None:
    output = str(tmp_path / "报表.xlsx")
    words = ("template", "--form", "gb_2021", "--organ", ORGAN, "--year", "2024", "-o", output)
    result = run(tmp_path, *words, GONGKAI_REGISTER=str(tmp_path / "none"))
    assert result.exit_code == 1
    assert result.output.startswith("Error: 名录有误：organs.csv: cannot be read")


def test_a_template_without_its_options_is_a_usage_error(tmp_path: Path) -> None:
    result = run(tmp_path, "template", "--form", "gb_2021")
    assert result.exit_code == 2
    assert "--year" in result.output
    words = ("template", "--form", "gb_2021", "--year", "2024", "-o", str(tmp_path / "all"))
    result = run(tmp_path, *words, "--organ", ORGAN, "--district", "XMP07100")
    assert result.exit_code == 2
    assert "--organ 与 --district 只能给一个" in result.output


@pytest.mark.parametrize(
    ("form_code", "year", "district", "reason"),
    [
        ("gb_2021", "2030", None, "Error: 2030年度不收表样 gb_2021：名录的 collection.csv 里没有"),
        ("gb_2021", "2024", ORGAN, f"Error: 没有区 {ORGAN}；有："),
        ("gb_1999", "2024", None, "Error: 没有名为“gb_1999”的表样；"),
    ],
)
def test_templates_for_nobody_are_refused_with_the_reason(
    tmp_path: Path, form_code: str, year: str, district: str | None, reason: str
) -> None:
    words = ["--form", form_code, "--year", year, "-o", str(tmp_path / "all")]
    result = run(tmp_path, "template", *words, *(["--district", district] if district else []))
    assert result.exit_code == 1
    assert result.output.startswith(reason)
    assert list(tmp_path.iterdir()) == []


# sql


def test_before_the_first_publication_sql_says_what_to_do(tmp_path: Path) -> None:
    result = run(tmp_path, "sql", "SELECT 1")
    assert result.exit_code == 1
    path = tmp_path / "published" / "current" / "disclosure.duckdb"
    assert result.output == f"Error: 还没有发布过：{path} 不存在，请先运行 gongkai nightly\n"


OPENED = (
    "SELECT slice_code, value, organs_missing FROM mart.city_rollup WHERE report_year = 2017"
    " AND indicator_code = 'fj_open_total' AND measure = 'annual' AND slice_kind IN ('city', 'level') ORDER BY 1"
)


def test_sql_prints_the_published_figures(night: Settings) -> None:
    result = run(night.home, "sql", OPENED)
    assert result.exit_code == 0, result.output
    register = load_register()
    lower = sum(register.level_of(organ.organ_code) == "lower" for organ in register.leaves_in(2017))
    own = len(register.leaves_in(2017)) - lower
    # nobody of the lower level filed: no figure, and no zero
    assert words_of(result.output) == [
        ["city", "42.0000", str(own + lower - 1)],
        ["lower", "", str(lower)],
        ["own", "42.0000", str(own - 1)],
    ]


def test_sql_gives_csv(night: Settings) -> None:
    result = run(night.home, "sql", "--csv", OPENED)
    assert result.exit_code == 0, result.output
    lines = list(csv.reader(io.StringIO(result.output)))
    assert lines[0] == ["slice_code", "value", "organs_missing"]
    assert [line[:2] for line in lines[1:]] == [["city", "42.0000"], ["lower", ""], ["own", "42.0000"]]


def test_sql_stops_at_the_number_of_rows_asked_for(night: Settings) -> None:
    result = run(night.home, "sql", "--csv", "--max-rows", "3", "SELECT range AS n FROM range(1000)")
    assert result.output.split() == ["n", "0", "1", "2"]
    assert len(run(night.home, "sql", "--csv", "SELECT * FROM range(1000)").output.split()) == 201
    assert run(night.home, "sql", "--max-rows", "0", "SELECT 1").exit_code == 2


def test_more_columns_than_fit_are_shown_row_by_row(night: Settings) -> None:
    wide = "SELECT range + 41 AS first, " + ", ".join(f"'语句{n}' AS 第{n}列" for n in range(2, 21)) + " FROM range(2)"
    result = run(night.home, "sql", wide, COLUMNS="80")
    assert result.exit_code == 0, result.output
    assert [line.strip() for line in result.output.splitlines() if "共" in line] == [
        "第 1 行，共 2 行",
        "第 2 行，共 2 行",
    ]
    assert " ".join(result.output.split()).count("│ 第20列 │ 语句20 │") == 2
    assert "│ first  │ 42     │" in result.output
    assert run(night.home, "sql", wide + " WHERE false", COLUMNS="80").output.startswith("没有行；列：first、第2列、")
    assert "第 1 行" not in run(night.home, "sql", wide, COLUMNS="200").output


def test_what_departments_wrote_is_shown_as_it_is(night: Settings) -> None:
    result = run(night.home, "sql", "SELECT file_name FROM core.fct_submission")
    assert result.exit_code == 0, result.output
    assert words_of(result.output) == [["[red]:bomb:.xlsx"]]
    result = run(night.home, "sql", "SELECT '[/x]' AS \"[/y]\", 'a' || chr(27) || '[31mb' AS text")
    assert result.exit_code == 0, result.output
    assert "[/y]" in result.output
    assert words_of(result.output) == [["[/x]", "a\\x1b[31mb"]]


def test_a_long_text_is_folded_and_not_cut_off(night: Settings) -> None:
    result = run(night.home, "sql", "SELECT repeat('公', 60) || '开' AS text", COLUMNS="40")
    assert "".join(cell for (cell,) in words_of(result.output)) == "公" * 60 + "开"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP TABLE core.fct_cell", "give one statement that only reads"),
        ("SELECT 1; SELECT 2", "give one statement that only reads"),
        ("COPY core.fct_cell TO 'leak.csv'", "give one statement that only reads"),
        ("SELECT * FROM read_text('/etc/hostname')", "disabled"),
        ("SELECT no_such_column FROM core.fct_cell", "no_such_column"),
        ("SELEC 1", "syntax error"),
    ],
)
def test_a_statement_that_is_not_a_query_is_refused(night: Settings, statement: str, reason: str) -> None:
    result = run(night.home, "sql", statement)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert reason in result.output
    assert run(night.home, "sql", "--csv", "SELECT count(*) AS n FROM core.fct_cell").output.split() == ["n", "30"]


# nightly


def test_a_sample_folder_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = run(tmp_path, "nightly", "--samples", str(tmp_path / "none"))
    assert result.exit_code == 2
    assert not (tmp_path / "inbox").exists()


# receipts and the archive


def test_receipts_are_made_later_from_what_was_published(tmp_path: Path) -> None:
    quiet = Settings(home=new_home(tmp_path / "home").home, receipts=False)
    drop(quiet, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 42}), "2018-01-05T10:00:00")
    assert run_night(quiet).success
    assert not quiet.outbox.exists()
    result = run(quiet.home, "receipts")
    assert (result.exit_code, result.output) == (0, f"回执 1 份，其中新写或有变化的 1 份：{quiet.outbox}\n")
    assert len(list((quiet.outbox / ORGAN).glob("*.html"))) == 1
    assert "其中新写或有变化的 0 份" in run(quiet.home, "receipts").output


def test_verify_names_what_the_archive_has_lost(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home")
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 42}), "2018-01-05T10:00:00")
    assert run_night(settings).success
    result = run(settings.home, "verify")
    assert (result.exit_code, result.output) == (
        0,
        "存档 1 个文件，缺失或损坏 0 个\n发布 1 次，内容与发布时不同 0 次\n",
    )
    (stored,) = [path for path in (settings.archive / "objects").rglob("*") if path.is_file()]
    stored.chmod(0o644)
    stored.write_bytes(b"rot")
    result = run(settings.home, "verify")
    assert result.exit_code == 1
    assert f"缺失或损坏：{stored}（{ORGAN}/2017.xlsx）" in result.output
