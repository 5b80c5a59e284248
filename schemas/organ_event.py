"""What happened to organs: founded, abolished, merged, split, renamed, a function moved, put under another organ.

Belongs here: the rows of ``register/events.csv``, who carries on whose figures, and that each row agrees with the
organs' years, names and parents. Does not belong here: those tables themselves (``schemas.register``), and carrying
any figure.

An event takes effect from a report year on (``effective_year``), which is not always the year of its date: an organ
that closes in autumn may still report for that year, or its successor may report for all of it. ``happened_on`` is as
exact as the source: ``2019``, ``2019-03`` or ``2019-03-29``. A split or a moved function has one row for each
successor. ``source`` is that of the weakest word in the row.

A share is what of the predecessor's figures may be carried over to that successor: 1 for a merger, for the other events
what a document states, and where none does it is empty - no figure is ever divided by guess. An organ that is abolished
leaves its last cumulative figures, and only these, to the successor named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from schemas.form import MEASURES
from schemas.register_table import SOURCES, Row, read_table

if TYPE_CHECKING:
    from schemas.register import Register

EVENTS: Final = ("created", "abolished", "merged", "split", "renamed", "function_moved", "moved_under")
CARRIES: Final = ("all", "cumulative", "none")
_ENDING: Final = ("abolished", "merged")
_NEEDS_SUCCESSOR: Final = ("merged", "split", "function_moved")
_MAY_HAVE_SUCCESSOR: Final = (*_NEEDS_SUCCESSOR, "abolished")
_WHOLE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class OrganEvent:
    """Something that happened to ``organ_code``; ``successor_code`` is '' where nobody takes over anything."""

    organ_code: str
    event: str
    happened_on: str
    """as exact as it is known: a year, a month or a day, ISO"""
    effective_year: int
    """first report year in which it holds"""
    successor_code: str
    share: Decimal | None
    """0 < share <= 1; None = not stated"""
    source: str
    note: str

    @property
    def carries(self) -> str:
        """What the successor may take over by ``share``: ``all`` figures, ``cumulative`` ones only, or ``none``."""
        if not self.successor_code or self.share is None:
            return "none"
        return "cumulative" if self.event == "abolished" else "all"


class Succession(NamedTuple):
    """The part of ``organ_code``'s figures of the year before that is its successor's in ``report_year``.

    ``share`` is None where something was taken over and no part is stated: then neither organ can be compared.
    """

    report_year: int
    measure: str
    organ_code: str
    successor_code: str
    share: Decimal | None


def successions(events: Iterable[OrganEvent]) -> tuple[Succession, ...]:
    """Who carries on whose figures from one year to the next; events of one year in a chain are followed to its end.

    A merger hands on everything, a split or a moved function the share that is stated, an abolished organ its
    cumulative figures only.
    """
    found: list[Succession] = []
    taken_over = [event for event in events if event.successor_code]
    for year in sorted({event.effective_year for event in taken_over}):
        for measure in MEASURES:
            given = _given([event for event in taken_over if event.effective_year == year], measure)
            for organ in sorted(given):
                parts = _handed_on(organ, _WHOLE, given)
                found += (Succession(year, measure, organ, *part) for part in sorted(parts.items()) if part[1] != 0)
    return tuple(found)


_Given = dict[str, dict[str, Decimal | None]]
"""organ -> successor -> share"""


def _given(events: Iterable[OrganEvent], measure: str) -> _Given:
    given: _Given = {}
    for event in events:
        if event.carries == "cumulative" and measure != "cumulative":
            continue
        shares = given.setdefault(event.organ_code, {})
        before, more = shares.get(event.successor_code, Decimal(0)), event.share
        if before is not None and more is not None:
            shares[event.successor_code] = before + more
        else:
            # whoever has the whole has the part that is not stated as well
            shares[event.successor_code] = _WHOLE if _WHOLE in (before, more) else None
    return given


def _handed_on(organ: str, received: Decimal | None, given: _Given) -> dict[str, Decimal | None]:
    """What reaches each organ behind ``organ``, out of ``received``, and stays there."""
    stays: dict[str, Decimal | None] = {}
    for successor, share in given[organ].items():
        part = None if received is None or share is None else received * share
        reached = {successor: part}
        if successor in given:
            reached = _handed_on(successor, part, given)
            onward = reached.values()
            rest = None if part is None else part - sum((p for p in onward if p is not None), Decimal(0))
            reached[successor] = None if None in onward else rest
        for code, amount in reached.items():
            before = stays.get(code, Decimal(0))
            stays[code] = None if before is None or amount is None else before + amount
    return stays


def read_events(file: Path, register: Register) -> tuple[OrganEvent, ...]:
    """The events, by year; ``register`` has everything but them. Raises RegisterError naming file, line and column."""
    events: list[OrganEvent] = []
    rows = read_table(file, tuple(OrganEvent.__dataclass_fields__))
    taken: set[tuple[str, str, int, str]] = set()
    ended: set[str] = set()
    given: dict[tuple[str, int], Decimal] = {}
    last: dict[tuple[str, int], Row] = {}
    for row in rows:
        event = _event(row, register)
        key = (event.organ_code, event.event, event.effective_year, event.successor_code)
        if key in taken:
            raise row.error("event", f"{event.event} of {event.organ_code} stands here twice")
        taken.add(key)
        if event.event in _ENDING:
            if event.organ_code in ended:
                raise row.error("event", f"{event.organ_code} ends twice")
            ended.add(event.organ_code)
        _AGREES[event.event](row, event, register)
        year = (event.organ_code, event.effective_year)
        given[year] = given.get(year, Decimal(0)) + (event.share or 0)
        if given[year] > _WHOLE:
            raise row.error(
                "share", f"the shares of {event.organ_code} in {event.effective_year} add up to more than 1"
            )
        events.append(event)
        last[year] = row
        _check_no_circle(row, event.effective_year, events)
    for year, row in last.items():
        _check_nothing_lost(row, *year, events, register)
    return tuple(
        sorted(events, key=lambda e: (e.effective_year, e.organ_code, EVENTS.index(e.event), e.successor_code))
    )


def _check_nothing_lost(row: Row, code: str, year: int, events: Iterable[OrganEvent], register: Register) -> None:
    """An organ that ends by being split leaves no part of itself behind; what of it is not stated is left empty."""
    mine = [event for event in events if (event.organ_code, event.effective_year) == (code, year)]
    ends_by_split = register.organs[code].valid_to_year == year - 1 and not any(e.event in _ENDING for e in mine)
    shares = [event.share for event in mine if event.successor_code]
    total = sum(share for share in shares if share is not None)
    if ends_by_split and shares and None not in shares and total != _WHOLE:
        raise row.error(
            "share",
            f"{code} ends in {year - 1}, and its shares add up to {total}, not 1;"
            " leave a share empty that is not stated",
        )


def _event(row: Row, register: Register) -> OrganEvent:
    event = row.choice("event", EVENTS)
    successor = row.optional("successor_code")
    if successor:
        row.choice("successor_code", register.organs, "organ")
    organ_code = row.choice("organ_code", register.organs, "organ")
    year = row.year("effective_year")
    if successor and event not in _MAY_HAVE_SUCCESSOR:
        raise row.error("successor_code", f"{event} has no successor")
    if not successor and event in _NEEDS_SUCCESSOR:
        raise row.error("successor_code", f"{event} needs a successor")
    if successor == organ_code:
        raise row.error("successor_code", f"{organ_code} cannot succeed itself")
    if successor and not register.organs[successor].exists_in(year):
        raise row.error("successor_code", f"{successor} does not exist in {year}")
    share = _share(row)
    if share is not None and not successor:
        raise row.error("share", "a share needs a successor")
    if event in _ENDING and successor and share != _WHOLE:
        raise row.error("share", f"{event}: the successor takes over the whole, so the share is 1")
    return OrganEvent(
        organ_code,
        event,
        _happened_on(row, year),
        year,
        successor,
        share,
        row.choice("source", SOURCES),
        row.optional("note"),
    )


def _share(row: Row) -> Decimal | None:
    if not row.optional("share"):
        return None
    # no more decimals than a value has in the warehouse
    share = Decimal(row.matching("share", r"1|0\.[0-9]{1,4}", "a share above 0 and up to 1, of at most 4 decimals"))
    if not share:
        raise row.error("share", "0 is no share: leave it empty, or the row out")
    return share


def _happened_on(row: Row, effective_year: int) -> str:
    pattern = r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?"
    text = row.matching("happened_on", pattern, "a date like 2019, 2019-03 or 2019-03-29")
    if text.count("-") > 1:
        row.day("happened_on")
    if int(text[:4]) not in (effective_year - 1, effective_year):
        raise row.error("effective_year", f"what happened in {text} takes effect for that year or the next")
    return text


def _begins(row: Row, event: OrganEvent, register: Register) -> None:
    first = register.organs[event.organ_code].valid_from_year
    if first != event.effective_year:
        raise row.error(
            "effective_year", f"organs.csv begins {event.organ_code} in {first}, not {event.effective_year}"
        )


def _ends(row: Row, event: OrganEvent, register: Register) -> None:
    last = register.organs[event.organ_code].valid_to_year
    if last != event.effective_year - 1:
        raise row.error(
            "effective_year", f"organs.csv ends {event.organ_code} in {last}, not {event.effective_year - 1}"
        )


def _existed(row: Row, event: OrganEvent, register: Register) -> None:
    if not register.organs[event.organ_code].exists_in(event.effective_year - 1):
        raise row.error("organ_code", f"{event.organ_code} does not exist in {event.effective_year - 1}")


def _changes_name(row: Row, event: OrganEvent, register: Register) -> None:
    before, after = (register.official_names(event.organ_code, event.effective_year + step) for step in (-1, 0))
    if not before or not after or set(before) & set(after):
        raise row.error(
            "effective_year",
            f"names.csv does not give {event.organ_code} another official name from {event.effective_year}",
        )


def _changes_parent(row: Row, event: OrganEvent, register: Register) -> None:
    _existed(row, event, register)
    before, after = (register.parent_in(event.organ_code, event.effective_year + step) for step in (-1, 0))
    if before == after:
        raise row.error(
            "effective_year", f"parents.csv does not give {event.organ_code} another parent from {event.effective_year}"
        )


_AGREES: Final[Mapping[str, Callable[[Row, OrganEvent, Register], None]]] = {
    "created": _begins,
    "abolished": _ends,
    "merged": _ends,
    "split": _existed,
    "renamed": _changes_name,
    "function_moved": _existed,
    "moved_under": _changes_parent,
}
"""event -> what the other tables must say of it"""


def _check_no_circle(row: Row, year: int, events: Iterable[OrganEvent]) -> None:
    """Within one year nobody takes over, by any way round, what he gave away."""
    takes_from: dict[str, set[str]] = {}
    for event in events:
        if event.effective_year == year and event.successor_code:
            takes_from.setdefault(event.successor_code, set()).add(event.organ_code)
    try:
        TopologicalSorter(takes_from).prepare()
    except CycleError as problem:
        raise row.error("successor_code", f"cycle in {year}: {' <- '.join(problem.args[1])}") from problem
