"""Every runnable block of ``docs/analysts.md``, run as it stands: what it prints, writes, and sees of a new night."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import nbformat
import pytest
from nbclient import NotebookClient
from openpyxl import load_workbook
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import DBAPIError

from pipelines.settings import PROJECT, Settings
from tests.analysts.recipes import PAGE, recipes
from tests.integration.test_publish import build
from tests.unit.libreoffice import converted, needs_libreoffice
from warehouse.publish import FILE_NAME, publish

RECIPES = recipes()
WAITING = sorted(name for name, recipe in RECIPES.items() if "input()" in recipe.code)
PRINTING = sorted(name for name, recipe in RECIPES.items() if recipe.printed is not None and name not in WAITING)
OTHERS = {"jupyter", "excel-csv", "excel-xlsx"}
FORMULA = '=HYPERLINK("http://example.invalid","看")'
DANGEROUS = (FORMULA, "+1", "-1", "@SUM(A1)", "＝1", "\t=1")
CSV_IN_UTF8 = "Text - txt - csv (StarCalc):44,34,76"
"""comma, quotation mark, UTF-8: without a window LibreOffice does not look for the mark itself"""
CURRENT = Path("data/published/current")


def command(name: str) -> list[str]:
    """The block as its interpreter takes it; a failing line of a shell script ends it."""
    recipe = RECIPES[name]
    return {"bash": ["bash", "-euc", recipe.code], "python": [sys.executable, "-c", recipe.code]}[recipe.language]


def environment() -> dict[str, str]:
    """This environment's own programs first, and the home where the page has it: in ``data`` of the working folder."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if name != "GONGKAI_HOME"}
    return kept | {"PATH": programs, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}


def run(name: str, folder: Path) -> str:
    done = subprocess.run(
        command(name), cwd=folder, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(samples_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the published samples in ``data``, and the cookbook."""
    path = tmp_path_factory.mktemp("analyst")
    (path / "data").symlink_to(samples_night.home)
    (path / "warehouse").symlink_to(PROJECT / "warehouse")
    return path


@pytest.fixture
def hostile(folder: Path, tmp_path: Path) -> Path:
    """A working folder whose published file has names of files that a spreadsheet would run."""
    (tmp_path / CURRENT).mkdir(parents=True)
    shutil.copyfile(folder / CURRENT / FILE_NAME, tmp_path / CURRENT / FILE_NAME)
    with duckdb.connect(str(tmp_path / CURRENT / FILE_NAME)) as connection:
        last = "SELECT sequence FROM core.fct_submission WHERE report_year = 2024 ORDER BY sequence DESC LIMIT ?"
        for (sequence,), text in zip(connection.execute(last, [len(DANGEROUS)]).fetchall(), DANGEROUS, strict=True):
            connection.execute("UPDATE core.fct_submission SET file_name = ? WHERE sequence = ?", [text, sequence])
    return tmp_path


def test_every_block_is_run() -> None:
    assert set(RECIPES) == {*WAITING, *PRINTING, *OTHERS}
    assert WAITING == ["attach", "pool", "reconnect"]


@pytest.mark.parametrize("name", PRINTING)
def test_a_recipe_prints_what_the_page_says(folder: Path, name: str) -> None:
    assert run(name, folder).strip() == str(RECIPES[name].printed).strip()


def test_what_the_page_names_after_from_is_there(folder: Path) -> None:
    named = re.findall(r"`(FROM [^`…]+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) >= 8
    with duckdb.connect(str(folder / CURRENT / FILE_NAME), read_only=True) as db:
        for statement in named:
            assert db.execute(statement).fetchone(), statement


def test_the_notebook_runs_from_its_first_cell_to_its_last(folder: Path) -> None:
    cells = [part.strip() for part in RECIPES["jupyter"].code.split("# %%\n") if part.strip()]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    table, plot = (cell.outputs for cell in book.cells[1:3])
    assert "636.0" in table[0]["data"]["text/html"]
    assert "image/png" in plot[-1]["data"]
    assert not [output for output in plot if output.get("name") == "stderr"], "a Chinese font is missing"


def test_a_csv_for_excel_has_a_mark_and_no_formula(hostile: Path) -> None:
    run("excel-csv", hostile)
    data = (hostile / "2024年度报表.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert header == ["机构名称", "文件名", "收到时间", "正式数", "重报原因"]
    assert len(rows) == 84
    assert {row[1] for row in rows if row[1].startswith("'")} == {f"'{text}" for text in DANGEROUS}
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@＝＋－＠\t\r\n")]


@needs_libreoffice
def test_libreoffice_shows_the_csv_in_chinese_and_without_formulas(hostile: Path) -> None:
    run("excel-csv", hostile)
    report = {"report.csv": (hostile / "2024年度报表.csv").read_bytes()}
    book = converted(report, "xlsx", read_as=CSV_IN_UTF8)["report"]
    sheet = load_workbook(io.BytesIO(book)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells[:2]] == ["机构名称", "文件名"]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert f"'{FORMULA}" in {cell.value for cell in cells}


def test_a_workbook_has_text_where_a_formula_would_be(hostile: Path) -> None:
    run("excel-xlsx", hostile)
    sheet = load_workbook(hostile / "2024年度报表.xlsx")["报表"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert FORMULA in {cell.value for cell in cells}
    assert {cell.data_type for cell in cells if cell.value == FORMULA} == {"s"}
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


@pytest.mark.parametrize("name", WAITING)
def test_a_client_that_stays_open_sees_the_new_night(tmp_path: Path, name: str) -> None:
    published = tmp_path / CURRENT.parent
    publish(build(tmp_path / "build.duckdb", 1), published)
    client = subprocess.Popen(
        [sys.executable, "-u", *command(name)[1:]],
        cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with client:
        assert client.stdout is not None
        first = client.stdout.readline()
        publish(build(tmp_path / "build.duckdb", 2), published)
        rest, _ = client.communicate("\n", timeout=120)
    assert client.returncode == 0
    assert first + rest == RECIPES[name].printed


def test_what_the_page_says_of_writing_and_of_columns_that_are_asked_for(folder: Path) -> None:
    """Two sentences of the page without a block of their own."""
    path = folder / CURRENT / FILE_NAME
    with (
        duckdb.connect(str(path), read_only=True) as db,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        db.execute("CREATE TABLE meta.mine AS SELECT 1 AS x")
    found = inspect(create_engine(f"duckdb:///{path}", connect_args={"read_only": True}))
    assert "city_rollup" in found.get_table_names(schema="mart")
    with pytest.raises(DBAPIError, match="pg_collation"):
        found.get_columns("city_rollup", schema="mart")


def test_whoever_opens_a_copy_for_writing_locks_everybody_out(hostile: Path) -> None:
    path = hostile / CURRENT / FILE_NAME
    reading = f"import duckdb; duckdb.connect({str(path)!r}, read_only=True).sql('FROM meta.build').fetchall()"
    with duckdb.connect(str(path)):
        locked = subprocess.run(
            [sys.executable, "-c", reading], capture_output=True, text=True, timeout=60, check=False
        )
    assert "Could not set lock on file" in locked.stderr
    subprocess.run([sys.executable, "-c", reading], capture_output=True, timeout=60, check=True)
