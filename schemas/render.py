"""Everything that is said about a table, rendered from its pandera contract.

Belongs here: contract -> DDL, comments, and a plain column list that the scheduler's room turns into its own. Does not
belong here: executing any of it, views (``schemas.views``), pages of ``docs/`` (``schemas.dictionary``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandera.pandas as pa


@dataclass(frozen=True, slots=True)
class ColumnText:
    """One column of a table as text: name, SQL type, nullability, Chinese title and meaning, English description.

    ``field`` is its name in the vocabulary, which is another one where the table has renamed it.
    """

    name: str
    sql_type: str
    is_nullable: bool
    field: str
    zh: str
    meaning: str
    en: str

    @property
    def comment(self) -> str:
        """Both languages in one line, as analysts see it in DESCRIBE."""
        return in_both(self.zh, self.meaning, self.en)


def columns_of(contract: pa.DataFrameSchema) -> tuple[ColumnText, ...]:
    """The contract's columns in order."""
    return tuple(
        ColumnText(
            name=str(name),
            sql_type=str((column.metadata or {})["sql_type"]),
            is_nullable=bool(column.nullable),
            field=str((column.metadata or {})["field"]),
            zh=column.title or "",
            meaning=str((column.metadata or {})["zh"]),
            en=column.description or "",
        )
        for name, column in contract.columns.items()
    )


def key_of(contract: pa.DataFrameSchema) -> tuple[str, ...]:
    """The columns that together name a row."""
    return tuple((contract.metadata or {})["key"])


def table_comment(contract: pa.DataFrameSchema) -> str:
    """Title and grain in both languages, in one line."""
    return in_both(str(contract.title), grain_zh(contract), str(contract.description))


def grain_zh(contract: pa.DataFrameSchema) -> str:
    """What a row of the table is, in Chinese."""
    return str((contract.metadata or {})["zh"])


def in_both(title: str, zh: str, en: str) -> str:
    """A comment: ``title：中文。English.``"""
    return f"{title}：{zh}。{en}"


def create_table(contract: pa.DataFrameSchema) -> str:
    """CREATE TABLE without a key: keys are checked by query, an index costs seven times the load."""
    lines = [
        # quoted: "at" is a keyword to DuckDB
        f'    "{column.name}" {column.sql_type}{"" if column.is_nullable else " NOT NULL"}'
        for column in columns_of(contract)
    ]
    return f"CREATE TABLE {contract.name} (\n" + ",\n".join(lines) + "\n)"


def comments(contract: pa.DataFrameSchema) -> Iterator[str]:
    """COMMENT ON statements for the table and each of its columns."""
    yield table_comment_statement(contract)
    for column in columns_of(contract):
        yield column_comment_statement(contract, column)


def table_comment_statement(contract: pa.DataFrameSchema) -> str:
    """COMMENT ON the table."""
    return f"COMMENT ON TABLE {contract.name} IS {literal(table_comment(contract))}"


def column_comment_statement(contract: pa.DataFrameSchema, column: ColumnText) -> str:
    """COMMENT ON one of its columns."""
    return f"COMMENT ON COLUMN {contract.name}.{column.name} IS {literal(column.comment)}"


def as_of_macro(history: pa.DataFrameSchema, of: pa.DataFrameSchema) -> Iterator[str]:
    """The statements that create ``<of>_as_of(d)``: the columns of ``of`` as of the last release on or before day d.

    d is a DATE, or what casts to one (TIMESTAMP, 'YYYY-MM-DD').
    """
    columns = ", ".join(f'"{column.name}"' for column in columns_of(of))
    yield (
        f"CREATE MACRO {of.name}_as_of(d) AS TABLE SELECT {columns} FROM {history.name}"  # noqa: S608 - names of ours
        " WHERE released_from < CAST(d AS DATE) + INTERVAL 1 DAY"
        " AND (released_until IS NULL OR released_until >= CAST(d AS DATE) + INTERVAL 1 DAY)"
    )
    comment = in_both(
        f"{of.title}（当时）",
        f"截至 d 日（北京时间）终了时最后一次公布的 {of.name}；第一次公布之前没有行",
        f"{of.name} as of the last publication closed on or before the end of day d, Asia/Shanghai; nothing before the"
        " first release",
    )
    yield f"COMMENT ON MACRO TABLE {of.name}_as_of IS {literal(comment)}"


def literal(text: str) -> str:
    """``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
