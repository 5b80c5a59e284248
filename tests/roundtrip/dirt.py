"""The list of dirt: what it is called, where it was seen, and what does it.

Belongs here: the one table of all dirt, in the order in which several kinds of it are put on one page (what looks for
an undisturbed table comes first). Does not belong here: the doing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.roundtrip import dirt_figures as figures
from tests.roundtrip import dirt_labels as labels
from tests.roundtrip import dirt_tables as tables
from tests.roundtrip.model import Page

Act = Callable[[Page, Random], bool]


@dataclass(frozen=True, slots=True)
class Dirt:
    """``act`` changes a page and says whether it found anything to change; ``seen`` is where such was found."""

    name: str
    seen: str
    act: Act
    is_of_tables: bool = True


def apply(dirt: Dirt, page: Page, rng: Random) -> bool:
    return dirt.act(page, rng)


def _of_figures(seen: str, *acts: Act) -> list[Dirt]:
    return [Dirt(act.__name__, seen, act, is_of_tables=False) for act in acts]


def _of_tables(seen: str, *acts: Act) -> list[Dirt]:
    return [Dirt(act.__name__, seen, act) for act in acts]


_ALL: Final = [
    # tables as they are printed
    *_of_tables("two forms in one book, two organs", tables.two_forms, tables.two_organs),
    *_of_tables("last year's sheet left first", tables.last_year_first, tables.last_year_below),
    *_of_tables("hidden sheets", tables.hidden_sheet_of_last_year),
    *_of_tables("transposed small tables: 同安 2020", tables.transposed, tables.small_tables_apart),
    *_of_tables("columns in another order", tables.column_swapped),
    *_of_tables("row order", tables.rows_shuffled),
    *_of_tables("missing rows", tables.row_removed),
    *_of_tables("same organ, row with two labels", labels.other_wording, tables.year_in_words),
    *_of_tables("wrong header copied onto part of a table: 沭阳 2025", labels.wrong_label),
    *_of_tables("labels with characters lost: 洪泽, 沭阳", labels.characters_lost, labels.characters_lost_in_heads),
    *_of_tables("OCR: 沐阳", labels.wrong_characters),
    *_of_tables("automatic numbering", labels.ordinals_lost, labels.full_width_ordinals),
    *_of_tables("look-alikes from PDF text: 宿迁", labels.look_alikes),
    *_of_tables("brackets and widths: 同安应急, 泉丰教", labels.brackets_and_width),
    *_of_tables("header broken mid-word: 市科委 2024, 上海 2019", labels.broken_heads, labels.spaces_in_labels),
    *_of_tables("section numbers restarted: 市科委 2024", labels.section_numbers_restarted),
    *_of_tables("l六、 heading: 沭阳", labels.section_heading_wrong),
    # rows and columns put in
    *_of_tables("合计/小计 rows", tables.sum_rows),
    *_of_tables("extra columns", tables.last_year_column, tables.blank_column),
    *_of_tables("extra columns, seen in offices", tables.remark_column, tables.number_column),
    *_of_tables("merged cells: 上海 2019", tables.figures_merged_otherwise),
    *_of_tables("hidden rows", tables.hidden_row, tables.hidden_old_row),
    *_of_tables("empty rows", tables.blank_rows),
    *_of_tables("template hints left in", tables.hints_in_rows),
    *_of_tables(
        "table over a page break: 洪泽", tables.table_split, tables.table_split_with_head, tables.head_repeated
    ),
    *_of_tables("merged cells undone", tables.groups_repeated, tables.unmerged),
    *_of_tables("the report around the form", tables.unrelated_tables, tables.prose_around),
    # figures
    *_of_figures("full-width digits", figures.full_width_digits),
    *_of_figures("thousands separators", figures.thousands_separators),
    *_of_figures("stray spaces", figures.stray_spaces, figures.space_in_number),
    *_of_figures("text-typed numbers", figures.number_as_text),
    *_of_figures("sign as data: -24, +1036", figures.plus_sign),
    *_of_figures("blank / - — 不适用: 上海 2019, 沭阳 2023", figures.blank, figures.marks_for_nothing),
    *_of_figures("unit inside the cell: 251000元", figures.unit_in_cell),
    *_of_figures("notes in a cell: 上海 2025", figures.notes_in_brackets, figures.footnote_marks),
    *_of_figures("Chinese numerals, 〇", figures.chinese_numerals, figures.chinese_digits),
    *_of_figures("qualifiers 约 余 多 近 以上", figures.qualifiers),
    *_of_figures("percent", figures.percent),
    *_of_figures("no number at all", figures.words_in_a_cell, figures.template_hints, figures.error_value),
    *_of_figures("number split over tags: 沭阳 2023", figures.number_over_tags, figures.number_over_lines),
    *_of_figures("floats", figures.float_noise, figures.odd_fraction),
    *_of_figures("negative or fractional counts", figures.negative_or_fractional_count),
    *_of_figures("formula without a cached value", figures.formula_without_value),
    *_of_figures("ordinals that became dates", figures.ordinal_as_date),
]
DIRT: Final[Mapping[str, Dirt]] = {dirt.name: dirt for dirt in _ALL}
