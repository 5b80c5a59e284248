"""What happens to tables: rows, columns, spans, sheets, neighbours.

Belongs here: one small function for each row of the list of dirt that moves, adds, takes away or joins cells. Does not
belong here: what stands in a figure's cell, and words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Final

from pipelines.templates.layout import Role
from schemas.form import load_forms
from tests.roundtrip.figures import made_up
from tests.roundtrip.model import (
    Box,
    Line,
    Page,
    Part,
    Table,
    expected,
    print_report,
    print_tables,
    put,
    report_title,
)

_SMALL_TABLES: Final = ("art20_1", "art20_5", "art20_6", "art20_8", "art20_9")


def row_removed(page: Page, rng: Random) -> bool:
    """Rows that the office left out: told as missing, the others unmoved."""
    rows = [(table, row) for table in page.tables for row in table.data_rows if _may_go(page, table, row)]
    for table, row in sorted(rng.sample(rows, min(len(rows), rng.randint(1, 2))), key=lambda at: -at[1]):
        for key in table.keys_in([row]):
            page.expected[key] = expected(None, "missing_row")
        table.delete_row(row)
    return bool(rows)


def _may_go(page: Page, table: Table, row: int) -> bool:
    """Not a row that tells variants apart, and not the whole of a table."""
    codes = {key.indicator_code for key in table.keys_in([row])}
    special = frozenset[str]().union(*page.form.variants.values())
    special |= {code for code, indicator in page.form.indicators.items() if indicator.variant}
    tables = {box.table for box in table.values if box.row == row}
    left = {box.row for box in table.values if box.table in tables} - {row}
    return not codes & special and bool(left)


def rows_shuffled(page: Page, rng: Random) -> bool:
    """Rows of one group in another order, each with its label and figures."""
    moved = False
    for table in page.tables:
        for rows in _siblings(page, table):
            order = rng.sample(rows, len(rows))
            table.move_rows(dict(zip(rows, order, strict=True)))
            moved = moved or order != rows
        # rows of one wording are told apart by their order
        texts = [box.text for box in table.of(Role.LABEL)]
        alike = {box.row for box in table.of(Role.LABEL) if texts.count(box.text) > 1}
        page.may_flag |= table.keys_in(alike)
    return moved


def _siblings(page: Page, table: Table) -> list[list[int]]:
    """Neighbouring rows with one parent, one group and one width of label; all their labels differ."""
    groups: list[list[int]] = []
    last: object = None
    for row in table.data_rows:
        codes = {key.indicator_code for key in table.keys_in([row])}
        boxes = [box for box in table.boxes if box.row <= row <= box.bottom]
        spans = tuple(sorted((box.column, box.columns) for box in boxes if box.rows == 1))
        above = tuple(sorted((box.row, box.column) for box in boxes if box.rows > 1))
        parents = {page.form.indicators[code].parent_code for code in codes}
        kind = (frozenset(parents), spans, above, {box.table for box in boxes}.pop())
        # where nothing is said of a parent, only the matrix' and the annex' rows stand for themselves
        if groups and kind == last and row == groups[-1][-1] + 1 and (parents != {""} or table.form is None):
            groups[-1].append(row)
        else:
            groups.append([row])
        last = kind
    return [rows for rows in groups if len(rows) > 1]


def sum_rows(page: Page, rng: Random) -> bool:
    """合计 and 小计 rows that the form does not have."""
    table = rng.choice(page.tables)
    rows = [row for row in table.data_rows if row > min(table.data_rows)]
    if not rows:
        return False
    after = rng.choice(rows)
    values = [box for box in table.values if box.row == after]
    label = next((b for b in table.of(Role.LABEL) if b.row <= after <= b.bottom and b.rows == 1), None)
    if label is None or not values:
        return False
    spans = [replace(box) for box in values]
    head = replace(label)
    table.insert_row(after + 1)
    # what ended with the row before does not reach into the new one, what goes on does
    table.boxes.append(Box(Role.LABEL, after + 1, head.column, 1, head.columns, rng.choice(["小计", "合计"])))
    first = min(_first_column(table, after), head.column)
    if first < head.column and table.at(after + 1, first) is None:
        table.boxes[-1].column, table.boxes[-1].columns = first, head.right - first + 1
    for box in spans:
        total = sum((Decimal(b.text) for b in table.values if b.column == box.column and _is_number(b)), Decimal(0))
        added = Box(Role.VALUE, after + 1, box.column, 1, box.columns)
        put(added, total)
        table.boxes.append(added)
    return True


def _first_column(table: Table, row: int) -> int:
    return min(box.column for box in table.boxes if box.row <= row <= box.bottom)


def _is_number(box: Box) -> bool:
    return box.stored is not None and not isinstance(box.stored, str) and box.text.replace("-", "").isdecimal()


def remark_column(page: Page, rng: Random) -> bool:
    """备注, right of the table."""
    table = rng.choice(page.tables)
    right = table.width
    tops = _head_tops(table)
    for top, depth in tops:
        table.boxes.append(Box(Role.REMARK, top, right, depth, 1, "备注"))
    for row in table.data_rows:
        if rng.random() < 0.4:
            text = rng.choice(["见附件", "含下属单位", "与上年持平", "增长12%", "3", "其中2件"])
            table.boxes.append(Box(Role.REMARK, row, right, 1, 1, text))
    return bool(tops)


def number_column(page: Page, _rng: Random) -> bool:
    """序号, left of the labels."""
    tables = [table for table in page.tables if table.of(Role.CORNER)]
    for table in tables:
        table.insert_column(0)
        for top, depth in _head_tops(table):
            table.boxes.append(Box(Role.HEADER, top, 0, depth, 1, "序号"))
        for number, row in enumerate(table.data_rows, start=1):
            added = Box(Role.REMARK, row, 0)
            put(added, Decimal(number))
            table.boxes.append(added)
        for box in table.of(Role.CAPTION):
            box.column, box.columns = 0, box.columns + box.column
    return bool(tables)


def _head_tops(table: Table) -> list[tuple[int, int]]:
    """(first row, rows) of each head of the table."""
    corners = table.of(Role.CORNER)
    if corners:
        return [(box.row, box.rows) for box in corners]
    heads = table.of(Role.HEADER)
    top = min(box.row for box in heads)
    return [(top, max(box.bottom for box in heads) - top + 1)]


def blank_column(page: Page, rng: Random) -> bool:
    """An empty column among the figures."""
    table = rng.choice(page.tables)
    table.insert_column(rng.choice([box.column for box in table.values]))
    return True


def last_year_column(page: Page, rng: Random) -> bool:
    """Last year's figures in a column beside this year's, under a head with their year."""
    found = False
    for table in page.tables:
        for head in [box for box in table.of(Role.HEADER) if str(page.year) in box.text]:
            at = head.column + rng.choice([0, 1])
            rows = [box.row for box in table.values if box.column == head.column]
            page.may_flag |= table.keys_in(rows, [head.column])
            text = head.text.replace(str(page.year), str(page.year - 1))
            table.insert_column(at)
            table.boxes.append(Box(Role.REMARK, head.row, at, head.rows, 1, text))
            for row in rows:
                added = Box(Role.REMARK, row, at)
                put(added, Decimal(rng.randrange(1, 10**6)))
                table.boxes.append(added)
            found = True
    page.may_refuse = page.may_refuse or found
    return found


def figures_merged_otherwise(page: Page, rng: Random) -> bool:
    """Figures stand in merged cells other than those of their heads: 上海 2019."""
    tables = [table for table in page.tables if any(b.column > 1 for b in table.values) and table.of(Role.CORNER)]
    if not tables:
        return False
    table = rng.choice(tables)
    columns = sorted({box.column for box in table.values})
    if len(columns) < 2:
        return False
    at = rng.choice(columns[1:])
    table.insert_column(at)
    rows = set(rng.sample(table.data_rows, max(1, len(table.data_rows) // 2)))
    for row in range(table.height):
        left = next((b for b in table.boxes if b.row == row and b.right == at - 1), None)
        right = next((b for b in table.boxes if b.row == row and b.column == at + 1), None)
        if right is not None and row in rows and right.key is not None:
            right.column, right.columns = at, right.columns + 1
            # where the merges are undone it stands under no head
            page.may_flag.add(right.key)
        elif left is not None:
            left.columns += 1
    return True


def head_repeated(page: Page, rng: Random) -> bool:
    """The head once more in the middle of the table, as on a new page."""
    split = _split_point(page, rng)
    if split is None:
        return False
    table, row = split
    heads = _head_of(table, row)
    top, depth = min(box.row for box in heads), max(box.bottom for box in heads) - min(box.row for box in heads) + 1
    copies = [replace(box, row=box.row - top + row) for box in heads]
    groups = [box for box in table.of(Role.LABEL) if box.row < row <= box.bottom]
    for _ in range(depth):
        table.insert_row(row)
    for box in groups:
        # the group's label ends above the head and begins anew below it
        table.boxes.append(replace(box, row=row + depth, rows=box.bottom - row - depth + 1))
        box.rows = row - box.row
    table.boxes += copies
    return True


def table_split(page: Page, rng: Random) -> bool:
    """The table goes on after a page break, without its head; a group's label may stay behind."""
    return _split(page, rng, with_head=False)


def table_split_with_head(page: Page, rng: Random) -> bool:
    """The table goes on after a page break, its head repeated."""
    return _split(page, rng, with_head=True)


def _split(page: Page, rng: Random, *, with_head: bool) -> bool:
    split = _split_point(page, rng)
    if split is None:
        return False
    table, row = split
    heads = _head_of(table, row) if with_head else []
    top = min((box.row for box in heads), default=0)
    depth = max((box.bottom for box in heads), default=-1) - top + 1
    if not with_head:
        # whether it belongs together is what the reader must find out
        page.may_flag |= table.keys_in(range(row, table.height))
    rest = [replace(box, row=box.row - top) for box in heads]
    kept: list[Box] = []
    says_again = rng.random() < 0.5
    for box in table.boxes:
        if box.row >= row:
            rest.append(replace(box, row=box.row - row + depth))
        elif box.bottom >= row:
            text = box.text if says_again else ""
            rest.append(replace(box, row=depth, rows=box.bottom - row + 1, text=text))
            kept.append(replace(box, rows=row - box.row))
        else:
            kept.append(box)
    second = Table(rest, table.form)
    table.boxes = kept
    items = page.main.items
    items.insert(items.index(table) + 1, second)
    if rng.random() < 0.5:
        items.insert(items.index(table) + 1, Line(f"- {rng.randint(2, 9)} -"))
    return True


def _split_point(page: Page, rng: Random) -> tuple[Table, int] | None:
    """A row of a table with at least two rows on each side of it under one head."""
    points = []
    for table in page.tables:
        heads = [box.bottom for box in table.of(Role.HEADER)]
        rows = [row for row in table.data_rows if heads and row > min(heads)]
        points += [(table, row) for row in rows[2:-1] if _rows_above(table, row) > 1]
    return rng.choice(points) if points else None


def _rows_above(table: Table, row: int) -> int:
    """Rows with figures between ``row`` and the head above it."""
    head = max((box.bottom for box in table.of(Role.HEADER) if box.row < row), default=0)
    return sum(1 for other in table.data_rows if head < other < row)


def _head_of(table: Table, row: int) -> list[Box]:
    """The boxes of the head that stands over a row."""
    bottoms = [box.bottom for box in table.of(Role.HEADER) if box.row < row]
    last = max(bottoms)
    captions = [box.bottom for box in table.of(Role.CAPTION) if box.row <= last]
    above = [box for box in table.of(Role.HEADER, Role.CORNER) if max(captions, default=-1) < box.row <= last]
    return [box for box in above if box.bottom <= last]


def unmerged(page: Page, _rng: Random) -> bool:
    """Nothing is merged any more: a label stands in the first of its cells."""
    for table in page.tables:
        for box in table.boxes:
            box.rows = box.columns = 1
    return True


def groups_repeated(page: Page, _rng: Random) -> bool:
    """Nothing is merged, and each row says its group again."""
    found = False
    for table in page.tables:
        for box in [box for box in table.of(Role.LABEL) if box.rows > 1]:
            table.boxes += [replace(box, row=row, rows=1) for row in range(box.row + 1, box.bottom + 1)]
            box.rows, found = 1, True
    return found


def blank_rows(page: Page, rng: Random) -> bool:
    """Empty rows between the rows of a long table."""
    tables = [table for table in page.tables if len(table.data_rows) > len(_SMALL_TABLES)]
    for table in tables:
        for row in sorted(rng.sample(table.data_rows[1:], 2), reverse=True):
            table.insert_row(row)
    return bool(tables)


def hidden_row(page: Page, rng: Random) -> bool:
    """A row of the form that somebody has hidden: read, or asked about."""
    tables = [table for table in page.tables if table.of(Role.LABEL)]
    if not tables:
        return False
    table = rng.choice(tables)
    row = rng.choice(table.data_rows)
    table.hidden_rows.add(row)
    page.may_flag |= table.keys_in([row])
    return True


def hidden_old_row(page: Page, rng: Random) -> bool:
    """Last year's row, hidden above this year's."""
    tables = [table for table in page.tables if table.of(Role.LABEL)]
    if not tables:
        return False
    table = rng.choice(tables)
    row = rng.choice(table.data_rows)
    again = [replace(box) for box in table.boxes if box.row == row == box.bottom]
    table.insert_row(row)
    for box in again:
        if box.key is not None:
            put(box, Decimal(rng.randrange(1, 10_000)))
            box.key = None
    table.boxes += again
    table.hidden_rows.add(row)
    page.may_flag |= table.keys_in([row + 1])
    return True


def column_swapped(page: Page, rng: Random) -> bool:
    """Two columns change places, their heads with them."""
    pairs = []
    for table in page.tables:
        leaves = _leaf_heads(table)
        pairs += [
            (table, one, two)
            for number, one in enumerate(leaves)
            for two in leaves[number + 1 :]
            if (one.row, one.rows, one.columns) == (two.row, two.rows, two.columns)
            and _parent(table, one) is _parent(table, two)
            and one.table == two.table
        ]
    if not pairs:
        return False
    table, one, two = rng.choice(pairs)
    rows = range(one.row, _next_head(table, one))
    place = {one.column: two.column, two.column: one.column}
    for box in table.boxes:
        if box.row in rows and box.rows <= one.rows and box.columns == one.columns and box.column in place:
            box.column = place[box.column]
    return True


def _leaf_heads(table: Table) -> list[Box]:
    """Heads right over figures."""
    values = {(box.row, box.column) for box in table.values}
    return [box for box in table.of(Role.HEADER) if (box.bottom + 1, box.column) in values]


def _parent(table: Table, head: Box) -> Box | None:
    return table.at(head.row - 1, head.column) if head.row else None


def _next_head(table: Table, head: Box) -> int:
    return min((box.row for box in table.of(Role.CAPTION, Role.CORNER) if box.row > head.row), default=table.height)


def small_tables_apart(page: Page, _rng: Random) -> bool:
    """Each of the small tables by itself, its caption a line above it."""
    found = False
    for table in page.tables:
        captions = table.of(Role.CAPTION)
        if not captions:
            continue
        items = page.main.items
        place = items.index(table)
        items[place : place + 1] = [item for code in _codes(table) for item in _alone(table, code)]
        found = True
    return found


def transposed(page: Page, rng: Random) -> bool:
    """A small table lying on its side: rows for columns."""
    tables = [table for table in page.tables if set(_codes(table)) <= set(_SMALL_TABLES) and len(_codes(table)) > 1]
    if not tables:
        return False
    items = page.main.items
    place = items.index(tables[0])
    chosen = rng.choice(_codes(tables[0]))
    apart: list[Line | Table] = []
    for code in _codes(tables[0]):
        line, table = _alone(tables[0], code)
        if code == chosen:
            table = _on_its_side(table)
        apart += [line, table]
    items[place : place + 1] = apart
    return True


def _on_its_side(table: Table) -> Table:
    flat = table.compact()
    roles = {Role.LABEL: Role.HEADER, Role.HEADER: Role.LABEL}
    boxes = [
        replace(b, row=b.column, column=b.row, rows=b.columns, columns=b.rows, role=roles.get(b.role, b.role))
        for b in flat.boxes
    ]
    return Table(boxes, table.form)


def _codes(table: Table) -> list[str]:
    return list(dict.fromkeys(box.table for box in table.boxes if box.table))


def _alone(table: Table, code: str) -> tuple[Line, Table]:
    """(its caption, the table ``code`` without it)."""
    boxes = [box for box in table.boxes if box.table == code]
    caption = next((box for box in boxes if box.role is Role.CAPTION), None)
    rest = [box for box in boxes if box is not caption]
    top = min(box.row for box in rest)
    for box in rest:
        box.row -= top
    return Line(caption.text if caption else "", "caption"), Table(rest, table.form)


def hints_in_rows(page: Page, rng: Random) -> bool:
    """The template's hint under the heads, and beside the table."""
    table = rng.choice(page.tables)
    row = table.data_rows[0]
    table.insert_row(row)
    hint = rng.choice(
        ["填表说明：没有的填0，空白不等于零", "（示例：12，只填数字）", "单位：件", "注：以下各栏只填阿拉伯数字"]
    )
    table.boxes.append(Box(Role.REMARK, row, 0, 1, table.width, hint))
    return True


def unrelated_tables(page: Page, rng: Random) -> bool:
    """Other tables of the report before and after the form's."""
    items = page.main.items
    items.insert(1, _other_table(rng, [("机构名称", "电话", "邮编"), ("办公室", "0592-2893000", "361003")]))
    rows = [
        ("栏目", "信息数", "占比"),
        ("政策文件", "120", "35%"),
        ("财政信息", "88", "25.7%"),
        ("其他", "134", "39.3%"),
    ]
    items.append(Line("附：各栏目信息发布情况"))
    items.append(_other_table(rng, rows))
    items.append(Line("收费及减免情况：无。"))
    return True


def _other_table(rng: Random, rows: Sequence[Sequence[str]]) -> Table:
    boxes = []
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            box = Box(Role.REMARK, row, column, text=text)
            if text.isdecimal() and rng.random() < 0.8:
                put(box, Decimal(text))
            boxes.append(box)
    return Table(boxes)


def prose_around(page: Page, rng: Random) -> bool:
    """The report's text before and between the tables, with years and figures in it."""
    items = page.main.items
    said = rng.randrange(10, 5000)
    items.insert(1, Line(f"本报告所列数据统计期限为{page.year}年1月1日至12月31日，共有{said}条信息。"))
    items.insert(len(items) // 2, Line(f"与{page.year - 1}年相比，申请量增长{rng.randrange(2, 90)}.5%。"))
    items.append(Line("六、其他需要报告的事项\n本年度没有需要报告的其他事项。"))
    return True


def hidden_sheet_of_last_year(page: Page, rng: Random) -> bool:
    """Last year's report on a hidden sheet."""
    page.parts.insert(rng.choice([0, len(page.parts)]), _last_year(page, rng, is_hidden=True))
    return True


def last_year_first(page: Page, rng: Random) -> bool:
    """Last year's report, whole and with its own title, lies before this year's: read as what it is, or refused."""
    part = _last_year(page, rng, is_hidden=False)
    if rng.random() < 0.5:
        page.parts.insert(0, part)
    else:
        page.main.items[:0] = part.items
    page.may_refuse = True
    return True


def last_year_below(page: Page, rng: Random) -> bool:
    """Last year's report after this year's, on the same sheet or the next."""
    part = _last_year(page, rng, is_hidden=False)
    if rng.random() < 0.5:
        page.parts.append(part)
    else:
        page.main.items += part.items
    page.may_refuse = True
    return True


def _last_year(page: Page, rng: Random, *, is_hidden: bool) -> Part:
    return _another(page, rng, page.year - 1, page.organ, is_hidden=is_hidden)


def two_organs(page: Page, rng: Random) -> bool:
    """Another organ's report of the same year behind the first: each as what it is, or refused."""
    part = _another(page, rng, page.year, "厦门市同安区应急管理局", is_hidden=False)
    if rng.random() < 0.5:
        page.parts.append(part)
    else:
        page.main.items += part.items
    page.may_refuse = True
    return True


def _another(page: Page, rng: Random, year: int, organ: str, *, is_hidden: bool) -> Part:
    """The same form once more; its figures are none of the report asked for."""
    other = print_report(page.form, page.variant, year, made_up(page.form, page.variant, rng), organ=organ)
    part = other.main
    part.name, part.is_hidden, part.is_main = f"{organ[-5:]}{year}", is_hidden, False
    if not is_hidden:
        page.others[page.form.form_code, year, organ] = other.expected
    for table in part.tables:
        for box in table.boxes:
            box.key = None
        table.form = None
    return part


def two_forms(page: Page, rng: Random) -> bool:
    """Another form of the same year behind the first."""
    others = [form for form in load_forms().values() if form.covers(page.year) and form is not page.form]
    if not others:
        return False
    form = rng.choice(others)
    figures = made_up(form, "", rng)
    items = print_tables(form, "", page.year, figures)
    for item in items:
        if isinstance(item, Table):
            for box in item.boxes:
                box.key = None
            item.form = None
    page.others[form.form_code, page.year, page.organ] = {key: expected(value) for key, value in figures.items()}
    title = Line(report_title(page.organ, page.year), "title")
    if rng.random() < 0.5:
        page.parts.append(Part("补充", [title, *items], is_main=False))
    else:
        page.main.items += items
    page.may_refuse = True
    return True


def year_in_words(page: Page, rng: Random) -> bool:
    """The heads say 本年度, or the year with 年."""
    found = False
    for table in page.tables:
        for box in table.of(Role.HEADER):
            if box.text == f"{page.year}年度":
                box.text, found = rng.choice(["本年度", f"{page.year}年", f"{page.year}\n年度"]), True
    return found
