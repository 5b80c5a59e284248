"""Releases as the journal has them: recording a new one, finding one that is no longer what it was, restoring copies.

Belongs here: the entry ``release_made`` and the folders ``archive/releases/<release_id>``. Does not belong here: what a
release is (``warehouse.releases``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.journal import Entry, Journal
from warehouse.connection import dicts, reader
from warehouse.durable import remove_tree
from warehouse.release_folders import restore_folder
from warehouse.releases import FrozenRelease, archived_hash, file_hash, file_of, write_release

EVENT: Final = "release_made"
FOLDER: Final = "releases"
_TONIGHTS: Final = "SELECT r.* FROM meta.release AS r JOIN meta.build AS b ON b.night = r.night"
_KNOWS_RELEASES: Final = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'meta' AND table_name = 'release'"


def folder_of(archive: Path, entry: Entry) -> Path:
    """Where a release lies in the archive."""
    return archive / FOLDER / str(entry["release_id"])


def freeze(journal: Journal, published_file: Path) -> list[dict[str, Any]]:
    """The release that ``published_file`` made, if it made one, written to the archive; its record for the journal.

    A folder that a dying night wrote and did not live to record is written anew.
    """
    with reader(published_file) as connection:
        # a version without releases published it and did not live to close it
        found = dicts(connection, _TONIGHTS) if dicts(connection, _KNOWS_RELEASES) else []
    recorded = {entry["release_id"] for entry in journal.of(EVENT)}
    records = []
    for release in found:
        if release["release_id"] in recorded:
            continue
        folder = folder_of(journal.archive, release)
        for leftover in (folder, folder.with_name(f".{folder.name}.partial")):
            if leftover.exists():
                remove_tree(leftover)
        files = write_release(published_file, folder, release["release_id"])
        record = {**release, "released_at": release["released_at"].isoformat(), "files": files}
        records.append({"event": EVENT, **record})
    return records


def release_rows(journal: Journal) -> Iterator[dict[str, Any]]:
    """The releases so far as rows of ``stage.release``."""
    for entry in journal.of(EVENT):
        row = {name: entry[name] for name in entry if name not in {"event", "sequence", "files"}}
        yield row | {"released_at": datetime.fromisoformat(entry["released_at"])}


def frozen_releases(journal: Journal) -> list[FrozenRelease]:
    """The releases so far as they lie in the archive, oldest first."""
    return [FrozenRelease(int(entry["release_no"]), folder_of(journal.archive, entry)) for entry in journal.of(EVENT)]


def damaged_files(journal: Journal) -> list[Path]:
    """The files of releases in the archive whose bytes are not those that the journal recorded."""
    return [
        path
        for entry in journal.of(EVENT)
        for table, recorded in _files(entry).items()
        if file_hash(path := folder_of(journal.archive, entry) / file_of(table)) != recorded["sha256"]
    ]


def changed_releases(journal: Journal) -> list[str]:
    """The releases whose values, read anew from the archive, do not have the content hash of the journal."""
    return [
        str(entry["release_id"]) for entry in journal.of(EVENT) if _content(journal, entry) != entry["content_hash"]
    ]


def restore_copies(journal: Journal, published: Path) -> list[str]:
    """Make the folders below ``published/releases`` that are missing or damaged; returns which had to be made."""
    return [
        str(entry["release_id"])
        for entry in journal.of(EVENT)
        if restore_folder(folder_of(journal.archive, entry), published)
    ]


def _files(entry: Entry) -> Mapping[str, Mapping[str, Any]]:
    files: Mapping[str, Mapping[str, Any]] = entry["files"]
    return files


def _content(journal: Journal, entry: Entry) -> str:
    try:
        return archived_hash(folder_of(journal.archive, entry))
    except duckdb.Error:  # gone or unreadable
        return ""
