"""Taking in what lies in the inbox: hash, copy into the archive, journal. The inbox itself is never changed.

Belongs here: which directory entries are files, what is new, when it was received, write-once storage. Does not belong
here: what is in a file (``pipelines.readers``) or whose it is (``pipelines.staging``).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pipelines.journal import Entry, Journal, sync_directory
from pipelines.settings import Settings, now, wall_time

IGNORED_NAMES: Final = frozenset({"Thumbs.db", "desktop.ini", ".DS_Store"})
IGNORED_PREFIXES: Final = ("~$", ".~")
"""what office programs and file managers leave beside a document that is open"""
_CHUNK: Final = 1024 * 1024
FORCE_REHASH_WEEKDAY: Final = 6
"""Sunday: every file is hashed again whatever its times say"""


@dataclass(frozen=True, slots=True)
class Intake:
    """What one night found in the inbox."""

    night: int
    opened_at: datetime
    new: tuple[Entry, ...]
    """journal entries of the files first seen tonight"""
    unchanged: int
    """files received on an earlier night"""
    deferred: tuple[str, ...]
    """paths still being written: left for the next night"""
    ignored: int


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    folder: str
    absolute: Path
    status: os.stat_result


def take_in(settings: Settings, journal: Journal) -> Intake:
    """Open a night and receive everything that is new in the inbox, in order of (mtime, path).

    The night and its files are journalled in one write after the bytes are safe in the archive. A file's time of
    receipt is its modification time, which a department could set back - but not to before the last night that
    looked and did not find it.
    """
    earlier = journal.of("night_opened")
    not_before = datetime.fromisoformat(earlier[-1]["at"]) if earlier else datetime.min  # noqa: DTZ901 - wall time
    night = int(earlier[-1]["night"]) + 1 if earlier else 1
    opened_at = now()
    known_paths = {(entry["path"], entry["sha256"]) for entry in journal.of("file_received")}
    known_reports = {_report_key(entry) for entry in journal.of("file_received") if entry["outcome"] == "archived"}
    seen = _load_seen(settings, opened_at)
    still_seen: dict[str, list[Any]] = {}
    received: list[Entry] = []
    deferred: list[str] = []
    unchanged = ignored = 0
    for found in sorted(_walk(settings.inbox), key=lambda item: (item.status.st_mtime_ns, item.path)):
        if _is_ignored(found):
            ignored += 1
            continue
        mark = _mark(found.status)
        if seen.get(found.path) == mark:
            unchanged += 1
            still_seen[found.path] = mark
            continue
        record = _receive(settings, found)
        if record is None:
            deferred.append(found.path)
            continue
        still_seen[found.path] = mark
        sha256 = record["sha256"]
        if (found.path, sha256) in known_paths:
            unchanged += 1
            continue
        if record["outcome"] == "archived":
            if _report_key(record) in known_reports:
                record["outcome"] = "duplicate"
                record["reason"] = "内容与以前收到的文件完全相同，不另作一份报表"
            known_reports.add(_report_key(record))
        known_paths.add((found.path, sha256))
        arrived = min(max(wall_time(found.status.st_mtime), not_before), opened_at)
        received.append({"event": "file_received", "night": night, "received_at": arrived.isoformat(), **record})
    opening = {"event": "night_opened", "night": night, "at": opened_at.isoformat()}
    _, *new = journal.append([opening, *received])
    _save_seen(settings, still_seen)
    return Intake(night, opened_at, tuple(new), unchanged, tuple(deferred), ignored)


def archived_path(archive: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return archive / "objects" / sha256[:2] / sha256


def shown(path: str) -> str:
    """A path or name that can be stored and printed: undecodable bytes and control characters are escaped."""
    text = path.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _walk(inbox: Path) -> Iterator[_Found]:
    """Every entry below the inbox that is no directory; symbolic links are not followed."""
    for folder, _, names in os.walk(inbox, followlinks=False):
        for name in names:
            absolute = Path(folder) / name
            try:
                status = absolute.lstat()
            except FileNotFoundError:  # taken away between listing and looking
                continue
            relative = absolute.relative_to(inbox)
            owner = relative.parts[0] if len(relative.parts) > 1 else ""
            yield _Found(str(relative), owner, absolute, status)


def _is_ignored(found: _Found) -> bool:
    name = found.absolute.name
    return name in IGNORED_NAMES or name.startswith(IGNORED_PREFIXES)


def _report_key(entry: Entry) -> tuple[str, str, str]:
    """What makes a file the same report as another: folder and bytes, and the name of a nil_<year>_<form>.csv.

    An empty nil report says its year by its name only.
    """
    name = entry["path"].rsplit("/", 1)[-1].lower()
    return entry["folder"], entry["sha256"], name if name.startswith("nil_") else ""


def _mark(status: os.stat_result) -> list[Any]:
    return [status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns]


def _receive(settings: Settings, found: _Found) -> dict[str, Any] | None:
    """Hash and archive one file; None if it changed while it was read."""
    record: dict[str, Any] = {
        "path": found.path,
        "folder": found.folder,
        "size": found.status.st_size,
        "mtime_ns": found.status.st_mtime_ns,
        "outcome": "archived",
        "reason": "",
    }
    if not stat.S_ISREG(found.status.st_mode):
        digest = hashlib.sha256(os.fsencode(found.path)).hexdigest()
        return record | {"sha256": digest, "outcome": "rejected", "reason": "不是普通文件（链接、管道或设备），未读取"}
    try:
        descriptor = os.open(found.absolute, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        digest = hashlib.sha256(os.fsencode(found.path)).hexdigest()
        reason = f"文件打不开（{error.strerror}），请检查权限后重新放入"
        return record | {"sha256": digest, "outcome": "rejected", "reason": reason}
    with os.fdopen(descriptor, "rb") as file:
        if found.status.st_size > settings.limits.max_bytes:
            sha256 = _hash(file)
            megabytes = settings.limits.max_bytes // 1024**2
            record |= {"outcome": "rejected", "reason": f"文件超过 {megabytes} MB 上限，未存档，请拆分后重报"}
        else:
            data = file.read(settings.limits.max_bytes + 1)
            sha256 = hashlib.sha256(data).hexdigest()
        if _mark(os.fstat(file.fileno())) != _mark(found.status):
            return None
    if record["outcome"] == "archived":
        _store(archived_path(settings.archive, sha256), data)
    return record | {"sha256": sha256}


def _hash(file: Any) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _store(path: Path, data: bytes) -> None:
    """Write once: durable under its final name, read-only, never overwritten."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
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
