"""Writing the answers where they changed.

Belongs here: which of an answer's files are out of date, rendering those, replacing them whole. Does not belong here:
what stands in them. ``work/answers.json`` remembers what each file was made from and what it contained; without it
everything is rendered again, and still only what differs is replaced, so that a share's change list tells what is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.answers.book import make_book
from pipelines.answers.facts import Answer, answers, cells_of
from pipelines.answers.page import render
from pipelines.answers.preliminary import remove_received
from pipelines.bounded import run_bounded
from pipelines.intake import archived_path
from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.settings import PROJECT, Settings

_BATCH: Final = 256
"""answers rendered at a time: bounds what is held in memory"""
_MEMORY: Final = "answers.json"
_WRITERS: Final = ("pipelines/answers/*.py", "pipelines/pages/*.html", "pipelines/templates/*.py", "schemas/form*.py")
_FORMS: Final = ("schemas/forms/*.yaml", "schemas/narrative*")

_Wanted = tuple[Answer, list[dict[str, Any]]]
Memory = dict[str, list[str]]
"""path below the outbox -> [what it was made from, what it contained], as hashes"""


@dataclass(frozen=True, slots=True)
class Written:
    """How many receipts there are and how many changed tonight."""

    receipts: int
    changed: int


@dataclass(frozen=True, slots=True)
class _Due:
    """An answer with the names of its files that must be rendered again."""

    answer: Answer
    names: frozenset[str]


def write_receipts(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Written:
    """Answer every submission, and every file that was rejected, repeated or read in part only; returns the counts."""
    before = _remembered(settings)
    after: Memory = {}
    count = changed = 0
    everything = answers(connection)
    while batch := list(islice(everything, _BATCH)):
        made = {
            f"{answer.folder}/{answer.number}{ending}": print_
            for answer in batch
            for ending, print_ in _made_from(answer)
        }
        sound = {
            name: before[name] for name, print_ in made.items() if _is_sound(settings.outbox, name, print_, before)
        }
        after |= sound
        due = [_Due(answer, names) for answer in batch if (names := frozenset(_names(answer)) - sound.keys())]
        new: set[str] = set()
        for name, data in _rendered(connection, settings, due):
            if replace_file(settings.outbox / name, data):
                new.add(name.rpartition(".")[0])
            after[name] = [made[name], hashlib.sha256(data).hexdigest()]
        count += len(batch)
        changed += len(new)
    remove_received(connection, settings.outbox)
    if after != before:
        settings.work.mkdir(parents=True, exist_ok=True)
        replace_file(settings.work / _MEMORY, json.dumps(after, ensure_ascii=True).encode("ascii"))
    return Written(count, changed)


def _names(answer: Answer) -> Iterator[str]:
    """The files of an answer, below the outbox."""
    return (f"{answer.folder}/{answer.number}{ending}" for ending, _ in _made_from(answer))


def _made_from(answer: Answer) -> Iterator[tuple[str, str]]:
    """(ending, hash of all that the file is made from) of each file; the workbook does not count days."""
    told = json.dumps(answer.as_json(), ensure_ascii=True, default=str)
    dated = answer.night.isoformat() if answer.next_step.days_left is not None else ""
    facts = (_writers(), told, answer.status, answer.variant, answer.cells_digest, str(answer.due))
    yield ".json", _hash(*facts, dated)
    yield ".html", _hash(*facts, dated)
    if answer.is_submission:
        undated = replace(answer, next_step=replace(answer.next_step, days_left=None))
        yield ".xlsx", _hash(*facts[:1], json.dumps(undated.as_json(), ensure_ascii=True, default=str), *facts[2:])


def _rendered(
    connection: duckdb.DuckDBPyConnection, settings: Settings, due: Sequence[_Due]
) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file that is due."""
    cells = cells_of(connection, [item.answer.about["submission_id"] for item in due if item.answer.is_submission])
    books: list[_Wanted] = []
    for item in due:
        answer, stem = item.answer, f"{item.answer.folder}/{item.answer.number}"
        read = cells.get(answer.about["submission_id"], []) if answer.is_submission else []
        if f"{stem}.json" in item.names:
            text = json.dumps(answer.as_json(), ensure_ascii=False, indent=1, default=str) + "\n"
            yield f"{stem}.json", text.encode("utf-8")
        if f"{stem}.html" in item.names:
            yield f"{stem}.html", render(answer, read).encode("utf-8")
        if f"{stem}.xlsx" in item.names:
            books.append((answer, read))
    yield from _books(settings, books)


def _books(settings: Settings, wanted: Sequence[_Wanted]) -> Iterator[tuple[str, bytes]]:
    """The workbooks. One that was sent is opened in a process that may die; where it cannot be copied, the form is."""
    copied: list[tuple[Answer, list[dict[str, Any]], Path]] = []
    filled: list[tuple[Answer, list[dict[str, Any]], str]] = []
    for answer, cells in wanted:
        source = archived_path(settings.archive, answer.about["sha256"])
        if _is_workbook(source, settings.limits):
            copied.append((answer, cells, source))
        else:
            filled.append((answer, cells, ""))
    books = run_bounded(make_book, copied, settings.limits, settings.workers)
    for (answer, cells, _), book in zip(copied, books, strict=True):
        if isinstance(book, Exception):
            filled.append((answer, cells, type(book).__name__))
        else:
            yield f"{answer.folder}/{answer.number}.xlsx", book
    for answer, cells, why in filled:
        yield f"{answer.folder}/{answer.number}.xlsx", make_book(answer, cells, None, why)


def _is_workbook(source: Path, limits: Limits) -> bool:
    """Whether the file, from which a submission was read, is one that can be copied with its formats."""
    if not source.is_file():
        return False
    try:
        return kind_of(source.read_bytes(), limits) is Kind.XLSX
    except RejectedError:
        return False


def _is_sound(outbox: Path, name: str, made_from: str, memory: Memory) -> bool:
    """Whether the file was made from just this and nobody has changed it since."""
    if name not in memory or memory[name][0] != made_from:
        return False
    path = outbox / name
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == memory[name][1]


def _remembered(settings: Settings) -> Memory:
    try:
        memory: Memory = json.loads((settings.work / _MEMORY).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):  # deleted, or cut short by a crash: everything is rendered again
        return {}
    return memory


def replace_file(path: Path, data: bytes) -> bool:
    """Write ``data`` unless it is there already; whether it was written."""
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    partial.replace(path)
    return True


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _writers() -> str:
    """Hash of whatever decides how given facts look."""
    digest = hashlib.sha256(f"openpyxl=={version('openpyxl')}\0jinja2=={version('jinja2')}".encode())
    for path in sorted(path for pattern in (*_WRITERS, *_FORMS) for path in PROJECT.glob(pattern) if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
