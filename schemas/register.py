"""The register: which organs exist, what they were called, and who must file what, by when, in which year.

Belongs here: validating the CSV files of ``schemas/register/`` and the questions asked of them - an organ by code or by
name, its parent, district, level and slice, who succeeded whom, and the reporting duties of a year. Does not belong
here: what an event must agree with (``schemas.organ_event``), what a form looks like (``schemas.form``), what was
received, and whether it was late.

Years are report years and inclusive; an empty year means "open". An organ that was merely renamed stays one organ with
several spells, and so does a town that became a street office: both kinds file on the same basis and count in the same
slices, so an organ has one kind, its latest. Where a change of kind moves an organ into another slice, the old organ
ends and is merged into a new one. An organ that was merged or newly founded is another organ, with its own years.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from schemas.form import load_forms
from schemas.organ_event import OrganEvent, read_events
from schemas.register_table import SOURCES, RegisterError, Row, read_table

__all__ = [
    "Deadline",
    "Duty",
    "NameSpell",
    "Organ",
    "OrganEvent",
    "Override",
    "ParentSpell",
    "Register",
    "RegisterError",
    "Use",
    "load_register",
]

REGISTER_FOLDER: Final = Path(__file__).parent / "register"

KINDS: Final = (
    "city_government",
    "municipal_office",
    "municipal_department",
    "vertical_branch",
    "development_zone",
    "affiliated_institution",
    "district_government",
    "district_office",
    "district_department",
    "subdistrict",
    "town",
)
GOVERNMENT_KINDS: Final = frozenset(
    {"city_government", "municipal_office", "district_government", "district_office", "subdistrict", "town"}
)
BASIS_OF_KIND: Final[Mapping[str, str]] = {
    "city_government": "published",
    "district_government": "consolidated",
}
BASES: Final = ("own", "consolidated", "published")
SPELL_KINDS: Final = ("official", "former", "alias", "short")
CODE_STATUSES: Final = ("seen", "provisional")
MODES: Final = ("backfill", "live")
ACTIONS: Final = ("add", "change", "drop")
USES: Final[Mapping[str, str]] = {"members": "own", "consolidated": "consolidated"}
"""what a total takes for a district -> basis of the reports that are summed then"""
_TOLD: Final[Mapping[str, str]] = {
    "created": "{renamed}自{year}年度起设立",
    "abolished": "{organ}自{year}年度起撤销",
    "merged": "{organ}自{year}年度起并入",
    "split": "{organ}自{year}年度起拆分",
    "renamed": "{organ}自{year}年度起更名为{renamed}",
    "function_moved": "{organ}的部分职能自{year}年度起划入",
    "moved_under": "{organ}自{year}年度起改由{parent}管理",
}
_TOLD_WITH: Final = ("merged", "function_moved")
"""events whose sentence ends with the successor's name"""


@dataclass(frozen=True, slots=True)
class Organ:
    """One reporting organ. ``name`` and ``parent_code`` are its latest ones; the years are None where open."""

    organ_code: str
    name: str
    kind: str
    parent_code: str
    valid_from_year: int | None
    valid_to_year: int | None
    code_status: str
    source: str
    note: str

    def exists_in(self, year: int) -> bool:
        """Whether the organ is on the register in that report year."""
        return _covers(self.valid_from_year, self.valid_to_year, year)


@dataclass(frozen=True, slots=True)
class NameSpell:
    """One spelling of an organ's name and the years in which it was in use."""

    organ_code: str
    name: str
    from_year: int | None
    to_year: int | None
    kind: str

    def in_use(self, year: int) -> bool:
        """Whether the name was in use in that report year."""
        return _covers(self.from_year, self.to_year, year)


@dataclass(frozen=True, slots=True)
class ParentSpell:
    """Years in which an organ stood under another parent than its latest one."""

    organ_code: str
    parent_code: str
    from_year: int | None
    to_year: int | None
    source: str
    note: str

    def holds_in(self, year: int) -> bool:
        """Whether the organ stood there in that report year."""
        return _covers(self.from_year, self.to_year, year)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Last days for filing: by law, and the earlier one that the city set itself (None = none)."""

    statutory: date
    local: date | None

    @property
    def due_on(self) -> date:
        """The day that counts."""
        return self.local or self.statutory


@dataclass(frozen=True, slots=True)
class Override:
    """An exception to the derived duties: ``add``, ``change`` or ``drop`` one. None keeps what would be derived."""

    organ_code: str
    report_year: int
    form_code: str
    action: str
    basis: str | None
    due_on: date | None
    gates_total: bool | None
    reason: str


class Use(NamedTuple):
    """What the totals of a year and form take for a district: the reports of that basis, never both."""

    summed_basis: str
    reason: str


_MEMBERS: Final = Use("own", "")
"""where the register has no rule"""


@dataclass(frozen=True, slots=True)
class Duty:
    """One organ must file one form for one report year. ``gates_total``: the city's total waits for it.

    The totals sum the organ's report where ``basis`` is ``summed_basis``, its district's (``use_rule``: the register's
    reason, '' = it has no rule); otherwise it is compared, or another stands for it.

    ``due_on`` is the day that counts: the organ's own, else the city's, else ``statutory_due_on``. The figures are
    about ``period_from`` to ``period_to``, which is the whole year but for an organ that began or ended in it.
    """

    organ_code: str
    report_year: int
    form_code: str
    basis: str
    due_on: date
    gates_total: bool
    mode: str
    statutory_due_on: date
    period_from: date
    period_to: date
    summed_basis: str
    use_rule: str


@dataclass(frozen=True, slots=True)
class Register:
    """The validated register. Build it with ``load_register``."""

    organs: Mapping[str, Organ]
    spells: tuple[NameSpell, ...]
    parents: tuple[ParentSpell, ...]
    events: tuple[OrganEvent, ...]
    collection: Mapping[tuple[int, str], str]
    deadlines: Mapping[tuple[int, str], Deadline]
    periods: Mapping[tuple[str, int], tuple[date, date]]
    """(organ, year) -> first and last day, where that is not the whole year"""
    overrides: tuple[Override, ...]
    gates: Mapping[tuple[int, str], Decimal]
    """(year, form) -> share of the organs that gate a total that must be in, where that is not all of them"""
    uses: Mapping[tuple[int, str, str], Use] = field(default_factory=dict)
    """(year, form, district government) -> what the totals take for the district, where the register says so"""

    def organs_in(self, year: int) -> list[Organ]:
        """The organs that exist in the report year, by code."""
        return [self.organs[code] for code in sorted(self.organs) if self.organs[code].exists_in(year)]

    def leaves_in(self, year: int) -> list[Organ]:
        """The organs that file figures of their own in the report year, by code: these, and only these, are summed."""
        return [organ for organ in self.organs_in(year) if basis_of(organ.kind) == "own"]

    def official_names(self, code: str, year: int) -> list[str]:
        """The organ's official name in the report year; empty where no spell covers it."""
        return [
            spell.name
            for spell in self.spells
            if spell.organ_code == code and spell.kind in ("official", "former") and spell.in_use(year)
        ]

    def name_in(self, code: str, year: int) -> str:
        """The organ's official name as it was in the report year."""
        return next(iter(self.official_names(code, year)), self.organs[code].name)

    def by_name(self, name: str, year: int) -> Organ | None:
        """The organ that a name means in a report year; spaces and character width do not matter.

        A name in use in that year wins. A name out of use still tells the organ (an old name on a new form), unless
        several organs have borne it.
        """
        spells = [spell for spell in self.spells if normalise_name(spell.name) == normalise_name(name)]
        current = {spell.organ_code for spell in spells if spell.in_use(year)}
        found = current or {spell.organ_code for spell in spells}
        return self.organs[found.pop()] if len(found) == 1 else None

    def is_name_in_use(self, code: str, name: str, year: int) -> bool:
        """Whether the organ bore that name, in any spelling, in the report year."""
        wanted = normalise_name(name)
        return any(s.organ_code == code and s.in_use(year) and normalise_name(s.name) == wanted for s in self.spells)

    def parent_in(self, code: str, year: int | None = None) -> str:
        """The organ above in the report year (None = the latest); '' at the top."""
        for spell in self.parents:
            if year is not None and spell.organ_code == code and spell.holds_in(year):
                return spell.parent_code
        return self.organs[code].parent_code

    def district_of(self, code: str, year: int | None = None) -> str | None:
        """The district government that the organ is, or is below, in that year; None at the city level."""
        while code and self.organs[code].kind != "district_government":
            code = self.parent_in(code, year)
        return code or None

    def level_of(self, code: str, year: int | None = None) -> str:
        """``own`` for the city level, ``lower`` for the districts and all below them."""
        return "lower" if self.district_of(code, year) else "own"

    def slice_kind_of(self, code: str) -> str:
        """``government`` for governments, their offices, street offices and towns; ``department`` for all others."""
        return "government" if self.organs[code].kind in GOVERNMENT_KINDS else "department"

    def predecessors(self, code: str, year: int) -> list[OrganEvent]:
        """The events in effect by the report year that gave the organ what was another's, by year."""
        return [event for event in self.events if event.successor_code == code and event.effective_year <= year]

    def successors(self, code: str, year: int) -> list[OrganEvent]:
        """The events in effect by the report year that gave what was the organ's to another, by year."""
        return [
            event
            for event in self.events
            if event.organ_code == code and event.successor_code and event.effective_year <= year
        ]

    def told(self, event: OrganEvent) -> str:
        """The event as a Chinese sentence, with the names of its time; what no source prints is marked 待核."""
        code, year = event.organ_code, event.effective_year
        parent = self.parent_in(code, year)
        sentence = _TOLD[event.event].format(
            organ=self.name_in(code, year - 1),
            renamed=self.name_in(code, year),
            year=year,
            parent=self.name_in(parent, year) if parent else "",
        )
        if event.successor_code:
            successor = self.name_in(event.successor_code, year)
            taken = "承接其一部分" if event.event == "split" else "承接"
            sentence = f"{sentence}{successor}" if event.event in _TOLD_WITH else f"{sentence}，由{successor}{taken}"
        return sentence if event.source == "seen" else f"{sentence}（待核）"

    def collected_years(self) -> list[int]:
        """The report years of which something is collected, in order."""
        return sorted({year for year, _ in self.collection})

    def duties(self) -> list[Duty]:
        """Every duty of every collected year, ordered by year, form and organ."""
        derived = {
            (year, form, organ.organ_code): self._duty(organ, year, form)
            for year, form in self.collection
            for organ in self.organs_in(year)
        }
        for override in self.overrides:
            key = (override.report_year, override.form_code, override.organ_code)
            if override.action == "drop":
                del derived[key]
            else:
                derived[key] = self._overridden(override)
        return [derived[key] for key in sorted(derived)]

    def _duty(self, organ: Organ, year: int, form: str) -> Duty:
        return self._due(organ.organ_code, year, form, basis_of(organ.kind))

    def _overridden(self, override: Override) -> Duty:
        code = override.organ_code
        basis = override.basis or basis_of(self.organs[code].kind)
        key = (code, override.report_year, override.form_code)
        return self._due(*key, basis, override.due_on, gates_total=override.gates_total)

    def _due(
        self,
        code: str,
        year: int,
        form: str,
        basis: str,
        due_on: date | None = None,
        *,
        gates_total: bool | None = None,
    ) -> Duty:
        deadline = self.deadlines[year, basis]
        use = self.uses.get((year, form, self.district_of(code, year) or ""), _MEMBERS)
        first, last = self.periods.get((code, year), _whole(year))
        return Duty(
            organ_code=code,
            report_year=year,
            form_code=form,
            basis=basis,
            due_on=due_on or deadline.due_on,
            gates_total=basis == use.summed_basis if gates_total is None else gates_total,
            mode=self.collection[year, form],
            statutory_due_on=deadline.statutory,
            period_from=first,
            period_to=last,
            summed_basis=use.summed_basis,
            use_rule=use.reason,
        )


def load_register(folder: Path | None = None) -> Register:
    """Read and validate the register; ``RegisterError`` names file, line and column of the first thing wrong."""
    where = folder or REGISTER_FOLDER
    organs = _read_organs(where)
    spells = _read_spells(where, organs)
    deadlines = _read_deadlines(where)
    collection = _read_collection(where, deadlines)
    periods = _read_periods(where, organs)
    bare = Register(organs, spells, (), (), collection, deadlines, periods, (), _read_gates(where, collection))
    bare = replace(bare, parents=_read_parents(where, bare))
    bare = replace(bare, events=read_events(where / "events.csv", bare))
    bare = replace(bare, overrides=_read_overrides(where, bare))
    return replace(bare, uses=_read_uses(where, bare))


def basis_of(kind: str) -> str:
    """The basis on which an organ of that kind files: the city published, a district consolidated, all others own."""
    return BASIS_OF_KIND.get(kind, "own")


def normalise_name(name: str) -> str:
    """A name without white space and in one character width, for comparison only."""
    return "".join(unicodedata.normalize("NFKC", name).split())


def _covers(first: int | None, last: int | None, year: int) -> bool:
    return (first is None or first <= year) and (last is None or year <= last)


def _whole(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _read_organs(where: Path) -> dict[str, Organ]:
    columns = tuple(Organ.__dataclass_fields__)
    organs: dict[str, Organ] = {}
    rows = read_table(where / "organs.csv", columns)
    for row in rows:
        first, last = row.years("valid_from_year", "valid_to_year")
        organ = Organ(
            # a folder name too: nothing that a file system or a shell could read otherwise
            row.matching("organ_code", r"[A-Z][A-Z0-9]{3,19}", "4 to 20 capital letters and digits"),
            row.text("name"),
            row.choice("kind", KINDS),
            row.optional("parent_code"),
            first,
            last,
            row.choice("code_status", CODE_STATUSES),
            row.choice("source", SOURCES),
            row.optional("note"),
        )
        if organ.organ_code in organs:
            raise row.error("organ_code", f"duplicate code {organ.organ_code!r}")
        organs[organ.organ_code] = organ
    for row in rows:
        _check_parent(row, organs)
    return organs


def _check_parent(row: Row, organs: Mapping[str, Organ]) -> None:
    organ = organs[row.text("organ_code")]
    if not organ.parent_code:
        if organ.kind != "city_government":
            raise row.error("parent_code", f"a {organ.kind} needs a parent")
        return
    if organ.parent_code not in organs:
        raise row.error("parent_code", f"unknown organ {organ.parent_code!r}")
    seen = {organ.organ_code}
    above = organ.parent_code
    while above in organs:
        if above in seen:
            raise row.error("parent_code", f"cycle: {organ.organ_code!r} is above itself")
        seen.add(above)
        above = organs[above].parent_code


def _read_spells(where: Path, organs: Mapping[str, Organ]) -> tuple[NameSpell, ...]:
    spells: list[NameSpell] = []
    by_name: dict[str, list[NameSpell]] = {}
    for row in read_table(where / "names.csv", tuple(NameSpell.__dataclass_fields__)):
        code = row.choice("organ_code", organs, "organ")
        first, last = row.years("from_year", "to_year")
        spell = NameSpell(code, row.text("name"), first, last, row.choice("kind", SPELL_KINDS))
        same = by_name.setdefault(normalise_name(spell.name), [])
        for other in same:
            if _overlap(other, spell):
                whose = "stands here twice" if other.organ_code == code else f"already means {other.organ_code}"
                raise row.error("name", f"{spell.name!r} {whose} in some of these years")
        same.append(spell)
        spells.append(spell)
    official = {(spell.organ_code, spell.name) for spell in spells if spell.kind == "official"}
    for row in read_table(where / "organs.csv", tuple(Organ.__dataclass_fields__)):
        if (row.text("organ_code"), row.text("name")) not in official:
            raise row.error("name", f"{row.text('name')!r} is not among the organ's official names in names.csv")
    return tuple(spells)


def _overlap(one: NameSpell | ParentSpell, other: NameSpell | ParentSpell) -> bool:
    starts = max(one.from_year or 0, other.from_year or 0)
    return _covers(one.from_year, one.to_year, starts) and _covers(other.from_year, other.to_year, starts)


def _read_parents(where: Path, register: Register) -> tuple[ParentSpell, ...]:
    spells: list[ParentSpell] = []
    rows = read_table(where / "parents.csv", tuple(ParentSpell.__dataclass_fields__))
    for row in rows:
        code = row.choice("organ_code", register.organs, "organ")
        parent = row.choice("parent_code", register.organs, "organ")
        first, last = row.years("from_year", "to_year")
        if first is None and last is None:
            raise row.error("from_year", "a parent of all years stands in organs.csv")
        spell = ParentSpell(code, parent, first, last, row.choice("source", SOURCES), row.optional("note"))
        for year in (first, last):
            if year is not None and not register.organs[parent].exists_in(year):
                raise row.error("parent_code", f"{parent} does not exist in {year}")
        if any(other.organ_code == code and _overlap(other, spell) for other in spells):
            raise row.error("from_year", f"{code} has another parent in some of these years")
        spells.append(spell)
    whole = replace(register, parents=tuple(spells))
    # two spells that close a circle do so from the first year, or until the last one, of one of them
    years = {year for spell in spells for year in (spell.from_year, spell.to_year) if year is not None}
    for row in rows:
        for year in sorted(years):
            _check_no_circle(row, whole, year)
    return whole.parents


def _check_no_circle(row: Row, register: Register, year: int) -> None:
    above = start = row.text("organ_code")
    seen: set[str] = set()
    while above:
        if above in seen:
            raise row.error("parent_code", f"cycle: {start!r} is above itself in {year}")
        seen.add(above)
        above = register.parent_in(above, year)


def _read_deadlines(where: Path) -> dict[tuple[int, str], Deadline]:
    deadlines: dict[tuple[int, str], Deadline] = {}
    for row in read_table(where / "deadlines.csv", ("report_year", "basis", "due_on", "local_due_on")):
        key = (row.year("report_year"), row.choice("basis", BASES))
        if key in deadlines:
            raise row.error("report_year", f"a second deadline for {key[0]} {key[1]}")
        statutory = row.day("due_on")
        local = row.day("local_due_on") if row.optional("local_due_on") else None
        if local is not None and local > statutory:
            raise row.error("local_due_on", f"{local} is after the statutory {statutory}")
        deadlines[key] = Deadline(statutory, local)
    return deadlines


def _read_periods(where: Path, organs: Mapping[str, Organ]) -> dict[tuple[str, int], tuple[date, date]]:
    periods: dict[tuple[str, int], tuple[date, date]] = {}
    columns = ("organ_code", "report_year", "period_from", "period_to", "source", "note")
    for row in read_table(where / "partial_years.csv", columns):
        organ = organs[row.choice("organ_code", organs, "organ")]
        year = row.year("report_year")
        first, last = row.day("period_from"), row.day("period_to")
        row.choice("source", SOURCES)
        if (organ.organ_code, year) in periods:
            raise row.error("report_year", f"a second period of {organ.organ_code} in {year}")
        begin, end = _whole(year)
        if not begin <= first <= last <= end or (first, last) == (begin, end):
            raise row.error("period_from", f"{first} to {last} is not a part of {year}")
        if first > begin and organ.valid_from_year != year:
            raise row.error("period_from", f"organs.csv does not begin {organ.organ_code} in {year}")
        if last < end and organ.valid_to_year != year:
            raise row.error("period_to", f"organs.csv does not end {organ.organ_code} in {year}")
        periods[organ.organ_code, year] = (first, last)
    return periods


def _read_collection(where: Path, deadlines: Mapping[tuple[int, str], Deadline]) -> dict[tuple[int, str], str]:
    collection: dict[tuple[int, str], str] = {}
    for row in read_table(where / "collection.csv", ("report_year", "form_code", "mode")):
        key = (row.year("report_year"), row.text("form_code"))
        form = load_forms().get(key[1])
        if form is None or not form.covers(key[0]):
            raise row.error("form_code", f"{key[1]!r} is no edition that is prescribed for {key[0]}")
        if key in collection:
            raise row.error("form_code", f"{key[1]} of {key[0]} is collected twice")
        for basis in BASES:
            if (key[0], basis) not in deadlines:
                raise row.error("report_year", f"deadlines.csv has no {basis!r} deadline for {key[0]}")
        collection[key] = row.choice("mode", MODES)
    return collection


def _read_gates(where: Path, collection: Mapping[tuple[int, str], str]) -> dict[tuple[int, str], Decimal]:
    """The gates below the whole; a register that has none may leave the file out."""
    gates: dict[tuple[int, str], Decimal] = {}
    file = where / "gates.csv"
    for row in read_table(file, ("report_year", "form_code", "min_coverage", "reason")) if file.exists() else ():
        key = (row.year("report_year"), row.text("form_code"))
        if key not in collection:
            raise row.error("form_code", f"{key[1]} of {key[0]} is not collected")
        if key in gates:
            raise row.error("form_code", f"a second gate of {key[1]} of {key[0]}")
        gate = Decimal(row.matching("min_coverage", r"1|0\.[0-9]{1,4}", "a share up to 1, of at most 4 decimals"))
        if not gate:
            raise row.error("min_coverage", "0 would call a total complete that nobody is in")
        gates[key] = gate
        row.text("reason")
    return gates


def _read_overrides(where: Path, register: Register) -> tuple[Override, ...]:
    overrides: list[Override] = []
    taken: set[tuple[int, str, str]] = set()
    for row in read_table(where / "duty_overrides.csv", tuple(Override.__dataclass_fields__)):
        override = Override(
            row.choice("organ_code", register.organs, "organ"),
            row.year("report_year"),
            row.text("form_code"),
            row.choice("action", ACTIONS),
            row.choice("basis", BASES) if row.optional("basis") else None,
            row.day("due_on") if row.optional("due_on") else None,
            row.flag("gates_total") if row.optional("gates_total") else None,
            row.text("reason"),
        )
        key = (override.report_year, override.form_code, override.organ_code)
        if key in taken:
            raise row.error("organ_code", "a second override of the same duty")
        taken.add(key)
        if key[:2] not in register.collection:
            raise row.error("form_code", f"{override.form_code} of {override.report_year} is not collected")
        derived = register.organs[override.organ_code].exists_in(override.report_year)
        if derived == (override.action == "add"):
            state = "already" if derived else "not"
            raise row.error("action", f"cannot {override.action}: the duty is {state} there")
        overrides.append(override)
    return tuple(overrides)


def _read_uses(where: Path, register: Register) -> dict[tuple[int, str, str], Use]:
    """What the totals take for a district; a register that has no such rule may leave the file out."""
    uses: dict[tuple[int, str, str], Use] = {}
    file = where / "rollup_use.csv"
    rows = read_table(file, ("report_year", "form_code", "organ_code", "used", "reason")) if file.exists() else ()
    consolidated = {
        (duty.report_year, duty.form_code, duty.organ_code)
        for duty in (register.duties() if rows else ())
        if duty.basis == "consolidated"
    }
    for row in rows:
        code = row.choice("organ_code", register.organs, "organ")
        if register.organs[code].kind != "district_government":
            raise row.error("organ_code", f"{code} is no district government")
        key = (row.year("report_year"), row.text("form_code"), code)
        if key[:2] not in register.collection:
            raise row.error("form_code", f"{key[1]} of {key[0]} is not collected")
        if key not in consolidated:
            raise row.error("organ_code", f"{code} owes no consolidated {key[1]} of {key[0]}")
        if key in uses:
            raise row.error("organ_code", f"a second rule for {code}, {key[1]} of {key[0]}")
        uses[key] = Use(USES[row.choice("used", USES)], row.text("reason"))
    return uses
