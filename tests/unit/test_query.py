"""The command line's SQL only reads, and within bounds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.query import QueryError, query


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "disclosure.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT i FROM range(5000) AS r(i)")
    return path


def test_rows_come_back_up_to_the_limit(file: Path) -> None:
    assert query(file, "SELECT i FROM t ORDER BY i", max_rows=3).to_pydict() == {"i": [0, 1, 2]}
    assert query(file, "DESCRIBE t", max_rows=10).num_rows == 1
    assert query(file, "SUMMARIZE t", max_rows=10).num_rows == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE t",
        "CREATE TEMP TABLE x AS SELECT 1",
        "SET memory_limit='1TB'",
        "ATTACH ':memory:' AS other",
        "COPY t TO '/tmp/leak.csv'",
        "INSTALL httpfs",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_whatever_does_more_than_read_is_refused(file: Path, statement: str) -> None:
    with pytest.raises((QueryError, duckdb.Error)):
        query(file, statement, max_rows=3)


def test_files_outside_cannot_be_read(file: Path) -> None:
    with pytest.raises(duckdb.Error, match="disabled"):
        query(file, "SELECT * FROM read_text('/etc/hostname')", max_rows=3)


def test_an_endless_statement_is_stopped(file: Path) -> None:
    with pytest.raises(QueryError, match="longer than"):
        query(file, "SELECT count(*) FROM range(100000000) a, range(100000000) b", max_rows=3, seconds=0.5)
