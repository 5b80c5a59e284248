"""Whole tables as real organs published them, read back cell for cell from each kind of file."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.readers.model import ReadSubmission
from pipelines.templates import write_statutory
from schemas.form import CellKey, form_for
from tests.unit.reader_files import LONG_HEADER, Sheet, by_key, only, rules_of, states_of, workbook

DATA = Path(__file__).parents[1] / "data" / "published"
# name: (organ, edition, variant, cells, blank cells)
TABLES = {
    "shanghai_2019": ("上海市人民政府办公厅", "gb_2019", "", 198, 135),
    "suqian_2023": ("宿迁市人民政府", "gb_2021", "", 200, 0),
    "suqian_2024": ("宿迁市人民政府", "gb_2021", "", 200, 0),
    "hongze_2023": ("淮安市洪泽区人民政府", "gb_2021", "one_row_other", 186, 0),
    "hongze_2024": ("淮安市洪泽区人民政府", "gb_2021", "one_row_other", 186, 0),
}
AMOUNT = CellKey("g19_procure_amount", "", "annual")


@dataclass(frozen=True)
class Published:
    """A table as transcribed: what is printed in each cell and the number that it says."""

    year: int
    printed: dict[CellKey, str]
    values: dict[CellKey, Decimal | None]


def published(name: str) -> Published:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keys = [CellKey(row["indicator_code"], row["applicant_kind"], row["measure"]) for row in rows]
    return Published(
        int(rows[0]["report_year"]),
        {key: row["printed"] for key, row in zip(keys, rows, strict=True)},
        {key: Decimal(row["value"]) if row["value"] else None for key, row in zip(keys, rows, strict=True)},
    )


def in_statutory_layout(name: str) -> bytes:
    organ, form_code, variant, _, _ = TABLES[name]
    table = published(name)
    filled = {key: int(text) if text.isdecimal() else text for key, text in table.printed.items() if text}
    form = form_for(form_code, table.year)
    return write_statutory(form, organ_name=organ, report_year=table.year, variant=variant, values=filled)


def unmerged(name: str) -> bytes:
    return workbook({"Sheet1": Sheet.of(in_statutory_layout(name)).unmerged()})


def in_long_csv(name: str) -> bytes:
    organ, form_code, _, _, _ = TABLES[name]
    table = published(name)
    lines = [
        f"{organ},{table.year},{form_code},{key.indicator_code},{key.applicant_kind},{key.measure},{text}"
        for key, text in table.printed.items()
    ]
    return "\n".join((LONG_HEADER, *lines)).encode("gb18030")


def in_long_csv_with_printed(name: str) -> bytes:
    organ, form_code, _, _, _ = TABLES[name]
    table = published(name)
    lines = []
    for key, value in table.values.items():
        place = f"{organ},{table.year},{form_code},{key.indicator_code},{key.applicant_kind},{key.measure}"
        lines.append(f"{place},{'' if value is None else value},{table.printed[key]}")
    return "\n".join((LONG_HEADER + ",printed", *lines)).encode()


MAKERS = [in_statutory_layout, unmerged, in_long_csv, in_long_csv_with_printed]


def read(make: Callable[[str], bytes], name: str) -> ReadSubmission:
    return only(make(name), "年报")


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("make", MAKERS)
def test_every_figure_comes_back(make: Callable[[str], bytes], name: str) -> None:
    organ, form_code, variant, count, blanks = TABLES[name]
    table, submission = published(name), read(make, name)
    assert (submission.report_year, submission.form_code, submission.variant) == (table.year, form_code, variant)
    assert organ in (submission.organ_name, submission.organ_code)
    assert {cell.key: cell.value for cell in submission.cells} == table.values
    assert {cell.key: cell.printed for cell in submission.cells} == table.printed
    assert len(submission.cells) == count
    assert states_of(submission) == {"reported": count - blanks} | ({"blank": blanks} if blanks else {})
    assert rules_of(submission) == (["V09"] if name == "shanghai_2019" and make is not in_long_csv_with_printed else [])


@pytest.mark.parametrize("make", [in_statutory_layout, in_long_csv])
def test_the_blank_totals_of_shanghai_stay_blank_and_its_amount_keeps_its_unit(make: Callable[[str], bytes]) -> None:
    cells = by_key(read(make, "shanghai_2019"))
    totals = [cell for key, cell in cells.items() if key.applicant_kind == "total" and cell.value_state == "blank"]
    assert len(totals) == 19
    assert {(cell.value, cell.printed) for cell in totals} == {(None, "")}
    assert (cells[AMOUNT].value, cells[AMOUNT].printed, cells[AMOUNT].note) == (251000, "251000元", "单位：元")
    assert cells[CellKey("req_new", "natural_person", "annual")].value == 821
    assert cells[CellKey("req_new", "business", "annual")].value == 35


def test_hongze_prints_one_row_where_the_edition_has_three() -> None:
    submission = read(in_statutory_layout, "hongze_2024")
    codes = {cell.key.indicator_code for cell in submission.cells}
    assert "res_other" in codes
    assert not codes & {"res_other_not_corrected", "res_other_fee_unpaid", "res_other_misc"}
