"""What happens to the words of a form: labels, heads, captions, section headings.

Belongs here: one small function for each row of the list of dirt that is about words; none of them touches a figure or
moves a cell. Does not belong here: figures, rows and columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from random import Random
from typing import Final

from pipelines.templates.layout import Role
from tests.roundtrip.model import Box, Line, Page, Table, on_labels

WORDS: Final = (Role.LABEL, Role.HEADER, Role.CORNER, Role.CAPTION)
_SUPPLEMENT: Final = {"民": "⺠", "见": "⻅", "门": "⻔", "长": "⻓", "鱼": "⻥", "齐": "⻬", "风": "⻛"}
_LOOK_ALIKES: Final = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x2F00, 0x2FD6)}
_TO_FULL: Final = str.maketrans("():,;.", "（）：，；．")
_TO_HALF: Final = str.maketrans("（）：，；“”", '():,;""')
_BRACKETS: Final = ("〔〕", "[]", "【】", "()", "（）")
_ORDINAL: Final = re.compile(r"^(?:其中[:：])?(?:[一二三四五六七八九十]、|（[一二三四五六七八九十]）|[0-9]{1,2}\.)")
_SHORT: Final = 5
_FEW: Final = 2
_KEPT: Final = 0.8
"""share of a label's characters above which the loss of the others must do no harm"""


def look_alikes(page: Page, _rng: Random) -> bool:
    """Radicals that look like the characters: what text layers of PDFs hold."""
    table = str.maketrans(_LOOK_ALIKES | _SUPPLEMENT)
    on_labels(page, WORDS, lambda text: text.translate(table))
    return True


def spaces_in_labels(page: Page, rng: Random) -> bool:
    def spread(text: str) -> str:
        at = rng.randrange(len(text) + 1)
        return text[:at] + rng.choice([" ", "　", "  ", "\u00a0"]) + text[at:] if text else text

    on_labels(page, WORDS, spread)
    return True


def broken_heads(page: Page, rng: Random) -> bool:
    """商业企/业, 本年新/制作数量, 总 计."""

    def broken(text: str) -> str:
        at = rng.randrange(1, len(text)) if len(text) > 1 else 0
        return f"{text[:at]}{rng.choice([chr(10), ' '])}{text[at:]}" if at else text

    on_labels(page, WORDS, broken)
    return True


def brackets_and_width(page: Page, rng: Random) -> bool:
    opening, closing = rng.choice(_BRACKETS)
    width = rng.choice([_TO_FULL, _TO_HALF])

    def change(text: str) -> str:
        return text.translate(width).translate(str.maketrans("（）()", f"{opening}{closing}{opening}{closing}"))

    on_labels(page, WORDS, change)
    return True


def full_width_ordinals(page: Page, _rng: Random) -> bool:
    table = str.maketrans("0123456789.", "０１２３４５６７８９．")
    on_labels(page, (Role.LABEL,), lambda text: text.translate(table))
    return True


def ordinals_lost(page: Page, rng: Random) -> bool:
    """The automatic numbering of Word is not in its text."""
    boxes = _labels(page, lambda text: bool(_ORDINAL.match(text)))
    chosen = rng.sample(boxes, min(len(boxes), rng.randint(1, 8)))
    for table, box in chosen:
        box.text = _ORDINAL.sub("", box.text)
        page.may_flag |= _row_of(table, box)
    return bool(chosen)


def characters_lost(page: Page, rng: Random) -> bool:
    """One to three characters of some labels are gone: 2.其他法律行政止公开."""
    boxes = _labels(page, lambda text: len(text) >= _SHORT)
    chosen = rng.sample(boxes, min(len(boxes), rng.randint(1, 6)))
    for table, box in chosen:
        before = len(box.text)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(box.text))
            box.text = box.text[:at] + box.text[at + 1 :]
        if len(box.text) < _KEPT * before:
            page.may_flag |= _row_of(table, box)
    return bool(chosen)


def characters_lost_in_heads(page: Page, rng: Random) -> bool:
    """A head of four characters that loses one may be any of its neighbours: a doubt is legitimate."""
    heads = [(t, box) for t in page.tables for box in t.of(Role.HEADER) if len(box.text) > 3]
    if not heads:
        return False
    table, box = rng.choice(heads)
    at = rng.randrange(len(box.text))
    box.text = box.text[:at] + box.text[at + 1 :]
    columns = range(box.column, box.right + 1)
    rows = range(box.row, _end_of(table, box))
    page.may_flag |= table.keys_in(rows, columns)
    # the one head of a table, or its year, is what the table is known by
    page.may_refuse = page.may_refuse or len({b.column for b in table.values}) <= _FEW
    return True


def wrong_characters(page: Page, rng: Random) -> bool:
    """One character read as another: 沐阳 for 沭阳."""
    boxes = _labels(page, lambda text: len(text) >= 2 * _SHORT)
    chosen = rng.sample(boxes, min(len(boxes), rng.randint(1, 4)))
    for _, box in chosen:
        at = rng.randrange(_SHORT, len(box.text))
        box.text = f"{box.text[:at]}{rng.choice('囗曰沐末己')}{box.text[at + 1 :]}"
    return bool(chosen)


def other_wording(page: Page, rng: Random) -> bool:
    """The label that the form's list of spells has for the row: 逾期不补正."""
    chosen = False
    for table in page.tables:
        if table.form is None:
            continue
        known = {row.path[-1]: row.aliases for t in table.form.tables for row in t.rows if row.path and row.aliases}
        for box in table.of(Role.LABEL):
            if box.text in known and rng.random() < 0.7:
                box.text, chosen = rng.choice(known[box.text]), True
    return chosen


def wrong_label(page: Page, rng: Random) -> bool:
    """A row under the label of another row of the same table: nobody can say which of the two is which."""
    tables = [table for table in page.tables if len(_leaves(table)) > 3]
    if not tables:
        return False
    table = rng.choice(tables)
    leaves = _leaves(table)
    first, second = rng.sample(leaves, 2)
    texts = [box.text for box in leaves]
    # rows of one wording are told apart by the rows around them
    doubtful = [box for box in leaves if texts.count(box.text) > 1]
    first.text = second.text
    for box in (first, second, *doubtful):
        page.may_flag |= _row_of(table, box)
    if first.rows * second.rows != 1 or first.column != second.column:
        page.may_refuse = True
    return True


def section_numbers_restarted(page: Page, _rng: Random) -> bool:
    """Every section is the first."""
    lines = _sections(page)
    for line in lines:
        line.text = re.sub("^[一二三四五六七八九]、", "一、", line.text)
    return bool(lines)


def section_heading_wrong(page: Page, rng: Random) -> bool:
    """l六、, the heading of another section, or none."""
    lines = _sections(page)
    line = rng.choice(lines)
    line.text = rng.choice([f"l{line.text}", "六、其他需要报告的事项", "", rng.choice(lines).text])
    return True


def _sections(page: Page) -> list[Line]:
    return [item for item in page.main.items if isinstance(item, Line) and item.kind == "section"]


def _labels(page: Page, fits: Callable[[str], bool]) -> list[tuple[Table, Box]]:
    return [(table, box) for table in page.tables for box in table.of(Role.LABEL) if fits(box.text)]


def _leaves(table: Table) -> list[Box]:
    """The label right before the figures, in each row that has figures."""
    rows = set(table.data_rows)
    labels = [box for box in table.of(Role.LABEL) if box.rows == 1 and box.row in rows]
    last = {box.row: max(b.column for b in labels if b.row == box.row) for box in labels}
    return [box for box in labels if box.column == last[box.row]]


def _row_of(table: Table, label: Box) -> set:
    return table.keys_in(range(label.row, label.bottom + 1))


def _end_of(table: Table, head: Box) -> int:
    """The row in which the next table under the same heading begins."""
    below = [box.row for box in table.of(Role.CAPTION) if box.row > head.row]
    return min(below, default=table.height)
