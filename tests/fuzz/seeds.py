"""Valid files of every kind, small, from which broken ones are made.

Belongs here: where the seeds come from. Does not belong here: breaking them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.roundtrip import office
from tests.roundtrip.rounds import CHROMIUM_PDF, CONVERTED, PLAIN, files_of, make_round, name_of

_ROUNDS: Final = (
    ("fj_annex_2017", "", ["notes_in_brackets", "number_over_tags"], 1),
    ("gb_2021", "", ["unrelated_tables", "prose_around", "hidden_old_row"], 1),
)
_SAMPLES: Final = Path(__file__).parents[2] / "samples" / "inbox"
_OF_SAMPLES: Final = 6
SLOW: Final = frozenset({"doc"})
"""kinds for which each reading starts another program: they get few of the files"""


class Seed(NamedTuple):
    kind: str
    name: str
    data: bytes


def seeds(*, with_office: bool = True) -> list[Seed]:
    """Both rounds in every kind, then some of the samples; without LibreOffice's and Chromium's where they are absent.

    ``with_office`` False leaves these out: making them takes half a minute.
    """
    return [*_made(with_office=with_office), *_samples()]


def _made(*, with_office: bool) -> Iterator[Seed]:
    rounds = [make_round(*words) for words in _ROUNDS]
    kinds = [*PLAIN]
    if with_office and office.SOFFICE:
        kinds += CONVERTED
    if with_office and office.CHROMIUM:
        kinds.append(CHROMIUM_PDF)
    yield from (Seed(kind, name_of(r, kind), data) for r, kind, data in files_of(rounds, kinds))


def _samples() -> Iterator[Seed]:
    paths = sorted(_SAMPLES.glob("*/*"), key=lambda path: (path.stat().st_size, str(path)))
    step = max(len(paths) // _OF_SAMPLES, 1)
    yield from (Seed(f"sample {path.suffix[1:]}", path.name, path.read_bytes()) for path in paths[::step])
