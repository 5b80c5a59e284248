"""Answering a file within minutes of its being dropped, before any night has received it.

Belongs here: which files of the inbox are new and have settled, judging copies of them as ``gongkai check`` does,
writing a preliminary answer into the outbox of their folder's organ, and remembering that (``work/preliminary.json``).
Archive, journal and published figures are only read, and the night's lock is not taken: what a night receives meanwhile
is not answered, and a page that comes too late all the same goes with the next look. Does not belong here: how the page
looks (``pipelines.answers.preliminary``), judging, when somebody looks (``pipelines.sensors``).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from pipelines.answers.outbox import replace_file
from pipelines.answers.preliminary import earlier_pages, page_name, render_preliminary
from pipelines.intake import Found, growth, reports_in, shown, why_not_opened
from pipelines.journal import Journal
from pipelines.knowledge import load_knowledge
from pipelines.precheck import check_files
from pipelines.settings import Settings

MOST_AT_ONCE: Final = 20
"""files answered in one run; a night that waits for it waits for minutes at most"""
_MOST_WATCHED: Final = 1000
_MEMORY: Final = "preliminary.json"

Memory = dict[str, dict[str, Any]]
"""path below the inbox -> mark of the file, page below the outbox ('' where it was not answered)"""
Watched = dict[str, list[Any]]
"""id of a file -> its mark, since when it has had it (POSIX seconds)"""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the inbox found: files to answer now, whether pages are over, what to compare with next time."""

    due: tuple[str, ...]
    is_over: bool
    watched: Watched

    @property
    def key(self) -> str:
        """The same for the same files in the same state, and for no others."""
        told = json.dumps([(name, self.watched[name][0]) for name in self.due])
        return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a run did: answers written, files left to the night, pages removed."""

    answered: int
    left: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Copy:
    """The bytes of a file as they were read once: judged and named by the same content."""

    found: Found
    path: Path
    sha256: str


class _Received:
    """What the nights have received, as the journal has it now."""

    def __init__(self, settings: Settings) -> None:
        entries = Journal(settings.archive).of("file_received")
        self.contents = {(entry["path"], entry["sha256"]) for entry in entries}
        self.sizes = {(entry["path"], entry["size"]) for entry in entries}
        self.marks = {(entry["path"], entry["size"], entry["mtime_ns"]) for entry in entries}
        self.pages = {page_name(path, sha256) for path, sha256 in self.contents}


def look(settings: Settings, before: Watched, now: float) -> Look:
    """Look at the inbox without opening anything. A file is due that has not changed for ``settle_seconds``.

    Raises RegisterError where the register is broken.
    """
    memory, received = _remembered(settings), _Received(settings)
    watched: Watched = {}
    likely_known: set[str] = set()
    for found in _new(settings, memory, received)[:_MOST_WATCHED]:
        name, mark = _id(found), _mark(found)
        was = before.get(name)
        watched[name] = was if was is not None and was[0] == mark else [mark, now]
        # only its time is new, as after an inbox was copied: it is recognised by its content, and that is quick
        if (found.path, mark[0]) in received.sizes:
            likely_known.add(name)
    due = [name for name, (_, since) in watched.items() if now - since >= settings.settle_seconds]
    fresh = [name for name in due if name not in likely_known][:MOST_AT_ONCE]
    again = [name for name in due if name in likely_known][: _MOST_WATCHED if not fresh else 0]
    return Look((*fresh, *again), any(_over(settings, memory, received)), watched)


def answer_files(settings: Settings, ids: Iterable[str]) -> Answered:
    """Answer the files with these ids that are still new, and remove the pages that are over.

    Raises RegisterError where the register is broken.
    """
    memory, received = _remembered(settings), _Received(settings)
    over = list(_over(settings, memory, received))
    for path in over:
        _remove(settings, memory.pop(path)["page"])
    wanted = set(ids)
    files = [found for found in _new(settings, memory, received) if _id(found) in wanted]
    # before they are opened: what was said of an earlier content is over, and files that bring this run down are not
    # tried again, the night answers them
    for found in files:
        _remove(settings, memory.get(found.path, {}).get("page", ""))
    memory |= {found.path: {"mark": _mark(found), "page": ""} for found in files}
    _remember(settings, memory)
    with tempfile.TemporaryDirectory(dir=settings.work, prefix="answering-") as folder:
        places = ((found, Path(folder) / str(number)) for number, found in enumerate(files))
        copies = [copy for found, place in places if (copy := _copied(settings, received, found, place))]
        copies.sort(key=lambda copy: copy.found.folder)
        pages: dict[str, str] = {}
        for organ, group in groupby(copies, key=lambda copy: copy.found.folder):
            pages |= _answer(settings, organ, list(group))
    for path, page in pages.items():
        memory[path]["page"] = page
    _remember(settings, memory)
    return Answered(len(pages), len(wanted) - len(pages), len(over))


def _answer(settings: Settings, organ: str, copies: Sequence[_Copy]) -> dict[str, str]:
    """Judge the files of one folder as one delivery; returns the pages that were written, by path."""
    checked = check_files(settings, [copy.path for copy in copies], organ)
    # a night may have begun while they were judged
    known = _Received(settings).contents
    pages: dict[str, str] = {}
    for copy in copies:
        path = copy.found.path
        if (path, copy.sha256) in known:
            continue
        name = page_name(path, copy.sha256)
        about = [answer for answer in checked.answers if answer.file == shown(str(copy.path))]
        page = render_preliminary(shown(path), about, checked, settings.clock())
        try:
            replace_file(settings.outbox / organ / name, page)
            for earlier in earlier_pages(settings.outbox / organ, name):
                earlier.unlink(missing_ok=True)
        except OSError:  # this organ's folder cannot be written to: the night says so, the others go on
            continue
        pages[path] = f"{organ}/{name}"
    return pages


def _new(settings: Settings, memory: Memory, received: _Received) -> list[Found]:
    """The files of organs' folders that neither a night nor an answer has seen as they are, the oldest first."""
    new = [
        found
        for found in reports_in(settings.inbox)
        # what is no file, or too large, is left to the night: it answers without opening it
        if found.status is not None
        and not why_not_opened(found.status, settings.limits)
        and (found.path, *_mark(found)) not in received.marks
        and memory.get(found.path, {}).get("mark") != _mark(found)
    ]
    if not new:
        return []
    organs = load_knowledge(settings.register).register.organs
    return sorted((found for found in new if found.folder in organs), key=lambda found: found.arrival)


def _over(settings: Settings, memory: Memory, received: _Received) -> Iterator[str]:
    """The paths whose page is over: the file is gone, or a night has received it."""
    for path, told in memory.items():
        page = settings.outbox / told["page"]
        is_over = not os.path.lexists(settings.inbox / path) or page.name in received.pages
        if told["page"] and is_over and page.exists():
            yield path


def _remove(settings: Settings, page: str) -> None:
    if page:
        # in a folder that is not ours to write in it stays, and says itself that it does not count
        with suppress(OSError):
            (settings.outbox / page).unlink(missing_ok=True)


def _copied(settings: Settings, received: _Received, found: Found, folder: Path) -> _Copy | None:
    """The file's bytes under its own name and time in ``folder``; None where it is not what was looked at any more.

    Nothing is copied of what a night has received under that path. A link put in its place is not followed: it would
    show one department another's file.
    """
    try:
        descriptor = os.open(found.absolute, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(settings.limits.max_bytes + 1)
            after = os.fstat(file.fileno())
    except OSError:  # gone, or not ours to read
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    if list(growth(after)) != _mark(found) or (found.path, sha256) in received.contents:
        return None
    folder.mkdir()
    path = folder / found.absolute.name
    path.write_bytes(data)
    os.utime(path, ns=(after.st_mtime_ns, after.st_mtime_ns))
    return _Copy(found, path, sha256)


def _mark(found: Found) -> list[int]:
    """What tells, without opening it, whether a file has changed."""
    return list(growth(found.status)) if found.status else []


def _id(found: Found) -> str:
    """What a file is called in the scheduler's records: nothing from outside is written there."""
    return hashlib.sha256(os.fsencode(found.path)).hexdigest()[:16]


def _remembered(settings: Settings) -> Memory:
    try:
        memory: Memory = json.loads((settings.work / _MEMORY).read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return {}  # deleted, or cut short by a crash: what no night has seen is answered again
    return memory


def _remember(settings: Settings, memory: Memory) -> None:
    """Keep what is still in the inbox."""
    kept = {path: told for path, told in memory.items() if os.path.lexists(settings.inbox / path)}
    settings.work.mkdir(parents=True, exist_ok=True)
    replace_file(settings.work / _MEMORY, json.dumps(kept, ensure_ascii=True).encode("ascii"))
