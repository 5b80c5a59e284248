"""Many broken files, read in processes that may die, and what became of them.

Belongs here: which file the number n is, having it read, the tally. Does not belong here: ways of breaking
(``mutations``), the command (``__main__``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from pipelines.bounded import run_bounded
from pipelines.readers import read_file
from pipelines.readers.model import Limits
from tests.fuzz.mutations import broken
from tests.fuzz.seeds import SLOW, Seed

_FIRST_BATCH: Final = 40
_BATCH_SECONDS: Final = 30.0
_LARGEST_BATCH: Final = 2000
_SLOW_SHARE: Final = 0.01
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Broken(NamedTuple):
    """File ``number`` of a campaign: which seed it was, what broke it."""

    number: int
    seed: Seed
    ways: tuple[str, ...]
    data: bytes

    @property
    def said(self) -> str:
        return f"#{self.number} {self.seed.kind} {'+'.join(self.ways)} ({len(self.data)} bytes)"


class Answer(NamedTuple):
    """What reading gave: the rule of a refusal, or how many submissions; seconds and the process' peak in MiB."""

    said: str
    seconds: float
    peak_mib: float


@dataclass
class Campaign:
    """A tally. ``died``: processes that a file ended (answered all the same); ``raised``: faults of our own."""

    answers: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, Counter[str]] = field(default_factory=dict)
    died: list[tuple[Broken, str]] = field(default_factory=list)
    raised: list[tuple[Broken, str]] = field(default_factory=list)
    longest: tuple[float, str] = (0.0, "")
    largest: tuple[float, str] = (0.0, "")
    files: int = 0

    def add(self, file: Broken, result: Answer | Exception) -> None:
        self.files += 1
        if isinstance(result, Answer):
            said = result.said
            self.longest = max(self.longest, (result.seconds, file.said))
            self.largest = max(self.largest, (result.peak_mib, file.said))
        elif isinstance(result, BrokenProcessPool | MemoryError):
            said = type(result).__name__
            self.died.append((file, said))
        else:
            said = "raised"
            self.raised.append((file, repr(result)))
        self.answers[said] += 1
        self.by_kind.setdefault(file.seed.kind, Counter())[said] += 1


def file_of(seeds: Sequence[Seed], campaign: int, number: int) -> Broken:
    """File ``number`` of the campaign with this number: always the same for the same seeds."""
    rng = Random(f"{campaign}/{number}")
    fast = [index for index, seed in enumerate(seeds) if seed.kind not in SLOW]
    slow = [index for index, seed in enumerate(seeds) if seed.kind in SLOW]
    index = rng.choice(slow if slow and rng.random() < _SLOW_SHARE else fast)
    data, ways = broken({place: seed.data for place, seed in enumerate(seeds)}, index, rng)
    return Broken(number, seeds[index], tuple(ways), data)


def read_measured(data: bytes, name: str, limits: Limits) -> Answer:
    """In the worker: the answer to a file, and what it cost."""
    _forget_peak()
    started = time.monotonic()
    reading = read_file(data, name, limits)
    seconds = time.monotonic() - started
    if not reading.submissions and not reading.problems:
        raise AssertionError("neither a submission nor a reason")
    rules = sorted({problem.rule_id for problem in reading.problems})
    said = "read" if reading.submissions else "+".join(rules)
    return Answer(said, seconds, _peak_mib())


def _forget_peak() -> None:
    """The kernel's high-water mark of this process begins anew; where it does not allow that, it is the largest yet."""
    try:
        _CLEAR.write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mib() -> float:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def run(
    seeds: Sequence[Seed],
    campaign: int,
    seconds: float,
    *,
    workers: int = 2,
    limits: Limits | None = None,
    tell: Callable[[Campaign], None] = lambda _: None,
) -> Campaign:
    """Files until the time is over, each answered; the last batch is finished."""
    tally, bounds = Campaign(), limits or Limits()
    started, size = time.monotonic(), _FIRST_BATCH
    while (elapsed := time.monotonic() - started) < seconds:
        if tally.files:
            rate = tally.files / elapsed
            size = max(10, min(_LARGEST_BATCH, int(rate * min(_BATCH_SECONDS, seconds - elapsed))))
        files = [file_of(seeds, campaign, number) for number in range(tally.files, tally.files + size)]
        calls = ((file.data, file.seed.name, bounds) for file in files)
        for file, result in zip(files, run_bounded(read_measured, calls, bounds, workers), strict=True):
            tally.add(file, result)
        tell(tally)
    return tally
