"""``python -m tests.fuzz``: broken files of every kind for FUZZ_SECONDS, and what became of them.

Belongs here: the command and its report. Does not belong here: the campaign itself.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.readers.model import Limits
from tests.fuzz.campaign import Campaign, file_of, read_measured, run
from tests.fuzz.seeds import Seed, seeds


def main() -> int:
    """Exit 1 where the readers raised what is no answer."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", "600")))
    parser.add_argument("--seed", type=int, default=1, help="the campaign's number")
    parser.add_argument("--only", type=int, help="one file of the campaign by its number, read in this process")
    parser.add_argument("--save", type=Path, help="a folder for the files that ended a process or raised")
    options = parser.parse_args()
    files = seeds()
    if options.only is not None:
        return _one(files, options.seed, options.only, options.save)
    started = time.monotonic()
    tally = run(files, options.seed, options.seconds, tell=lambda so_far: _progress(so_far, started))
    _report(tally, len(files), time.monotonic() - started)
    for file, _ in (*tally.died, *tally.raised):
        _save(options.save, file.number, file.seed.name, file.data)
    return 1 if tally.raised else 0


def _one(files: list[Seed], campaign: int, number: int, folder: Path | None) -> int:
    file = file_of(files, campaign, number)
    _save(folder, number, file.seed.name, file.data)
    print(file.said, flush=True)
    print(read_measured(file.data, file.seed.name, Limits()))
    return 0


def _save(folder: Path | None, number: int, name: str, data: bytes) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}_{name}").write_bytes(data)


def _progress(tally: Campaign, started: float) -> None:
    died, raised = len(tally.died), len(tally.raised)
    seconds = time.monotonic() - started
    print(
        f"{seconds:5.0f} s: {tally.files} files, {died} processes ended, {raised} raised", file=sys.stderr, flush=True
    )


def _report(tally: Campaign, count: int, seconds: float) -> None:
    table = Table(title="answers")
    answers = [name for name, _ in tally.answers.most_common()]
    for head in ("seed", *answers):
        table.add_column(head, justify="left" if head == "seed" else "right")
    for kind, counts in sorted(tally.by_kind.items()):
        table.add_row(kind, *(str(counts[name]) for name in answers))
    table.add_row("all", *(str(tally.answers[name]) for name in answers))
    Console(width=140, no_color=not sys.stdout.isatty()).print(table)
    print(f"{tally.files} files from {count} seeds in {seconds:.0f} s, each answered")
    print(f"longest: {tally.longest[0]:.1f} s, {tally.longest[1]}")
    print(f"peak memory of a process: {tally.largest[0]:.0f} MiB, {tally.largest[1]}")
    for word, said in (("ended a process (answered)", tally.died), ("RAISED", tally.raised)):
        for file, what in said:
            print(f"{word}: {file.said}: {what}")


if __name__ == "__main__":
    sys.exit(main())
