"""A function over many inputs from outside, each in a process that may die without harm.

Belongs here: worker processes and their bounds in memory, processor time and wall time. A call that crashes, hangs or
runs out of memory costs only itself: the others of its batch are made again, one by one. Does not belong here: what is
done to the inputs (``pipelines.readers``, ``pipelines.answers``).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import util
from typing import Any, Final, TypeVar

from pipelines.readers.model import Limits

R = TypeVar("R")
_LONGEST_FOLDER: Final = 60
"""bytes of the folder for temporary files: with /pymp-xxxxxxxx/listener-xxxxxxxx a socket may have 107"""
_SHORT_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - the folder made in it is private (0700)


def run_bounded(
    work: Callable[..., R], calls: Iterable[tuple[Any, ...]], limits: Limits, workers: int | None = None
) -> Iterator[R | Exception]:
    """What ``work(*call)`` gives for each of ``calls``, in their order, or the exception that it ended with.

    ``work`` is a function of a module: it runs in other processes. A process that died is a BrokenProcessPool.
    """
    wanted = list(calls)
    if not wanted:
        return
    with _pool(min(workers or os.cpu_count() or 1, len(wanted)), limits) as pool:
        # a process that dies takes its pool with it: whoever was not answered is asked again, alone
        futures = deque((call, _submit(pool, work, call, limits)) for call in wanted)
        with _Alone(work, limits) as alone:
            while futures:
                call, future = futures.popleft()
                yield alone.ask(call) if future is None or future.exception() else future.result()


class _Alone:
    """One call at a time, in one process that is replaced when it dies: whoever killed it is known."""

    def __init__(self, work: Callable[..., Any], limits: Limits) -> None:
        self._work, self._limits = work, limits
        self._pool: ProcessPoolExecutor | None = None

    def ask(self, call: tuple[Any, ...]) -> Any:
        if self._pool is None:
            self._pool = _pool(1, self._limits)
        future = self._pool.submit(_bounded_call, self._work, call, self._limits)
        error = future.exception()
        if error is None:
            return future.result()
        self._close()
        return error

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = None

    def __enter__(self) -> _Alone:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


def _submit(
    pool: ProcessPoolExecutor, work: Callable[..., R], call: tuple[Any, ...], limits: Limits
) -> Future[R] | None:
    """None where the pool has died already: an early input may kill it while later ones are still handed over."""
    try:
        return pool.submit(_bounded_call, work, call, limits)
    except BrokenProcessPool:
        return None


def _pool(workers: int, limits: Limits) -> ProcessPoolExecutor:
    _use_short_folder()
    # not fork: the parent has threads (the scheduler's) whose locks a forked child would inherit
    context = multiprocessing.get_context("forkserver")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_bound_memory, initargs=(limits,))


def _use_short_folder() -> None:
    """Where TMPDIR is too long for the path of a socket, let multiprocessing have its folder elsewhere, once for all.

    Python 3.14 does so itself. Raises OSError where there is no such folder.
    """
    configured = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_FOLDER:
        return
    short = next((folder for folder in _SHORT_FOLDERS if os.access(folder, os.W_OK | os.X_OK)), None)
    if short is None:
        raise OSError(f"TMPDIR={tempfile.gettempdir()} is too long for a socket and {_SHORT_FOLDERS} cannot be written")
    try:
        tempfile.tempdir = short
        util.get_temp_dir()  # made at the first call, and kept by the process
    finally:
        tempfile.tempdir = configured


def _bound_memory(limits: Limits) -> None:
    _bound(resource.RLIMIT_AS, limits.max_memory_bytes)
    _bound(resource.RLIMIT_CORE, 0)


def _bounded_call(work: Callable[..., R], call: tuple[Any, ...], limits: Limits) -> R:
    """In the worker: the kernel ends a process that has used its seconds for this call, working or waiting."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + limits.max_cpu_seconds)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.max_seconds)
    try:
        return work(*call)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bound(kind: int, wanted: int) -> None:
    """Set the soft limit; a hard limit that the whole job has been given stays, and wins."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
