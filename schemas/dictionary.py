"""The data dictionary as Markdown: tables, views and macros, in both languages.

Belongs here: the page. Does not belong here: what it says, which is the contracts' and the views' own text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import pandera.pandas as pa

from schemas.render import columns_of, grain_zh, key_of
from schemas.views import View


class Described(Protocol):
    """A table macro: how it is called, and what it says in both languages."""

    @property
    def signature(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


def dictionary(
    tables: Mapping[str, pa.DataFrameSchema], views: Iterable[View] = (), macros: Iterable[Described] = ()
) -> str:
    """Every macro, view and table of the published file; the same text stands there as comments."""
    listed = list(views)
    parts = [
        "# 数据字典 Data dictionary",
        "",
        "Rendered by `make docs` from `schemas/tables.py`, `schemas/chinese.py`, `schemas/views.py` and",
        "`warehouse/sql/macros`; do not edit. How the tables hang together: `entity-diagram.md`.",
        "",
    ]
    parts += _macros(macros)
    parts += _twins([view for view in listed if view.of in tables])
    for view in listed:
        if not view.of:
            parts += _wide(view, next(twin for twin in listed if twin.of == view.relation))
    for contract in tables.values():
        parts += _table(contract)
    return "\n".join(parts)


def _macros(macros: Iterable[Described]) -> Iterator[str]:
    described = list(macros)
    if described:
        yield from ("## 表宏 Table macros", "", "`FROM` and the call; in an attached database after `USE` of it.", "")
    for macro in described:
        yield from (f"### `{macro.signature}`", "", macro.zh, "", macro.en, "")


def _twins(views: list[View]) -> Iterator[str]:
    if views:
        yield from (
            "## 中文视图 Chinese views of tables",
            "",
            "The table with Chinese column names, names beside codes and",
        )
        yield from ("words for code words. Its columns are those of the table below, by their 中文 names.", "")
        yield from ("| 视图 view | 表 table | 每行 |", "|---|---|---|")
    yield from (f"| `{view.relation}` | `{view.of}` | {view.zh} |" for view in views)
    if views:
        yield ""


def _wide(view: View, twin: View) -> Iterator[str]:
    yield from (
        f"## {view.relation} {view.title}",
        "",
        f"中文视图：`{twin.relation}`。{view.zh}。",
        "",
        f"{view.en}.",
        "",
    )
    yield from ("| column | 中文视图的列 | type | 含义 |", "|---|---|---|---|")
    for column, turned in zip(view.columns, twin.columns, strict=True):
        yield f"| `{column.name}` | {turned.name} | {column.sql_type} | {column.zh} |"
    yield ""


def _table(contract: pa.DataFrameSchema) -> Iterator[str]:
    yield from (
        f"## {contract.name} {contract.title}",
        "",
        f"{grain_zh(contract)}。",
        "",
        str(contract.description),
        "",
    )
    yield from (f"Key: {', '.join(f'`{name}`' for name in key_of(contract))}", "")
    yield from ("| column | type | null | 中文 | 含义 | meaning |", "|---|---|---|---|---|---|")
    for column in columns_of(contract):
        null = "yes" if column.is_nullable else ""
        cells = (column.zh, column.meaning, column.en)
        shown = " | ".join(text.replace("|", "\\|") for text in cells)
        yield f"| `{column.name}` | {column.sql_type} | {null} | {shown} |"
    yield ""
