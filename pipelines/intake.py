"""Taking in what lies in the inbox and in the office's ``decisions/``: hash, copy into the archive, journal.

Belongs here: which directory entries are files, what is new, when it was received, write-once storage. Both folders
are never changed. Does not belong here: what is in a file (``pipelines.readers``, ``pipelines.decisions``) or whose it
is (``pipelines.staging``).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipelines.decisions import EVENT as DECISION_RECEIVED
from pipelines.decisions import FILE_NAME as DECISIONS_FILE
from pipelines.decisions import bind, published_findings, read_decisions
from pipelines.journal import Entry, Journal
from pipelines.readers.model import Limits
from pipelines.settings import Settings, wall_time
from warehouse.durable import sync_directory

IGNORED_NAMES: Final = frozenset({"Thumbs.db", "desktop.ini", ".DS_Store"})
IGNORED_PREFIXES: Final = ("~$", ".~")
"""what office programs and file managers leave beside a document that is open"""
FORCE_REHASH_WEEKDAY: Final = 6
"""Sunday: every file is hashed again whatever its times say"""
_DEEPEST: Final = 20
"""folders below the inbox, one in another, that are looked into: no path grows beyond what the system opens"""


@dataclass(frozen=True, slots=True)
class Intake:
    """What one night found in the inbox."""

    night: int
    opened_at: datetime
    new: tuple[Entry, ...]
    """journal entries of the files first seen tonight"""
    decisions: tuple[Entry, ...]
    """journal entries of the decisions files whose content is new tonight"""
    unchanged: int
    """files received on an earlier night"""
    deferred: tuple[str, ...]
    """paths still being written, or taken away while they were read: left for the next night"""
    beyond: tuple[str, ...]
    """paths beyond the number of new files that a night takes from one folder: left for the next night too"""
    ignored: int
    unreachable: tuple[str, ...]
    """folders that could not be looked into or lie too deep, and links to folders, which are not followed"""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of the inbox; ``status`` is None where the file system refuses to tell, and ``refusal`` says why.

    Of the office's decisions ``path`` is below the home and ``folder`` is ''.
    """

    path: str
    folder: str
    absolute: Path
    status: os.stat_result | None
    refusal: str = ""
    is_office: bool = False

    @property
    def arrival(self) -> tuple[int, str]:
        """What orders the files of a night."""
        return (self.status.st_mtime_ns if self.status else 0, self.path)

    @property
    def is_decisions(self) -> bool:
        """Whether it holds decisions on findings and no figures."""
        return self.is_office or (self.folder != "" and self.path.lower() == f"{self.folder}/{DECISIONS_FILE}".lower())


def take_in(settings: Settings, journal: Journal) -> Intake:
    """Open a night and receive everything that is new in the inbox and the decisions, in order of (mtime, path).

    The night, its files and its decisions are journalled in one write after the bytes are safe in the archive; until
    something was published there is nothing to decide on, and decisions wait for the next night. A file's time of
    receipt is its modification time, which a department could set back - but not to before the last night that
    looked and did not find it.

    What is new is looked at twice, ``settle_seconds`` apart, and left for the next night where its size or time has
    changed. The two looks are compared with each other and with no clock: that of a file server may differ from ours.
    """
    earlier = journal.of("night_opened")
    not_before = datetime.fromisoformat(earlier[-1]["at"]) if earlier else datetime.min  # noqa: DTZ901 - wall time
    night = int(earlier[-1]["night"]) + 1 if earlier else 1
    opened_at = settings.clock()
    known_paths = {(entry["path"], entry["sha256"]) for entry in journal.of("file_received")}
    known_names = {path for path, _ in known_paths}
    from_folder: Counter[str] = Counter()
    seen = _load_seen(settings, opened_at)
    still_seen: dict[str, list[Any]] = {}
    received: list[Entry] = []
    deferred: list[str] = []
    beyond: list[str] = []
    unchanged = 0
    unreachable: list[str] = []
    entries = [*_walk(settings.inbox, unreachable), *_walk_decisions(settings.decisions, unreachable)]
    pause = _Pause(settings.settle_seconds)
    files = sorted((found for found in entries if not _is_ignored(found)), key=lambda item: item.arrival)
    for found in (found for found in files if not found.is_decisions):
        mark = _mark(found.status) if found.status else None
        if mark is not None and seen.get(found.path) == mark:
            unchanged += 1
            still_seen[found.path] = mark
            continue
        if found.path not in known_names and from_folder[found.folder] >= settings.max_new_files:
            beyond.append(found.path)
            continue
        pause.end()
        record = _receive(settings, found)
        if record is None:
            deferred.append(found.path)
            continue
        # what could not be opened is tried again every night: a lock or a right may be gone by then
        is_refused = record.pop("is_refused", False)
        if mark is not None and not is_refused:
            still_seen[found.path] = mark
        sha256 = record["sha256"]
        if (found.path, sha256) in known_paths:
            unchanged += 1
            continue
        known_paths.add((found.path, sha256))
        from_folder[found.folder] += 1
        received.append({"event": "file_received", **record})
    decided = [found for found in files if found.is_decisions]
    decisions = list(_new_decisions(settings, journal, decided, opened_at, pause=pause, deferred=deferred))
    left = {"still_being_written": len(deferred), "beyond_the_bound": len(beyond)}
    opening = {"event": "night_opened", "night": night, "at": opened_at.isoformat(), **left}
    arrivals = [
        {"night": night, "received_at": _arrival(record, not_before, opened_at), **record}
        for record in (*received, *decisions)
    ]
    _, *new = journal.append([opening, *arrivals])
    _save_seen(settings, still_seen)
    return Intake(
        night,
        opened_at,
        tuple(new[: len(received)]),
        tuple(new[len(received) :]),
        unchanged,
        tuple(deferred),
        tuple(beyond),
        len(entries) - len(files),
        tuple(unreachable),
    )


class _Pause:
    """The time between the two looks: waited for once, and not at all where nothing is new."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def end(self) -> None:
        """Return when the time is over."""
        if (seconds := self._until - time.monotonic()) > 0:
            time.sleep(seconds)
        self._until = 0.0


def _arrival(record: Entry, not_before: datetime, opened_at: datetime) -> str:
    return min(max(wall_time(record["mtime_ns"] / 1e9), not_before), opened_at).isoformat()


def _new_decisions(
    settings: Settings,
    journal: Journal,
    decided: list[Found],
    opened_at: datetime,
    *,
    pause: _Pause,
    deferred: list[str],
) -> Iterator[Entry]:
    """The journal's records of the decisions files whose content is not the last that came from their path.

    They are few: each is read every night, whatever its times say. A copy of what the same source has sent under
    another name is recorded as a repeat, without lines.
    """
    published = settings.published_file
    earlier = list(journal.of(DECISION_RECEIVED))
    last = {(e["is_office"], e["path"]): e["sha256"] for e in earlier if e["outcome"] == "archived"}
    refused = {(e["is_office"], e["path"], e["sha256"]) for e in earlier if e["outcome"] != "archived"}
    known = {(e["is_office"], e["path"], e["size"], e["mtime_ns"]) for e in earlier}
    for found in decided:
        if found.status and (found.is_office, found.path, *growth(found.status)) not in known:
            pause.end()
        record = _receive(settings, found) if published.exists() else None
        if record is None:
            deferred.append(found.path)
            continue
        record.pop("is_refused", None)
        sha256 = record["sha256"]
        if last.get((found.is_office, found.path)) == sha256 or (found.is_office, found.path, sha256) in refused:
            continue
        source = [e for e in earlier if (e["is_office"], e["folder"]) == (found.is_office, found.folder)]
        is_repeat = any(e["path"] != found.path and e["sha256"] == sha256 and not e["is_repeat"] for e in source)
        rows: list[dict[str, Any]] = []
        if record["outcome"] == "archived" and not is_repeat:
            lines = read_decisions(archived_path(settings.archive, sha256).read_bytes(), opened_at.date())
            findings = published_findings(published, (line.finding_id for line in lines))
            rows = bind(lines, None if found.is_office else found.folder, findings, source)
        new = {**record, "event": DECISION_RECEIVED, "is_office": found.is_office, "is_repeat": is_repeat, "rows": rows}
        earlier.append(new)
        yield new


def reports_in(inbox: Path) -> Iterator[Found]:
    """Every file of the inbox that a night would take for a report, as it lies there now; nothing is opened."""
    return (found for found in _walk(inbox, []) if not _is_ignored(found) and not found.is_decisions)


def archived_path(archive: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return archive / "objects" / sha256[:2] / sha256


def is_sound(archive: Path, sha256: str) -> bool:
    """Whether the archive holds exactly the bytes with this hash."""
    path = archived_path(archive, sha256)
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256


def why_not_opened(status: os.stat_result, limits: Limits) -> str:
    """Why a file is not even opened; '' where it may be."""
    if not stat.S_ISREG(status.st_mode):
        return "不是普通文件（链接、管道或设备），未读取"
    if status.st_size > limits.max_bytes:
        # not read at all: a file with terabytes of holes would hold the night for hours
        return f"文件超过 {limits.max_bytes // 1024**2} MB 上限，未存档，请拆分后重报"
    return ""


def shown(path: str) -> str:
    """A path or name that can be stored and printed: undecodable bytes and control characters are escaped."""
    text = path.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _walk(inbox: Path, unreachable: list[str]) -> Iterator[Found]:
    """Every entry below the inbox that is no directory; what cannot be looked into is added to ``unreachable``."""

    def refused(error: OSError) -> None:
        unreachable.append(str(Path(os.fsdecode(error.filename)).relative_to(inbox)))

    for folder, folders, names in os.walk(inbox, onerror=refused, followlinks=False):
        here = Path(folder)
        if len(here.relative_to(inbox).parts) >= _DEEPEST:
            unreachable += [str((here / name).relative_to(inbox)) for name in folders]
            folders.clear()
        unreachable += [str((here / name).relative_to(inbox)) for name in folders if (here / name).is_symlink()]
        for name in names:
            absolute = here / name
            relative = absolute.relative_to(inbox)
            owner = relative.parts[0] if len(relative.parts) > 1 else ""
            try:
                yield Found(str(relative), owner, absolute, absolute.lstat())
            except FileNotFoundError:  # taken away between listing and looking
                continue
            except OSError as error:
                yield Found(str(relative), owner, absolute, None, error.strerror or "")


def _walk_decisions(folder: Path, unreachable: list[str]) -> Iterator[Found]:
    """Every file below the office's own folder, as paths below the home."""
    if not folder.is_dir():
        return
    refused: list[str] = []
    for found in _walk(folder, refused):
        yield replace(found, path=f"{folder.name}/{found.path}", folder="", is_office=True)
    unreachable += (f"{folder.name}/{path}" for path in refused)


def _is_ignored(found: Found) -> bool:
    name = found.absolute.name
    return name in IGNORED_NAMES or name.startswith(IGNORED_PREFIXES)


def _mark(status: os.stat_result) -> list[Any]:
    return [status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns]


def growth(status: os.stat_result) -> tuple[int, int]:
    """What changes while a file is written. Not its inode: some file servers give another one at every look."""
    return status.st_size, status.st_mtime_ns


def _receive(settings: Settings, found: Found) -> dict[str, Any] | None:
    """The journal's record of one file, its bytes archived; None if it has changed or gone since the first look."""
    status = found.status
    if status is None:
        return _refusal(found, found.refusal) | {"is_refused": True}
    if reason := why_not_opened(status, settings.limits):
        return _refusal(found, "") | {"reason": reason}
    try:
        descriptor = os.open(found.absolute, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(settings.limits.max_bytes + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError:  # renamed or taken away: what it became is found by the next night
        return None
    except OSError as error:
        return _refusal(found, error.strerror or "") | {"is_refused": True}
    if growth(after) != growth(status):
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    _store(archived_path(settings.archive, sha256), data)
    return _record(found) | {"sha256": sha256, "outcome": "archived", "reason": ""}


def _record(found: Found) -> dict[str, Any]:
    status = found.status
    return {
        "path": found.path,
        "folder": found.folder,
        "size": status.st_size if status else 0,
        "mtime_ns": status.st_mtime_ns if status else 0,
    }


def _refusal(found: Found, why: str) -> dict[str, Any]:
    """The record of a file that was not read; it is known by its path and, where they are told, size and time."""
    record = _record(found)
    told = f"{found.path}|{record['size']}|{record['mtime_ns']}"
    reason = f"文件打不开（{why}），请检查权限或关闭正在打开它的程序；每夜会再试一次"
    digest = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()
    return record | {"sha256": digest, "outcome": "rejected", "reason": reason}


def _store(path: Path, data: bytes) -> None:
    """Write once: durable under its final name, read-only, never overwritten."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)  # left read-only by a night that died here
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(0o444)
    partial.rename(path)
    sync_directory(path.parent)


def _seen_file(settings: Settings) -> Path:
    return settings.work / "seen.json"


def _load_seen(settings: Settings, opened_at: datetime) -> dict[str, list[Any]]:
    path = _seen_file(settings)
    if opened_at.weekday() == FORCE_REHASH_WEEKDAY or not path.exists():
        return {}
    try:
        seen: dict[str, list[Any]] = json.loads(path.read_text(encoding="ascii"))
    except ValueError:  # a cache that a crash cut short: everything is hashed again
        return {}
    return seen


def _save_seen(settings: Settings, seen: dict[str, list[Any]]) -> None:
    settings.work.mkdir(parents=True, exist_ok=True)
    partial = settings.work / "seen.json.partial"
    partial.write_text(json.dumps(seen, ensure_ascii=True), encoding="ascii")
    partial.replace(_seen_file(settings))
