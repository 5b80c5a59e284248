"""Making files and names survive a power cut.

Belongs here: fsync of a file, of a directory and of a finished tree, and removing such a tree. Used by publication and
by the archive.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def sync_file(path: Path) -> None:
    """Make the bytes of ``path`` durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Make the names in ``path`` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_durable(folder: Path) -> None:
    """fsync every file and directory, then take away the right to write."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            sync_file(path)
            path.chmod(0o444)
        else:
            sync_directory(path)
            path.chmod(0o555)
    sync_directory(folder)
    folder.chmod(0o555)


def remove_tree(folder: Path) -> None:
    """Remove a tree that may be read-only."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)
