"""The journal of the archive: what was received when, which nights were closed. Append-only JSON lines.

Belongs here: writing a line so that it survives a crash, reading all of them back. Does not belong here: what the
lines mean to a night (``pipelines.intake``). A line that a crash left half-written was never acknowledged: it is cut
off before the next one is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from warehouse.durable import sync_directory

Entry = Mapping[str, Any]
FILE_NAME: Final = "journal.jsonl"


class JournalError(RuntimeError):
    """A line in the middle of the journal is damaged: restore it from a backup, never edit it."""


class Journal:
    """The journal below ``archive``; every entry has a ``sequence`` (1, 2, ...) and an ``event``."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self._path = archive / FILE_NAME
        self._entries, self._good_bytes = _read(self._path)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, oldest first."""
        return tuple(self._entries)

    def of(self, event: str) -> tuple[Entry, ...]:
        """The entries of one event, oldest first."""
        return tuple(entry for entry in self._entries if entry["event"] == event)

    def append(self, records: Iterable[Mapping[str, Any]]) -> tuple[Entry, ...]:
        """Write records durably, in order; returns them with their sequence numbers."""
        numbered = [
            {"sequence": number, **record} for number, record in enumerate(records, start=len(self._entries) + 1)
        ]
        if not numbered:
            return ()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self._path.exists()
        # lone surrogates of undecodable file names survive as \\udcXX escapes
        text = "".join(json.dumps(entry, ensure_ascii=True, sort_keys=True) + "\n" for entry in numbered)
        with self._path.open("ab") as file:
            file.truncate(self._good_bytes)
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
            self._good_bytes = file.tell()
        if is_new:
            sync_directory(self._path.parent)
        self._entries.extend(numbered)
        return tuple(numbered)


def _read(path: Path) -> tuple[list[Entry], int]:
    if not path.exists():
        return [], 0
    entries: list[Entry] = []
    good = 0
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise JournalError(f"{path}: line {number} is damaged ({error})") from error
        if entry.get("sequence") != number:
            raise JournalError(f"{path}: line {number} carries sequence {entry.get('sequence')}")
        entries.append(entry)
        good += len(line) + 1
    return entries, good
