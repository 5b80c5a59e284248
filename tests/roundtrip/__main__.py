"""``python -m tests.roundtrip``: kind x edition and dirt -> cells right, flagged, needless, wrong.

Belongs here: the command and its tables. Does not belong here: rounds and judgement.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from tests.roundtrip.figures import published_tables
from tests.roundtrip.oracle import OUTCOMES
from tests.roundtrip.rounds import (
    KINDS,
    PLAIN,
    Tally,
    every_dirt,
    files_of,
    make_round,
    mixed,
    name_of,
    published_round,
    round_of,
    run,
    verdicts,
)


def main() -> int:
    """Exit 1 where a cell was wrong."""
    options = _options()
    if options.repeat:
        return _repeat(options.repeat, options.kinds, options.save)
    rng, tally, started = Random(options.seed), Tally(), time.monotonic()
    alone = [(*words, options.seed + n) for n in range(options.alone) for words in every_dirt()]
    together = [(*words, rng.randrange(10**9)) for words in islice(mixed(rng), options.rounds)]
    rounds = [make_round(form, variant, dirt, seed) for form, variant, dirt, seed in [*alone, *together]]
    published = [published_round(table) for table in published_tables()] if options.published else []
    plain = [kind for kind in options.kinds if kind in PLAIN]
    run([*published, *rounds], plain, tally)
    printed = rng.sample(rounds, min(len(rounds), options.printed))
    run([*published, *printed], [kind for kind in options.kinds if kind not in PLAIN], tally)
    _print(tally)
    seconds = time.monotonic() - started
    totals = "，".join(f"{outcome} {tally.count(outcome)}" for outcome in OUTCOMES)
    print(f"{len(rounds) + len(published)} rounds, {tally.files} files, {seconds:.0f} s: {totals}")
    return 1 if tally.failures else 0


def _repeat(name: str, kinds: list[str], folder: Path | None) -> int:
    """One round by its name, every cell that is not right, and its files kept where asked."""
    failed = False
    r = round_of(name)
    for _, kind, data in files_of([r], kinds):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{kind}_{name_of(r, kind)}").write_bytes(data)
        said = [verdict for verdict in verdicts(r, kind, data) if verdict.outcome != "right"]
        print(f"{kind}: {len(said)} cells not right")
        for verdict in said:
            print(f"  {verdict.outcome}: {verdict.key.scope}: {verdict.said}")
        failed = failed or any(verdict.outcome == "wrong" for verdict in said)
    return failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.roundtrip")
    parser.add_argument("--alone", type=int, default=1, help="rounds of each dirt alone on each edition")
    parser.add_argument("--rounds", type=int, default=100, help="rounds with several kinds of dirt")
    parser.add_argument("--printed", type=int, default=40, help="of these, rounds through LibreOffice and Chromium")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS), help=", ".join(KINDS))
    parser.add_argument("--repeat", help="only the round of this name, as a failure printed it")
    parser.add_argument("--save", type=Path, help="with --repeat: the folder in which its files are kept")
    parser.add_argument("--no-published", dest="published", action="store_false", help="without the published tables")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    return options


def _print(tally: Tally) -> None:
    console = Console(width=140, no_color=not sys.stdout.isatty())
    for title, counts in (
        ("kind x edition", {" x ".join(key): value for key, value in tally.by_kind.items()}),
        ("kind", _summed(tally.by_kind)),
        ("dirt", tally.by_dirt),
    ):
        console.print(_table(title, counts))
    for word, said in (("wrong", tally.failures), ("needless", tally.needless)):
        seen = Counter[tuple[str, str]]()
        for name, kind, verdict in said:
            place = name.rsplit("#", 1)[0].partition(" ")[2], kind
            seen[place] += 1
            if seen[place] == 1:
                key = verdict.key.scope
                console.print(f"{word}: {name} as {kind}: {key}: {verdict.said[:300]}", markup=False, highlight=False)


def _summed(by_kind: Mapping[tuple[str, str], Counter[str]]) -> dict[str, Counter[str]]:
    summed: dict[str, Counter[str]] = {}
    for (kind, _), counts in by_kind.items():
        summed.setdefault(kind, Counter()).update(counts)
    return summed


def _table(title: str, rows: Mapping[str, Counter[str]]) -> Table:
    table = Table(title=title)
    table.add_column(title)
    for outcome in OUTCOMES:
        table.add_column(outcome, justify="right")
    for name, counts in rows.items():
        table.add_row(name, *(str(counts[outcome]) for outcome in OUTCOMES))
    return table


if __name__ == "__main__":
    sys.exit(main())
