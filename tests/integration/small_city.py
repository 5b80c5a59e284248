"""Helpers: a register of five organs, and their annexes with figures of one's own. Everything in it is made up.

Belongs here: the register's files and one way to write a report whose years fit together. Does not belong here: any
expectation.
"""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from pipelines.templates import write_template
from schemas.form import CellKey, load_forms
from schemas.register import REGISTER_FOLDER

CITY, FIRST, SECOND, THIRD, DISTRICT, FOURTH = (
    "XMP00001", "XMP00101", "XMP00102", "XMP00103", "XMP01100", "XMP01102",
)  # fmt: skip
_ORGANS = f"""organ_code,name,kind,parent_code,valid_from_year,valid_to_year,code_status,source,note
{CITY},某市人民政府,city_government,,,,provisional,made_up,
{FIRST},某市甲局,municipal_department,{CITY},,,provisional,made_up,
{SECOND},某市乙局,municipal_department,{CITY},,,provisional,made_up,
{THIRD},某市丙局,municipal_department,{CITY},,LAST,provisional,made_up,
{DISTRICT},某区人民政府,district_government,{CITY},,,provisional,made_up,
{FOURTH},某区丁局,district_department,{DISTRICT},,,provisional,made_up,
"""
_NAMES = f"""organ_code,name,from_year,to_year,kind
{CITY},某市人民政府,,,official
{FIRST},某市甲局,,,official
{SECOND},某市乙局,,,official
{THIRD},某市丙局,,LAST,official
{DISTRICT},某区人民政府,,,official
{FOURTH},某区丁局,,,official
"""
_EVENTS = "organ_code,event,happened_on,effective_year,successor_code,share,source,note\n"
_COLLECTION = "report_year,form_code,mode\n2016,fj_annex_2017,backfill\n2017,fj_annex_2017,live\n"


def write_register(folder: Path, third_ends: int | None = None) -> Path:
    """The register of the city; ``third_ends`` is the last year of the third organ, that the first then takes over."""
    shutil.copytree(REGISTER_FOLDER, folder)
    last = "" if third_ends is None else str(third_ends)
    merger = f"{THIRD},merged,{third_ends + 1},{third_ends + 1},{FIRST},1,made_up,\n" if third_ends else ""
    for name, text in (
        ("organs", _ORGANS.replace("LAST", last)),
        ("names", _NAMES.replace("LAST", last)),
        ("events", _EVENTS + merger),
        ("collection", _COLLECTION),
    ):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "partial_years.csv").write_text(
        (folder / "partial_years.csv").read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8"
    )
    return folder


def report(organ: str, year: int, opened: int, before: int = 0, requests: int = 0) -> bytes:
    """An annex with documents opened in the year, those of the years before, and requests through no channel at all.

    Requests make F01 fail, which holds the report.
    """
    form = load_forms()["fj_annex_2017"]
    values = {key: Decimal(0) for key in form.cells()}
    values[CellKey("fj_open_total", "", "annual")] = Decimal(opened)
    values[CellKey("fj_open_total", "", "cumulative")] = Decimal(opened + before)
    for measure in ("annual", "cumulative"):
        values[CellKey("fj_req_total", "", measure)] = Decimal(requests)
    return write_template(form, organ_code=organ, organ_name=organ, report_year=year, values=values)
