"""Templates for a whole city after a published night: who gets one, what it shows of last year, what is left alone.

All figures are made up; 发展和改革委员会 is merged into 教育局 for 2024, and one organ gives part of its functions
to another, nobody says which part.
"""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pipelines.readers import read_file
from pipelines.settings import Settings
from pipelines.templates import write_template
from schemas.form import CellKey, load_forms
from schemas.register import load_register
from tests.integration.night import annex, drop, new_home, run_night
from tests.integration.test_cli import run
from tests.integration.test_versions_and_mergers import EDUCATION, PLANNING, merged_register, report

OTHER, NIL, UNHEARD, GIVER, TAKER = "XMP00103", "XMP00104", "XMP00105", "XMP00106", "XMP00107"
ORGANS = (EDUCATION, OTHER, NIL, UNHEARD, GIVER, TAKER)
DISTRICT = "XMP07100"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("handout")
    register = merged_register(folder / "register")
    with (register / "events.csv").open("a", encoding="utf-8") as file:
        file.write(f"{GIVER},function_moved,2024,2024,{TAKER},,made_up,测试用\n")
    settings = new_home(folder / "home", register=register)
    for organ, carried_out in ((PLANNING, 10), (EDUCATION, 5), (OTHER, 7), (GIVER, 8), (TAKER, 9)):
        drop(settings, f"{organ}/2023.xlsx", report(organ, 2023, 0, carried_out), "2024-01-10T09:00:00")
    drop(settings, f"{NIL}/nil_2023_gb_2021.csv", b"", "2024-01-10T09:00:00")
    drop(settings, f"{OTHER}/2017.xlsx", annex(OTHER, 2017, {"fj_open_total": 42}), "2018-01-05T10:00:00")
    matrix = load_forms()["gb_2019"]
    values = dict.fromkeys(matrix.cells(), Decimal(0))
    for code, kind in (("req_new", "business"), ("req_new", "total"), ("req_carried_out", "business")):
        values[CellKey(code, kind, "annual")] = Decimal(3)
    values[CellKey("req_carried_out", "total", "annual")] = Decimal(3)
    data = write_template(matrix, organ_code=OTHER, organ_name="", report_year=2020, values=values)
    drop(settings, f"{OTHER}/2020.xlsx", data, "2021-01-05T10:00:00")
    assert run_night(settings).success
    return settings


def hand_out(city: Settings, *words: str) -> list[str]:
    """What the command prints, line by line."""
    result = run(city.home, "template", *words, GONGKAI_REGISTER=str(city.register))
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def references(path: Path) -> list[str]:
    """Last year's figures as the template shows them, row by row."""
    book = load_workbook(BytesIO(path.read_bytes()))
    first = int({row[0].value: row[1].value for row in book["_gongkai"].iter_rows()}["help_column"])
    texts = [line[0].value for line in book["统计表"].iter_rows(min_col=first + 1, max_col=first + 1)]
    return [text for text in texts if text and "不读取" not in text]


def carried(number: int) -> str:
    return f"自然人{number}　商业企业0　科研机构0　社会公益组织0　法律服务机构0　其他0　总计{number}"


def test_every_organ_that_owes_the_form_gets_its_folder(city: Settings, tmp_path: Path) -> None:
    *lines, summary = hand_out(city, "--form", "gb_2021", "--year", "2024", "-o", str(tmp_path))
    register = load_register(city.register)
    owing = [duty.organ_code for duty in register.duties() if (duty.report_year, duty.form_code) == (2024, "gb_2021")]
    assert sorted(path.name for path in tmp_path.iterdir()) == owing
    assert PLANNING not in owing
    assert {path.name for path in tmp_path.glob("*/*")} == {"2024_gb_2021.xlsx"}
    education = tmp_path / EDUCATION / "2024_gb_2021.xlsx"
    assert f"已写出 {education}（厦门市教育局）" in lines
    assert len(lines) == len(owing)
    assert summary == f"2024年度 gb_2021：应报 {len(owing)} 家，写出 {len(owing)} 份（2 份附上年数），已有而未改动 0 份"
    for organ in owing:
        (found,) = read_file((tmp_path / organ / "2024_gb_2021.xlsx").read_bytes(), "报表.xlsx").submissions
        assert (found.organ_code, found.report_year, found.form_code) == (organ, 2024, "gb_2021")
        assert found.organ_name == register.name_in(organ, 2024)
        assert found.problems == ()
        assert {cell.value_state for cell in found.cells} == {"blank"}


def test_last_years_figures_are_those_that_the_rules_will_ask_for(city: Settings, tmp_path: Path) -> None:
    """The successor's are the sum of both. Of a share not stated, a nil report or a gap of years nothing is shown."""
    hand_out(city, "--form", "gb_2021", "--year", "2024", "-o", str(tmp_path))
    shown = {organ: references(tmp_path / organ / "2024_gb_2021.xlsx") for organ in ORGANS}
    norms = "现行有效件数＝上年0＋本年制发件数－本年废止件数"
    assert shown == {
        EDUCATION: [norms, norms, carried(15)],
        OTHER: [norms, norms, carried(7)],
        GIVER: [],
        TAKER: [],
        NIL: [],
        UNHEARD: [],
    }
    hand_out(city, "--form", "gb_2021", "--year", "2025", "--organ", OTHER, "-o", str(tmp_path / "2025.xlsx"))
    assert references(tmp_path / "2025.xlsx") == []


def test_figures_of_another_edition_and_cumulative_ones_are_shown(city: Settings, tmp_path: Path) -> None:
    output = tmp_path / "报表.xlsx"
    (line,) = hand_out(city, "--form", "gb_2021", "--year", "2021", "--organ", OTHER, "-o", str(output))
    assert line == f"已写出 {output}（厦门市工业和信息化局，2021年度，年度报告2021年格式，附上年数）"
    assert references(output) == [carried(0).replace("商业企业0", "商业企业3").replace("总计0", "总计3")]
    hand_out(city, "--form", "fj_annex_2017", "--year", "2018", "--organ", OTHER, "-o", str(output))
    told = references(output)
    assert told[0] == "历年累计＝上年42＋2018年度"
    assert told[1:] == ["历年累计＝上年0＋2018年度"] * 14


def test_what_is_there_already_stays_unless_forced(city: Settings, tmp_path: Path) -> None:
    words = ["--form", "gb_2021", "--year", "2024", "--district", DISTRICT, "-o", str(tmp_path)]
    *lines, _ = hand_out(city, *words)
    assert f"已写出 {tmp_path / DISTRICT / '2024_gb_2021.xlsx'}" in "\n".join(lines)
    register = load_register(city.register)
    assert {register.district_of(path.name, 2024) for path in tmp_path.iterdir()} == {DISTRICT}
    filled = tmp_path / DISTRICT / "2024_gb_2021.xlsx"
    filled.write_bytes(b"filled in")
    (tmp_path / lines[-1].split("/")[-2] / "2024_gb_2021.xlsx").unlink()
    *again, summary = hand_out(city, *words)
    assert again[0].startswith(f"已有，未改动 {filled}（")
    assert summary == (
        f"2024年度 gb_2021：应报 {len(lines)} 家，写出 1 份（0 份附上年数），"
        f"已有而未改动 {len(lines) - 1} 份（要重写请加 --force）"
    )
    assert filled.read_bytes() == b"filled in"
    hand_out(city, *words, "--force")
    assert filled.read_bytes() != b"filled in"
    assert not list(tmp_path.rglob("*.part"))


def test_a_disk_that_refuses_is_said_and_leaves_no_half_of_a_file(city: Settings, tmp_path: Path) -> None:
    (tmp_path / EDUCATION).write_text("a file where a folder must be")
    words = ("--form", "gb_2021", "--year", "2024", "-o", str(tmp_path))
    result = run(city.home, "template", *words, GONGKAI_REGISTER=str(city.register))
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith(f"Error: 写不了 {tmp_path / EDUCATION}")
    assert not list(tmp_path.rglob("*.part"))


def test_blank_forms_do_not_go_into_the_inbox(city: Settings) -> None:
    before = sorted(city.inbox.rglob("*"))
    words = ("--form", "gb_2021", "--year", "2024", "-o", str(city.inbox / "空白表"))
    result = run(city.home, "template", *words, GONGKAI_REGISTER=str(city.register))
    assert result.exit_code == 1
    assert result.output == "Error: 不能写进收件箱：放在里面的空白表夜里会当作报表收下；请写到别的文件夹\n"
    assert sorted(city.inbox.rglob("*")) == before


def test_a_published_file_that_is_damaged_is_said(tmp_path: Path) -> None:
    generation = tmp_path / "home" / "published" / "current"
    generation.mkdir(parents=True)
    (generation / "disclosure.duckdb").write_bytes(b"rot" * 5000)
    output = tmp_path / "报表.xlsx"
    words = ("--form", "gb_2021", "--year", "2024", "--organ", OTHER, "-o", str(output))
    result = run(tmp_path / "home", "template", *words)
    assert result.exit_code == 1
    assert result.output.startswith("Error: 已发布的文件读不了，取不到上年数：")
    assert not output.exists()
