"""Reading many files at once, each in a process that may die without harm, and what decides how they are read.

Belongs here: the readings of many files, the one that killed its process among them, and the readers' version. Does not
belong here: reading one file, the processes and their bounds (``pipelines.bounded``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pipelines.bounded import run_bounded
from pipelines.readers import read_file
from pipelines.readers.model import FileReading, Limits, Problem
from pipelines.readers.word.legacy import converter_identity

Item = tuple[str, Path, str]
"""(key, archived file, name)"""
_CRASHED: Final = (
    "读取程序在这个文件上崩溃、超时或内存不足；文件可能损坏，或很远的地方也有单元格，请重新导出为 .xlsx 后重报"
)
_LIBRARIES: Final = (
    *("python-calamine", "defusedxml", "olefile", "msoffcrypto-tool", "lxml"),
    *("pdfplumber", "pdfminer.six", "rapidfuzz", "pandas", "pandera", "pyarrow"),
)
_SCHEMAS: Final = Path(__file__).parents[2] / "schemas"


def read_many(
    items: Iterable[Item], limits: Limits, workers: int | None = None, assumed_year: int | None = None
) -> Iterator[tuple[str, FileReading]]:
    """(key, reading) of every item, each exactly once, in the order given. ``assumed_year``: see ``read_file``."""
    wanted = list(items)
    calls = ((path, name, limits, assumed_year) for _, path, name in wanted)
    readings = run_bounded(_read_one, calls, limits, workers)
    for (key, _, _), reading in zip(wanted, readings, strict=True):
        yield key, _crashed(reading) if isinstance(reading, Exception) else reading


def _read_one(path: Path, name: str, limits: Limits, assumed_year: int | None) -> FileReading:
    return read_file(path.read_bytes(), name, limits, assumed_year)


def _crashed(error: Exception) -> FileReading:
    problem = Problem("V01", f"{_CRASHED}（{type(error).__name__}）")
    return FileReading(problems=(problem,), is_final=False)


def reader_version() -> str:
    """SHA-256 over everything that decides what is read from given bytes: readers, contract, forms, their libraries.

    Which LibreOffice is installed, if any, counts too: it decides whether and how a .doc is read.
    """
    digest = hashlib.sha256()
    for package in _LIBRARIES:
        digest.update(f"{package}=={version(package)}\0".encode())
    digest.update(f"converter=={converter_identity()}\0".encode())
    here = Path(__file__).parent
    schemas = [_SCHEMAS / name for name in ("form.py", "cells.py", "narrative.py")]
    sources = [*here.rglob("*.py"), *(here.parent / name for name in ("bounded.py", "parse_cache.py")), *schemas]
    tables = (_SCHEMAS / name for name in ("narrative_codes.csv", "prose_phrases.csv"))
    data = [*(_SCHEMAS / "forms").glob("*.yaml"), *tables]
    for path in sorted([*sources, *data]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


READER_VERSION: Final = reader_version()
