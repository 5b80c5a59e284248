"""Reading many files at once, each in a process that may die without harm.

Belongs here: worker processes and their bounds. A parser that crashes, hangs or runs out of memory costs the one file
that made it do so: the others of its batch are read again, each in a process of its own. Does not belong here: reading.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pipelines.readers import read_file
from pipelines.readers.model import FileReading, Limits, Problem

Item = tuple[str, Path, str]
"""(key, archived file, name)"""
_CRASHED: Final = (
    "读取程序在这个文件上崩溃、超时或内存不足；文件可能损坏，或很远的地方也有单元格，请重新导出为 .xlsx 后重报"
)
_LIBRARIES: Final = ("python-calamine", "defusedxml", "pandas", "pandera", "pyarrow")
_SCHEMAS: Final = Path(__file__).parents[2] / "schemas"


def read_many(
    items: Iterable[Item], limits: Limits, workers: int | None = None, assumed_year: int | None = None
) -> Iterator[tuple[str, FileReading]]:
    """(key, reading) of every item, each exactly once, in the order given. ``assumed_year``: see ``read_file``."""
    wanted = list(items)
    if not wanted:
        return
    with _pool(min(workers or os.cpu_count() or 1, len(wanted)), limits) as pool:
        futures = [_submit(pool, path, name, limits, assumed_year) for _, path, name in wanted]
        readings = [None if future is None or future.exception() else future.result() for future in futures]
    # a process that dies takes its pool with it: whoever was not answered is read again, one by one
    alone = _read_alone(
        ((path, name) for (_, path, name), reading in zip(wanted, readings, strict=True) if reading is None),
        limits,
        assumed_year,
    )
    for (key, _, _), reading in zip(wanted, readings, strict=True):
        yield key, next(alone) if reading is None else reading


def _submit(
    pool: ProcessPoolExecutor, path: Path, name: str, limits: Limits, assumed_year: int | None
) -> Future[FileReading] | None:
    """None where the pool has died already: an early file may kill it while later ones are still handed over."""
    try:
        return pool.submit(_read_one, path, name, limits, assumed_year)
    except BrokenProcessPool:
        return None


def _read_alone(items: Iterable[tuple[Path, str]], limits: Limits, assumed_year: int | None) -> Iterator[FileReading]:
    """One at a time, in one process that is replaced when it dies: whoever killed it is known."""
    pool = _pool(1, limits)
    try:
        for path, name in items:
            future = pool.submit(_read_one, path, name, limits, assumed_year)
            if error := future.exception():
                pool.shutdown()
                pool = _pool(1, limits)
                problem = Problem("V01", f"{_CRASHED}（{type(error).__name__}）")
                yield FileReading(problems=(problem,), is_final=False)
            else:
                yield future.result()
    finally:
        pool.shutdown()


def _pool(workers: int, limits: Limits) -> ProcessPoolExecutor:
    # not fork: the parent has threads (the scheduler's) whose locks a forked child would inherit
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_bound_memory, initargs=(limits,))


def _bound_memory(limits: Limits) -> None:
    _bound(resource.RLIMIT_AS, limits.max_memory_bytes)
    _bound(resource.RLIMIT_CORE, 0)


def _read_one(path: Path, name: str, limits: Limits, assumed_year: int | None) -> FileReading:
    """In the worker: the kernel ends a process that has used its seconds for this file, working or waiting."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + limits.max_cpu_seconds)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.max_seconds)
    try:
        return read_file(path.read_bytes(), name, limits, assumed_year)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bound(kind: int, wanted: int) -> None:
    """Set the soft limit; a hard limit that the whole job has been given stays, and wins."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def reader_version() -> str:
    """SHA-256 over everything that decides what is read from given bytes: readers, contract, forms, their libraries."""
    digest = hashlib.sha256()
    for package in _LIBRARIES:
        digest.update(f"{package}=={version(package)}\0".encode())
    here = Path(__file__).parent
    schemas = [_SCHEMAS / name for name in ("form.py", "cells.py", "narrative.py")]
    sources = [*here.glob("*.py"), here.parent / "parse_cache.py", *schemas]
    tables = (_SCHEMAS / name for name in ("narrative_codes.csv", "prose_phrases.csv"))
    data = [*(_SCHEMAS / "forms").glob("*.yaml"), *tables]
    for path in sorted([*sources, *data]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


READER_VERSION: Final = reader_version()
