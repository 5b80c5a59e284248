"""The preliminary answer (预审答复) to a file that no night has taken in yet: a page that says so, and its end.

Belongs here: how it looks, what it is called, and that the night's receipt takes its place. Its name is made of the
hashes of path and content, so that whoever has received that very file knows which page is over. Does not belong here:
which files are answered and when (``pipelines.answering``), judging.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from pipelines.answers.page import ENVIRONMENT
from pipelines.intake import shown
from pipelines.precheck import CLEAN, ERRORS, UNREADABLE, Answer, Precheck

PREFIX: Final = "预审答复"
_DIGITS: Final = 12
_VERDICTS: Final = {
    CLEAN: ("good", "✔", "预审没有发现错误"),
    ERRORS: ("error", "✖", "预审发现错误，请改正后重放"),
    UNREADABLE: ("error", "✖", "预审读不了这个文件"),
}


def page_name(path: str, sha256: str) -> str:
    """What the answer to the content ``sha256`` at ``path`` (below the inbox) is called."""
    return f"{PREFIX}-{hashlib.sha256(shown(path).encode()).hexdigest()[:_DIGITS]}-{sha256[:_DIGITS]}.html"


def earlier_pages(folder: Path, name: str) -> list[Path]:
    """The answers to other contents at the path that ``name`` is for."""
    stem = name.rpartition("-")[0]
    return [page for page in folder.glob(f"{stem}-*.html") if page.name != name]


def render_preliminary(path: str, answers: Sequence[Answer], checked: Precheck, now: datetime) -> bytes:
    """The page for the file at ``path``; ``answers`` are those of ``checked`` that are about it."""
    page = ENVIRONMENT.get_template("preliminary.html").render(
        file=path,
        answers=answers,
        verdict=_VERDICTS[max(answer.exit_code for answer in answers)],
        history=checked.history,
        no_history=checked.no_history,
        now=now,
    )
    return page.encode("utf-8")


def remove_received(connection: duckdb.DuckDBPyConnection, outbox: Path) -> None:
    """Remove the preliminary answer to every file that the night of ``connection`` has received: its receipt counts."""
    pages = list(outbox.glob(f"*/{PREFIX}-*.html"))
    if not pages:
        return
    received = connection.execute("SELECT inbox_path, sha256 FROM core.fct_file").fetchall()
    over = {page_name(path, sha256) for path, sha256 in received}
    for page in pages:
        if page.name in over:
            page.unlink(missing_ok=True)
