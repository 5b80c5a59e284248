"""Whose a submission is, on what basis it was filed, and what the register has to say about it.

Belongs here: the rules V11 and V20 to V23, as pure functions over a journal entry, what the file states, and the
register. Does not belong here: loading any of it into the database (``pipelines.staging``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipelines.journal import Entry
from schemas.organ_event import OrganEvent
from schemas.register import Duty, Register, basis_of

DutyIndex = Mapping[tuple[str, int, str], Duty]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of one of its submissions; organ_code and organ_name are '' where it does not say."""

    reading: str
    ordinal: int
    organ_code: str
    organ_name: str
    report_year: int
    form_code: str
    variant: str
    is_nil: bool
    cells: int
    """cells that were read, counted before they were written anywhere"""
    resubmission_reason: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A problem that the register raises: rule and Chinese sentence."""

    rule_id: str
    message: str
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """A submission with its organ, basis and identity, and what is to be said about it."""

    entry: Entry
    stated: Stated
    submission_id: str
    organ_code: str
    basis: str
    remarks: tuple[Remark, ...]


def file_id(entry: Entry) -> str:
    """The identity of a received file: its number in the journal."""
    return f"F{entry['sequence']:06d}"


def submission_id(sha256: str, organ_code: str, form_code: str, report_year: int) -> str:
    """The stable identity of a submission; it survives every rebuild."""
    return hashlib.sha256(f"{sha256}|{organ_code}|{form_code}|{report_year}".encode()).hexdigest()[:12]


def duty_index(register: Register) -> DutyIndex:
    """The duties of every year by (organ, year, form)."""
    return {(duty.organ_code, duty.report_year, duty.form_code): duty for duty in register.duties()}


def assign(entry: Entry, stated: Stated, register: Register, duties: DutyIndex) -> Assigned:
    """The submission as its folder's organ filed it. ``entry["folder"]`` must be an organ of the register."""
    organ = register.organs[entry["folder"]]
    duty = duties.get((organ.organ_code, stated.report_year, stated.form_code))
    remarks = [*_other_organ(stated, organ.organ_code, register), *_other_name(stated, organ.organ_code, register)]
    if duty is None:
        remarks.append(_not_owed(stated, organ.organ_code, register))
    return Assigned(
        entry=entry,
        stated=stated,
        submission_id=submission_id(entry["sha256"], organ.organ_code, stated.form_code, stated.report_year),
        organ_code=organ.organ_code,
        basis=duty.basis if duty else basis_of(organ.kind),
        remarks=tuple(remarks),
    )


def assign_unregistered(entry: Entry, stated: Stated, organ_code: str, sentence: str) -> Assigned:
    """A submission checked before it is sent, of no organ of the register: ``sentence`` says so (V20)."""
    return Assigned(
        entry=entry,
        stated=stated,
        submission_id=submission_id(entry["sha256"], organ_code, stated.form_code, stated.report_year),
        organ_code=organ_code,
        basis="own",
        remarks=(Remark("V20", sentence, stated.organ_code or stated.organ_name),),
    )


def first_of_each(assigned: Iterable[Assigned]) -> tuple[list[Assigned], list[tuple[Assigned, Remark]]]:
    """The submissions without those that their own file brings a second time, and what to say about these (V07).

    Of several the first one counts that names no other organ than the folder's.
    """
    items = list(assigned)
    kept: dict[str, Assigned] = {}
    for item in items:
        first = kept.setdefault(item.submission_id, item)
        if first.entry is item.entry and _is_anothers(first) and not _is_anothers(item):
            kept[item.submission_id] = item
    repeated: list[tuple[Assigned, Remark]] = []
    for item in items:
        chosen, stated = kept[item.submission_id], item.stated
        if chosen is item or chosen.entry is not item.entry:
            continue
        other = f"（另一份写的是“{stated.organ_name or stated.organ_code}”）" if _is_anothers(item) else ""
        sentence = (
            f"同一文件里有两份{stated.report_year}年度 {stated.form_code}，只采用了一份{other}；请删去多余的一份后重报"
        )
        repeated.append((chosen, Remark("V07", sentence)))
    return list(kept.values()), repeated


def _is_anothers(item: Assigned) -> bool:
    """Whether the file names another organ than the folder's."""
    return any(remark.rule_id == "V21" for remark in item.remarks)


def same_night(assigned: Iterable[Assigned]) -> Iterator[tuple[Assigned, Remark]]:
    """V11 for every submission that shares its organ, year, form and night with another."""
    items = list(assigned)
    nights = Counter(_night_key(item) for item in items)
    for item in items:
        if (count := nights[_night_key(item)]) > 1:
            sentence = (
                f"同一夜收到{count}份{item.stated.report_year}年度 {item.stated.form_code}，"
                "按收到先后处理，以最后一份可接受的为准；如非本意，请告知以哪一份为准"
            )
            yield item, Remark("V11", sentence)


def unknown_folder(folder: str) -> str:
    """What is answered to a file outside every organ's folder."""
    where = f"文件夹“{folder}”不是名录中的机构代码" if folder else "文件直接放在收件箱里，不在任何机构的文件夹中"
    return f"{where}，无法判断由谁报送；请放入本机构代码命名的文件夹"


def _night_key(item: Assigned) -> tuple[int, str, int, str]:
    return (int(item.entry["night"]), item.organ_code, item.stated.report_year, item.stated.form_code)


def _other_organ(stated: Stated, organ_code: str, register: Register) -> Iterator[Remark]:
    """V21: the file names an organ that is not the folder's; V20: a name that the register does not know.

    An organ that is no more is named by its successor out of habit: that is an old name (V23) and no wrong folder.
    """
    named: str | None = stated.organ_code or None
    if named is None and stated.organ_name:
        organ = register.by_name(stated.organ_name, stated.report_year)
        named = organ.organ_code if organ else None
        if organ is None:
            yield Remark("V20", f"名录中没有“{stated.organ_name}”，按所在文件夹的机构处理", stated.organ_name)
    if named is not None and named != organ_code:
        printed = stated.organ_code or stated.organ_name
        if event := _takeover(named, organ_code, stated.report_year, register):
            yield _old_name(printed, event, organ_code, stated.report_year, register)
            return
        there = register.organs[named].name if named in register.organs else "名录外的机构"
        here = register.organs[organ_code].name
        sentence = f"文件写明的机构是 {named}（{there}），却放在 {organ_code}（{here}）的文件夹里；请改正机构或换文件夹"
        yield Remark("V21", sentence, printed)


def _other_name(stated: Stated, organ_code: str, register: Register) -> Iterator[Remark]:
    """V23: a name that the organ had in another year, or that of one it took over; of another organ's V21 speaks."""
    name, year = stated.organ_name, stated.report_year
    named = register.by_name(name, year) if name else None
    if named is None or organ_code not in (named.organ_code, stated.organ_code):
        return
    if register.is_name_in_use(organ_code, name, year):
        return
    if event := _takeover(named.organ_code, organ_code, year, register):
        yield _old_name(name, event, organ_code, year, register)
    else:
        yield Remark("V23", f"“{name}”不是{year}年度在用的名称，该年度应为“{register.name_in(organ_code, year)}”", name)


def _takeover(code: str, by: str, year: int, register: Register, until: int | None = None) -> OrganEvent | None:
    """The event that ended ``code``, if ``by`` took over from it, perhaps through others that are no more in ``year``.

    ``until`` is the last report year whose events are looked at; it only falls on the way back.
    """
    for event in register.predecessors(by, year if until is None else until):
        if register.organs[event.organ_code].exists_in(year):
            continue
        if event.organ_code == code:
            return event
        if found := _takeover(code, event.organ_code, year, register, event.effective_year):
            return found
    return None


def _succession(code: str, year: int, register: Register, after: int = 0) -> Iterator[OrganEvent]:
    """Who took over from ``code`` by that year, and on from those that are no more themselves."""
    for event in register.successors(code, year):
        if event.effective_year > after:
            yield event
            if not register.organs[event.successor_code].exists_in(year):
                yield from _succession(event.successor_code, year, register, event.effective_year)


def _old_name(printed: str, event: OrganEvent, organ_code: str, year: int, register: Register) -> Remark:
    sentence = (
        f"“{printed}”是前身机构：{register.told(event)}；已按 {organ_code} 的报表处理，"
        f"该年度应写“{register.name_in(organ_code, year)}”"
    )
    return Remark("V23", sentence, printed)


def _not_owed(stated: Stated, organ_code: str, register: Register) -> Remark:
    """V22, with what became of an organ that is no more, or since when there is one that is new."""
    organ, year = register.organs[organ_code], stated.report_year
    owed = f"名录中{organ.name}{year}年度不应报送表样 {stated.form_code}"
    if organ.valid_to_year is not None and year > organ.valid_to_year:
        told = "；".join(register.told(event) for event in _succession(organ_code, year, register))
        if told:
            return Remark("V22", f"{owed}：{told}；请由承接的单位报送，或核对年度")
        return Remark("V22", f"{owed}：该机构{organ.valid_to_year}年度后不再报送；请核对年度")
    if organ.valid_from_year is not None and year < organ.valid_from_year:
        return Remark("V22", f"{owed}：该机构自{organ.valid_from_year}年度起报送；请核对年度")
    return Remark("V22", f"{owed}；请核对年度和表样")
