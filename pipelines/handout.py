"""Templates for those who must report: whose, where to, and with which figures of the year before.

Belongs here: one template for one organ, or one for every organ that owes a form, each in a folder named as the organ's
inbox is. Does not belong here: what a template looks like (``pipelines.templates``), what last year's figures are
(``warehouse.opening``), printing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from pipelines.intake import shown
from pipelines.knowledge import Knowledge, load_knowledge
from pipelines.settings import Settings
from pipelines.staging import stage_knowledge
from pipelines.templates import Helps, openings_of, sums_of, write_template
from schemas.form import Form, FormError, form_for
from schemas.register import Register
from schemas.rule_compiler import compile_rules
from warehouse.connection import scratch
from warehouse.history import attach_history
from warehouse.opening import opening_sums, stage_year_before

_UNFINISHED: Final = ".part"


class HandoutError(RuntimeError):
    """No template can be written, or no further one; says why in Chinese."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A template: where, for whom, and how many of last year's figures it shows.

    ``is_kept``: it was there already and is as it was.
    """

    path: Path
    organ_name: str
    form: Form
    references: int = 0
    is_kept: bool = False


def hand_out_one(settings: Settings, form_code: str, report_year: int, organ_code: str, output: Path) -> Handed:
    """Write the template of one organ to ``output``, replacing what is there.

    Raises HandoutError, and RegisterError where the register is broken.
    """
    knowledge, form = _basis(settings, form_code, report_year)
    if organ_code not in knowledge.register.organs:
        raise HandoutError(f"名录中没有机构代码 {organ_code}")
    maker = _Maker(knowledge, form, report_year, _helps(settings, knowledge, form, report_year, [organ_code]))
    try:
        return maker.write(organ_code, output)
    except OSError as error:
        raise HandoutError(f"写不了 {output}：{error.strerror}") from error


def hand_out(
    settings: Settings, form_code: str, report_year: int, folder: Path, district: str | None, *, is_forced: bool
) -> Iterator[Handed]:
    """Write ``<organ>/<year>_<form>.xlsx`` below ``folder`` for every organ that owes the form, of one district or all.

    What is there already stays, unless ``is_forced``. Raises HandoutError, and RegisterError where the register is
    broken; what was written until then stays.
    """
    knowledge, form = _basis(settings, form_code, report_year)
    if folder.resolve().is_relative_to(settings.inbox.resolve()):
        raise HandoutError("不能写进收件箱：放在里面的空白表夜里会当作报表收下；请写到别的文件夹")
    organs = _owing(knowledge.register, form_code, report_year, district)
    paths = {organ: folder / organ / f"{report_year}_{form_code}.xlsx" for organ in organs}
    try:
        kept = set() if is_forced else {organ for organ, path in paths.items() if path.exists()}
        wanted = [organ for organ in organs if organ not in kept]
        maker = _Maker(knowledge, form, report_year, _helps(settings, knowledge, form, report_year, wanted))
        for organ, path in paths.items():
            if organ in kept:
                yield Handed(path, maker.name(organ), form, is_kept=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            # a disk that is full leaves no half of a workbook that the next call would take for a whole one
            unfinished = path.with_name(path.name + _UNFINISHED)
            try:
                handed = maker.write(organ, unfinished)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            yield Handed(path, handed.organ_name, form, handed.references)
    except OSError as error:
        raise HandoutError(f"写不了 {error.filename or folder}：{error.strerror}") from error


@dataclass(frozen=True, slots=True)
class _Maker:
    knowledge: Knowledge
    form: Form
    report_year: int
    helps: Mapping[str, Helps]

    def name(self, organ_code: str) -> str:
        return self.knowledge.register.name_in(organ_code, self.report_year)

    def write(self, organ_code: str, path: Path) -> Handed:
        name, helps = self.name(organ_code), self.helps[organ_code]
        data = write_template(
            self.form,
            organ_code=organ_code,
            organ_name=name,
            report_year=self.report_year,
            resubmission_reason="",
            helps=helps,
        )
        path.write_bytes(data)
        return Handed(path, name, self.form, len(helps.openings))


def _basis(settings: Settings, form_code: str, report_year: int) -> tuple[Knowledge, Form]:
    knowledge = load_knowledge(settings.register)
    try:
        return knowledge, form_for(form_code, report_year)
    except FormError as error:
        raise HandoutError(str(error)) from error


def _owing(register: Register, form_code: str, report_year: int, district: str | None) -> list[str]:
    """The organs that must file the form, by code."""
    if (report_year, form_code) not in register.collection:
        raise HandoutError(f"{report_year}年度不收表样 {form_code}：名录的 collection.csv 里没有")
    districts = {organ.organ_code: organ.name for organ in register.organs_in(report_year)}
    districts = {code: name for code, name in districts.items() if register.district_of(code, report_year) == code}
    if district is not None and district not in districts:
        known = "、".join(f"{code}（{name}）" for code, name in districts.items())
        raise HandoutError(f"没有区 {shown(district)}；有：{known}")
    duties = (duty for duty in register.duties() if (duty.report_year, duty.form_code) == (report_year, form_code))
    return [
        duty.organ_code
        for duty in duties
        if district is None or register.district_of(duty.organ_code, report_year) == district
    ]


def _helps(
    settings: Settings, knowledge: Knowledge, form: Form, report_year: int, organs: Collection[str]
) -> dict[str, Helps]:
    """What stands beside each organ's form; no figures of the year before where no night was published."""
    compiled = compile_rules(knowledge.rules, knowledge.forms)
    sums = sums_of(knowledge.rules, compiled, form, report_year)
    openings = {item.instance_id: item for item in openings_of(knowledge.rules, compiled, form, report_year)}
    published = settings.published_file
    before: Mapping[str, Mapping[int, Decimal]] = {}
    if organs and openings and published.exists():
        with scratch() as connection:
            stage_knowledge(connection, knowledge)
            try:
                attach_history(connection, published.resolve())
                stage_year_before(connection, report_year)
            except duckdb.Error as error:
                raise HandoutError(f"已发布的文件读不了，取不到上年数：{str(error).splitlines()[0]}") from error
            before = opening_sums(
                connection,
                knowledge.rules,
                compiled,
                knowledge.forms,
                organs=organs,
                form_code=form.form_code,
                report_year=report_year,
                instances=openings,
            )
    return {
        organ: Helps(sums, [(openings[instance], value) for instance, value in sorted(before.get(organ, {}).items())])
        for organ in organs
    }
