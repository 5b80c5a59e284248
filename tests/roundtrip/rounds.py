"""Rounds: a report, some dirt on it, every kind of file, what came back.

Belongs here: which kinds there are and how a page becomes each, a round from its seed alone, and the tally. Does not
belong here: the dirt, the writers and the judgement themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from pipelines.readers import read_file
from schemas.form import load_forms
from tests.roundtrip import office, writers
from tests.roundtrip.dirt import DIRT, apply
from tests.roundtrip.figures import EDITIONS, PublishedTable, edition_name, made_up, published_tables, year_for
from tests.roundtrip.model import Page, expected, print_report, put_text
from tests.roundtrip.oracle import Outcome, Verdict, judge

Writer = Callable[[Page], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a page becomes a file. ``is_laid_out``: what dirt did to the tables is in it."""

    ending: str
    write: Writer
    is_laid_out: bool = True


PLAIN: Final[Mapping[str, Kind]] = {
    "xlsx": Kind("xlsx", writers.write_xlsx),
    "xlsx template": Kind("xlsx", writers.write_template_book, is_laid_out=False),
    "xlsx statutory": Kind("xlsx", writers.write_statutory_book, is_laid_out=False),
    "csv long": Kind("csv", writers.write_long_csv, is_laid_out=False),
    "csv utf-8": Kind("csv", lambda page: writers.sheet_as_text(page, "utf-8")),
    "csv utf-16": Kind("csv", lambda page: writers.sheet_as_text(page, "utf-16")),
    "csv gb18030": Kind("csv", lambda page: writers.sheet_as_text(page, "gb18030")),
    "tsv": Kind("tsv", lambda page: writers.sheet_as_text(page, "utf-8-sig", "\t")),
    "html": Kind("html", writers.write_html),
    "mht": Kind("mht", writers.write_mht),
    "docx": Kind("docx", writers.write_docx),
    "zip of xlsx": Kind("zip", lambda page: writers.zipped(f"{page.year}.xlsx", writers.write_xlsx(page))),
    "zip of docx": Kind("zip", lambda page: writers.zipped(f"{page.year}.docx", writers.write_docx(page))),
}
"""what Python writes"""
CONVERTED: Final = {
    "xls": ("xlsx", "xls", writers.write_xlsx),
    "xlsm": ("xlsx", "xlsm:Calc MS Excel 2007 VBA XML", writers.write_xlsx),
    "ods": ("xlsx", "ods", writers.write_xlsx),
    "docx LibreOffice": ("docx", "docx", writers.write_docx),
    "doc": ("docx", "doc", writers.write_docx),
    "pdf Writer": ("docx", "pdf", writers.write_docx),
    "pdf Calc": ("xlsx", "pdf", writers.write_xlsx),
}
"""what LibreOffice writes: from which file, its target, who writes that"""
CHROMIUM_PDF: Final = "pdf Chromium"
KINDS: Final = (*PLAIN, *CONVERTED, CHROMIUM_PDF)


@dataclass(frozen=True, slots=True)
class Round:
    """One report and what was done to it."""

    name: str
    edition: str
    page: Page
    done: tuple[str, ...]
    """the dirt that found something to act on"""

    @property
    def figures_only(self) -> bool:
        """Whether nothing was done to the tables, so that it shows in kinds with a layout of their own."""
        return not any(DIRT[name].is_of_tables for name in self.done)


def make_round(form_code: str, variant: str, dirt: Sequence[str], seed: int) -> Round:
    """The round that these words and this number name: always the same."""
    rng = Random(f"{form_code}/{variant}/{'+'.join(dirt)}/{seed}")
    form = load_forms()[form_code]
    year = year_for(form, rng)
    page = print_report(form, variant, year, made_up(form, variant, rng))
    page.nested = rng.random() < 0.3
    done = tuple(name for name in _in_order(dirt) if apply(DIRT[name], page, rng))
    name = edition_name(form_code, variant)
    said = "+".join(dirt) or "clean"
    return Round(f"{name} {said} #{seed}", name, page, done)


def round_of(name: str) -> Round:
    """The round that printed itself under this name: "gb_2021/one_row_other blank+unmerged #7"."""
    for table in published_tables():
        if name == f"published {table.name}":
            return published_round(table)
    edition, dirt, seed = name.rsplit(" ", 2)
    form_code, _, variant = edition.partition("/")
    return make_round(form_code, variant, [] if dirt == "clean" else dirt.split("+"), int(seed.removeprefix("#")))


def _in_order(dirt: Iterable[str]) -> list[str]:
    """Whatever looks for an undisturbed table comes first."""
    wanted = set(dirt)
    return [name for name in DIRT if name in wanted]


def published_round(table: PublishedTable) -> Round:
    """A published table in the layout of its edition, as printed."""
    page = print_report(table.form, table.variant, table.year, table.values, organ=table.organ)
    for box in page.figures:
        value = table.values[box.key] if box.key else None
        text = table.printed[box.key] if box.key else ""
        if value is not None and text.startswith(box.text) and text != box.text and len(text) < len(box.text) + 3:
            put_text(box, text)
            page.expected[box.key] = expected(value)
    return Round(f"published {table.name}", edition_name(table.form.form_code, table.variant), page, ())


def mixed(rng: Random, most: int = 4) -> Iterator[tuple[str, str, list[str]]]:
    """Without end: an edition and some dirt on it."""
    while True:
        form_code, variant = rng.choice(EDITIONS)
        yield form_code, variant, rng.sample(sorted(DIRT), rng.randint(1, most))


def files_of(rounds: Sequence[Round], kinds: Iterable[str]) -> Iterator[tuple[Round, str, bytes]]:
    """Every round in every kind that shows what was done to it; conversions many at a time."""
    for kind in kinds:
        if kind in PLAIN:
            chosen = [r for r in rounds if PLAIN[kind].is_laid_out or r.figures_only]
            yield from ((r, kind, PLAIN[kind].write(r.page)) for r in chosen)
        elif kind in CONVERTED:
            source, target, write = CONVERTED[kind]
            files = office.convert([write(r.page) for r in rounds], source, target)
            yield from ((r, kind, data) for r, data in zip(rounds, files, strict=True))
        else:
            files = office.print_pdf([writers.html_text(r.page) for r in rounds])
            yield from ((r, kind, data) for r, data in zip(rounds, files, strict=True))


def name_of(r: Round, kind: str) -> str:
    """The name under which a department files it."""
    ending = PLAIN[kind].ending if kind in PLAIN else kind.split(maxsplit=1)[0]
    return f"{r.page.year}年政府信息公开统计表.{ending}"


class Tally:
    """Cells by kind and edition and by dirt, and what went wrong."""

    def __init__(self) -> None:
        self.by_kind: dict[tuple[str, str], Counter[str]] = {}
        self.by_dirt: dict[str, Counter[str]] = {}
        self.failures: list[tuple[str, str, Verdict]] = []
        self.needless: list[tuple[str, str, Verdict]] = []
        self.files = 0

    def add(self, r: Round, kind: str, verdicts: Iterable[Verdict]) -> None:
        self.files += 1
        counts = Counter[Outcome](verdict.outcome for verdict in verdicts if self._keep(r, kind, verdict))
        self.by_kind.setdefault((kind, r.edition), Counter()).update(counts)
        for name in r.done or ("clean",):
            self.by_dirt.setdefault(name, Counter()).update(counts)

    def _keep(self, r: Round, kind: str, verdict: Verdict) -> bool:
        if verdict.outcome in ("wrong", "needless"):
            (self.failures if verdict.outcome == "wrong" else self.needless).append((r.name, kind, verdict))
        return True

    def count(self, outcome: Outcome) -> int:
        return sum(counts[outcome] for counts in self.by_kind.values())


def run(rounds: Sequence[Round], kinds: Iterable[str], tally: Tally) -> None:
    """Write, read, judge."""
    for r, kind, data in files_of(rounds, kinds):
        tally.add(r, kind, verdicts(r, kind, data))


def verdicts(r: Round, kind: str, data: bytes) -> list[Verdict]:
    """The judgement of what is read from a file; whatever but an answer comes out of the reader is wrong."""
    try:
        return judge(r.page, read_file(data, name_of(r, kind)))
    except Exception as error:  # noqa: BLE001 - the reader may raise nothing: whatever it raises is to be told with its round
        return [Verdict(key, "wrong", f"raised {error!r}") for key in r.page.expected]


def every_dirt() -> Iterator[tuple[str, str, list[str]]]:
    """Each edition clean, and with each dirt alone."""
    for form_code, variant in EDITIONS:
        yield form_code, variant, []
        for name in DIRT:
            yield form_code, variant, [name]
