"""All pages of a night into a folder.

Belongs here: which kinds of pages there are, and writing them with their style and downloads. Does not belong here:
what a page says (``pages``), moving the folder to where people look (``warehouse.publish``).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import duckdb

from pipelines.site.frame import STYLE, Frame, Night, Page
from pipelines.site.pages import board, districts, findings, organs, overview, releases, results, trends
from warehouse.connection import dicts, reader

PAGES: Final[tuple[Callable[[duckdb.DuckDBPyConnection], Iterator[Page]], ...]] = (
    overview.pages,
    trends.pages,
    results.pages,
    districts.pages,
    board.pages,
    findings.pages,
    organs.pages,
    releases.pages,
)
"""One function a kind of page, reading the night's tables."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was written. ``size_bytes``: of all files."""

    pages: int
    downloads: int
    size_bytes: int


def build_site(database: Path, folder: Path) -> Built:
    """Write the pages of the night in ``database`` (build or published file) into ``folder``, replacing all in it."""
    with reader(database) as connection:
        night = night_of(connection)
        pages = [page for pages_of in PAGES for page in pages_of(connection)]
    if len({page.path for page in pages}) != len(pages):
        raise ValueError("two pages have one path")
    frame = Frame(night, pages)
    written = {page.path: frame.render(page).encode() for page in pages}
    written |= {STYLE: files("pipelines.site").joinpath(STYLE).read_bytes()} | frame.downloads
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in written.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return Built(len(pages), len(frame.downloads), sum(map(len, written.values())))


def night_of(connection: duckdb.DuckDBPyConnection) -> Night:
    """The night that the tables are of."""
    (row,) = dicts(
        connection,
        """
        SELECT b.night, b.built_at, b.code_version, r.release_id, r.released_at
        FROM meta.build AS b
        CROSS JOIN (SELECT release_id, released_at FROM meta.release ORDER BY release_no DESC LIMIT 1) AS r
        """,
    )
    return Night(**row)
