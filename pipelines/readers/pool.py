"""Reading many files at once, each in a process that may die without harm.

Belongs here: worker processes and their bounds. A parser that crashes, hangs or runs out of memory costs the one file
that made it do so: the others of its batch are read again, each in a process of its own. Does not belong here: reading.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

from pipelines.readers import read_file
from pipelines.readers.model import FileReading, Limits, Problem

Item = tuple[str, Path, str]
"""(key, archived file, name)"""
_CRASHED: Final = (
    "读取程序在这个文件上崩溃、超时或内存不足；文件可能损坏，或很远的地方也有单元格，请重新导出为 .xlsx 后重报"
)
_SCHEMAS: Final = Path(__file__).parents[2] / "schemas"


def read_many(items: Iterable[Item], limits: Limits, workers: int | None = None) -> Iterator[tuple[str, FileReading]]:
    """(key, reading) of every item, each exactly once, in the order given."""
    wanted = list(items)
    if not wanted:
        return
    with _pool(min(workers or os.cpu_count() or 1, len(wanted)), limits) as pool:
        futures = [pool.submit(_read_one, path, name, limits) for _, path, name in wanted]
        readings = [None if future.exception() else future.result() for future in futures]
    # a process that dies takes its pool with it: whoever was not answered is read again, alone
    for (key, path, name), reading in zip(wanted, readings, strict=True):
        yield key, reading or _read_alone(path, name, limits)


def _read_alone(path: Path, name: str, limits: Limits) -> FileReading:
    with _pool(1, limits) as pool:
        future = pool.submit(_read_one, path, name, limits)
        if error := future.exception():
            return FileReading(problems=(Problem("V01", f"{_CRASHED}（{type(error).__name__}）"),))
        return future.result()


def _pool(workers: int, limits: Limits) -> ProcessPoolExecutor:
    # not fork: the parent has threads (the scheduler's) whose locks a forked child would inherit
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_bound_memory, initargs=(limits,))


def _bound_memory(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits.max_memory_bytes, limits.max_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read_one(path: Path, name: str, limits: Limits) -> FileReading:
    """In the worker: the kernel ends a process that has used its seconds for this file."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    deadline = int(used.ru_utime + used.ru_stime) + limits.max_cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (deadline, resource.RLIM_INFINITY))
    return read_file(path.read_bytes(), name, limits)


def reader_version() -> str:
    """SHA-256 over everything that decides what is read from given bytes: the readers, the contract, the forms."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    sources = [*here.glob("*.py"), *(_SCHEMAS / name for name in ("form.py", "cells.py", "narrative.py"))]
    data = [*(_SCHEMAS / "forms").glob("*.yaml"), _SCHEMAS / "narrative_codes.csv"]
    for path in sorted([*sources, *data]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


READER_VERSION: Final = reader_version()
