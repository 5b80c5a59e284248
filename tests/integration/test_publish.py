"""Publication: what readers see is always one whole night, whatever happens to the next one."""

from __future__ import annotations

import csv
import multiprocessing
import re
import stat
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from schemas import render
from schemas.form import load_forms
from schemas.tables import HISTORIES, TABLES
from schemas.views import views
from warehouse.build import SCHEMAS
from warehouse.connection import reader, writer
from warehouse.macros import macros
from warehouse.publish import FILE_NAME, PublicationError, descriptions, publish, verify_in_new_process

HASH = "0" * 64


def build(path: Path, night: int, organs: int = 200) -> Path:
    """A build file whose tables all carry the number of the night."""
    path.unlink(missing_ok=True)
    with writer(path) as connection:
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA {schema}")
        for contract in TABLES.values():
            connection.execute(render.create_table(contract))
        connection.execute(
            "INSERT INTO meta.build"
            f" VALUES ({night}, '2025-01-01 02:00:00', '1', '{HASH}', '{HASH}', '{HASH}', 0, 0, 0, 0)"
        )
        connection.execute(f"""
            INSERT INTO core.dim_organ
            SELECT 'XMP' || i, '第{night}夜', 'town', NULL, NULL, 'lower', 'government', {night}, NULL, 'provisional'
            FROM range({organs}) AS r(i)""")
        connection.execute("CREATE SCHEMA stage; CREATE TABLE stage.secret AS SELECT 1 AS x")
    return path


def test_a_night_is_published_read_only_with_its_comments_and_nothing_staged(tmp_path: Path) -> None:
    published = tmp_path / "published"
    target = publish(build(tmp_path / "b.duckdb", 1), published)
    current = published / "current"
    assert current.is_symlink()
    assert current.resolve() == target
    assert stat.S_IMODE((current / FILE_NAME).stat().st_mode) == 0o444
    assert stat.S_IMODE(target.stat().st_mode) == 0o555
    assert [path.name for path in target.iterdir() if "wal" in path.name] == []
    with reader(current / FILE_NAME) as connection:
        assert connection.execute("SELECT count(*), min(name) FROM core.dim_organ").fetchall() == [(200, "第1夜")]
        schemas = connection.execute("SELECT DISTINCT schema_name FROM duckdb_tables() ORDER BY 1").fetchall()
        assert schemas == [("core",), ("mart",), ("meta",)]
        comment = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'dim_organ' AND column_name = 'organ_code'"
        ).fetchall()
        ((said,),) = comment
        assert said.startswith(
            "机构代码：机构在名录中的固定代码，改名不变；XMP 加五位数字为暂编。Stable code of the organ;"
        )
        assert connection.execute("SELECT current_database()").fetchall() == [("disclosure",)]
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'disclosure'").fetchall()
        assert tags[0][0]["storage_version"].startswith("v1.4.0")


def test_parquet_lies_beside_it_table_by_table(tmp_path: Path) -> None:
    target = publish(build(tmp_path / "b.duckdb", 1), tmp_path / "published")
    found = {f"{path.parent.name}.{path.stem}" for path in (target / "parquet").rglob("*.parquet")}
    assert found == set(TABLES) | {f"view.{name}" for name in (*load_forms(), "gb_2019_requests", "gb_2021_requests")}
    rows = duckdb.sql(f"SELECT count(*) FROM '{target / 'parquet' / 'core' / 'dim_organ.parquet'}'").fetchall()
    assert rows == [(200,)]


def test_the_pages_lie_beside_it_read_only(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "data").mkdir(parents=True)
    (site / "index.html").write_text("<p>第1夜</p>", encoding="utf-8")
    (site / "data" / "a.csv").write_bytes(b"1")
    target = publish(build(tmp_path / "b.duckdb", 1), tmp_path / "published", site=site)
    assert (target / "site" / "index.html").read_text(encoding="utf-8") == "<p>第1夜</p>"
    assert (target / "site" / "data" / "a.csv").read_bytes() == b"1"
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (target / "site").rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert stat.S_IMODE((target / "site" / "data").stat().st_mode) == 0o555


def test_generations_are_numbered_and_the_last_three_are_kept(tmp_path: Path) -> None:
    published = tmp_path / "published"
    for night in range(1, 6):
        publish(build(tmp_path / "b.duckdb", night), published)
    assert sorted(path.name for path in (published / "generations").iterdir()) == ["3", "4", "5"]
    with reader(published / "current" / FILE_NAME) as connection:
        assert connection.execute("SELECT night FROM meta.build").fetchall() == [(5,)]


def test_a_file_that_cannot_be_read_back_leaves_yesterdays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = tmp_path / "published"
    publish(build(tmp_path / "b.duckdb", 1), published)

    def damage_then_verify(path: Path) -> None:
        with reader(path) as connection:
            ((block,),) = connection.execute(
                "SELECT min(block_id) FROM pragma_storage_info('core.dim_organ') WHERE block_id >= 0"
            ).fetchall()
        data = bytearray(path.read_bytes())
        # three headers of 4 KiB, then blocks of 256 KiB
        middle = 3 * 4096 + block * 262_144 + 131_072
        data[middle : middle + 4096] = b"\xff" * 4096
        path.write_bytes(bytes(data))
        verify_in_new_process(path)

    monkeypatch.setattr("warehouse.publish.verify_in_new_process", damage_then_verify)
    with pytest.raises(PublicationError, match="cannot be read back"):
        publish(build(tmp_path / "b.duckdb", 2, organs=20_000), published)
    with reader(published / "current" / FILE_NAME) as connection:
        assert connection.execute("SELECT night FROM meta.build").fetchall() == [(1,)]
    monkeypatch.undo()
    publish(build(tmp_path / "b.duckdb", 3), published)
    assert sorted(path.name for path in (published / "generations").iterdir()) == ["1", "2"]


def test_a_write_ahead_log_beside_the_file_is_refused(tmp_path: Path) -> None:
    file = build(tmp_path / "b.duckdb", 1)
    (tmp_path / "b.duckdb.wal").write_bytes(b"left over")
    with pytest.raises(PublicationError, match="write-ahead log"):
        verify_in_new_process(file)


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    file = build(tmp_path / "b.duckdb", 1)
    with writer(file) as connection:
        connection.execute("ALTER TABLE mart.city_rollup DROP COLUMN coverage")
    with pytest.raises(PublicationError, match=r"mart\.city_rollup"):
        verify_in_new_process(file)


@pytest.mark.parametrize("broken", ['view."同比"', "series"])
def test_a_view_or_macro_that_cannot_be_read_is_never_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    published = tmp_path / "published"
    publish(build(tmp_path / "b.duckdb", 1), published)

    def then_break() -> Iterator[str]:
        yield from descriptions()
        # columns are bound when a view is read, not when it is made
        yield "CREATE TABLE meta.other AS SELECT 1 AS one"
        if broken == "series":
            yield "CREATE OR REPLACE MACRO series(code) AS TABLE SELECT one FROM meta.other"
        else:
            yield f"CREATE OR REPLACE VIEW {broken} AS SELECT one FROM meta.other"
        yield "ALTER TABLE meta.other RENAME one TO two"

    monkeypatch.setattr("warehouse.publish.descriptions", then_break)
    with pytest.raises(PublicationError, match="one"):
        publish(build(tmp_path / "b.duckdb", 2), published)
    with reader(published / "current" / FILE_NAME) as connection:
        assert connection.execute("SELECT night FROM meta.build").fetchall() == [(1,)]


def test_an_attached_file_has_its_views_and_after_use_its_macros(tmp_path: Path) -> None:
    target = publish(build(tmp_path / "b.duckdb", 1), tmp_path / "published")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{target / FILE_NAME}' AS other (READ_ONLY)")
        assert connection.execute("SELECT count(*) FROM other.view.机构名录").fetchall() == [(200,)]
        connection.execute("USE other")
        with pytest.raises(duckdb.InvalidInputException, match="没有“req_nwe”这个指标族或指标"):
            connection.execute("FROM series('req_nwe')")


def test_everything_in_the_file_says_what_it_is_in_both_languages(tmp_path: Path) -> None:
    target = publish(build(tmp_path / "b.duckdb", 1), tmp_path / "published")
    with reader(target / FILE_NAME) as connection:
        found = connection.execute("""
            SELECT 'table' AS kind, schema_name || '.' || table_name AS name, comment FROM duckdb_tables()
            UNION ALL
            SELECT 'view', schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal
            UNION ALL
            SELECT 'column', schema_name || '.' || table_name || '.' || column_name, comment
            FROM duckdb_columns() WHERE NOT internal
            UNION ALL
            SELECT 'macro', schema_name || '.' || function_name, comment
            FROM duckdb_functions() WHERE NOT internal AND function_type LIKE '%macro'
            """).fetchall()
    # two characters of each at least, beside names and code words
    mute = [
        (kind, name)
        for kind, name, comment in found
        if not re.search(r"[\u4e00-\u9fff]{2}", comment or "")
        or len(re.findall(r"[A-Za-z]{2,}", re.sub(r"[a-z0-9]*_[a-z0-9_]*", "", comment or ""))) < 2
    ]
    assert mute == []
    kinds = Counter(kind for kind, _, _ in found)
    assert kinds["table"] == len(TABLES)
    assert kinds["view"] == len(views())
    assert kinds["macro"] == len(macros()) + len(HISTORIES)
    assert kinds["column"] > 1000


def test_columns_are_completed_and_described(tmp_path: Path) -> None:
    target = publish(build(tmp_path / "b.duckdb", 1), tmp_path / "published")

    def cli(statement: str) -> list[list[str]]:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("duckdb"),
                "-readonly",
                "-csv",
                "-noheader",
                target / FILE_NAME,
                "-c",
                statement,
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return list(csv.reader(done.stdout.splitlines()))

    def completed(typed: str) -> list[str]:
        return [row[0] for row in cli(f"SELECT suggestion FROM sql_auto_complete('{typed}') LIMIT 5")]

    assert completed("FROM view.福建")[:2] == ['"福建省附表2009年版"', '"福建省附表2017年版"']
    assert "series" in completed("FROM seri")
    assert '"主动公开文件数"' in completed("FROM view.福建省附表2017年版 SELECT 主动公开文")
    assert completed("FROM view.gb_2021 SELECT req_c")[:2] == ["req_carried_in", "req_carried_out"]
    described = cli('SELECT column_name, column_type, "null" FROM (DESCRIBE view.同比)')
    assert described[0][:2] == ["报告年度", "INTEGER"]
    assert ["指标名称", "VARCHAR", "YES"] in described
    assert ["数值", "DECIMAL(18,4)", "YES"] in described
    assert len(cli("SUMMARIZE view.gb_2021")) == len(views()["view.gb_2021"].columns)


def read_until(stop, started, file: Path, results: multiprocessing.Queue) -> None:
    """Open, read two tables, compare, close, again and again."""
    opens, torn, errors = 0, 0, []
    nights = set()
    while not stop.is_set():
        try:
            with reader(file) as connection:
                (night,) = connection.execute("SELECT night FROM meta.build").fetchall()[0]
                organs = connection.execute(
                    "SELECT count(*), min(valid_from_year), max(name) FROM core.dim_organ"
                ).fetchall()
        except duckdb.Error as error:
            errors.append(str(error))
        else:
            opens += 1
            nights.add(night)
            started.release()
            torn += organs != [(200, night, f"第{night}夜")]
        time.sleep(0.01)
    results.put((opens, torn, errors, sorted(nights)))


def test_readers_see_whole_nights_while_nights_are_published(tmp_path: Path) -> None:
    published = tmp_path / "published"
    publish(build(tmp_path / "b.duckdb", 1), published)
    context = multiprocessing.get_context("spawn")
    stop, started, results = context.Event(), context.Semaphore(0), context.Queue()
    file = published / "current" / FILE_NAME
    readers = [context.Process(target=read_until, args=(stop, started, file, results)) for _ in range(2)]
    for process in readers:
        process.start()
    for _ in range(20):
        assert started.acquire(timeout=60)
    for night in range(2, 7):
        publish(build(tmp_path / "b.duckdb", night), published)
    for _ in range(20):
        assert started.acquire(timeout=60)
    stop.set()
    outcomes = [results.get(timeout=60) for _ in readers]
    for process in readers:
        process.join(timeout=60)
    for opens, torn, errors, nights in outcomes:
        assert errors == []
        assert torn == 0
        assert opens > 1
        assert len(nights) > 1
