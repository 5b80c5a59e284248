"""Web pages for the reading tests: the forms as portals print them, among what else stands on such pages."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.web.html import read_html
from pipelines.templates.layout import Box, Role, lay_out
from schemas.form import CellKey, Form
from tests.unit.reader_files import ORGAN_NAME, year_of

Dirt = Callable[[str], str]
"""from the text of a cell to what the page has between <td> and </td>"""

NAVIGATION = """<table width="100%"><tr><td><a href="/">首页</a></td><td><a href="/zwgk/">政务公开</a></td>
<td><a href="/2019/">2019年度</a></td></tr></table><ul class=nav><li>机构概况<li>政策文件<li>办事指南</ul>"""


def plain(text: str) -> str:
    return html.escape(text).replace("\n", "<br>") or "&nbsp;"


def form_tables(
    form: Form,
    values: Mapping[CellKey, object],
    *,
    variant: str = "",
    year: int = 0,
    dirt: Dirt = plain,
    one_table: bool = False,
) -> str:
    """The edition as portals print it: a heading and a table for each section, spans as the form prints them."""
    layout = lay_out(form, variant=variant, report_year=year or year_of(form))
    sections: dict[str, str] = {table.code: table.section for table in form.tables}
    out = []
    for section, boxes in groupby(layout.boxes, key=lambda box: "" if one_table else sections[box.table]):
        shown = [box for box in boxes if box.role is not Role.SECTION]
        out.append(
            f"<p><strong>{section}</strong></p><table border=1><tbody>{_rows(shown, values, dirt)}</tbody></table>"
        )
    return "\n".join(out)


def _rows(boxes: Sequence[Box], values: Mapping[CellKey, object], dirt: Dirt) -> str:
    rows: dict[int, list[Box]] = {row: [] for row in range(boxes[0].row, max(box.row + box.rows for box in boxes))}
    for box in boxes:
        rows[box.row].append(box)
    return "".join(f"<tr>{''.join(_cells(row, values, dirt))}</tr>" for row in rows.values())


def _cells(row: Sequence[Box], values: Mapping[CellKey, object], dirt: Dirt) -> Iterator[str]:
    for box in sorted(row, key=lambda box: box.column):
        text = str(values.get(box.key, "")) if box.key else box.text
        spans = (f" rowspan={box.rows}" if box.rows > 1 else "") + (
            f' colspan="{box.columns}"' if box.columns > 1 else ""
        )
        yield f"<td{spans}>{dirt(text)}</td>"


def portal(body: str, *, year: int = 2024, organ: str = ORGAN_NAME, charset: str = "utf-8") -> str:
    """A page as a portal serves it: navigation, a layout table around the article, scripts, a hidden copy, a footer."""
    title = f"{organ}{year}年政府信息公开工作年度报告"
    return f"""<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}">
<title>{title}_{organ}</title><style>td{{border:1px}}</style><script>var t = "<table><tr><td>7777";</script></head>
<body>{NAVIGATION}<div style="display: none">{body.replace("<td", "<td class=old")}</div>
<!-- <table><tr><td>7777</td></tr></table> -->
<table class=frame width=980><tr><td width=200 valign=top>{NAVIGATION}</td><td><h1>{title}</h1>
<p>发布时间：2025-01-20&nbsp;&nbsp;浏览次数：<span id=hits>1234</span></p>
{body}
<p>五、存在的主要问题及改进情况</p></td></tr></table><template><table><tr><td>7777</td></tr></table></template>
<div class=footer>主办：{organ}　网站标识码：3502000001　闽ICP备05000001号</div></body></html>"""


def document(page: str | bytes, limits: Limits | None = None) -> Document:
    return read_html(page.encode() if isinstance(page, str) else page, limits or Limits())


def texts(page: str | bytes) -> list[list[list[str]]]:
    """table -> row -> what stands in each slot, through spans"""
    return [
        [[grid.text(row, column) for column in range(grid.width)] for row in range(grid.height)]
        for grid in document(page).grids
    ]


def paragraphs(page: str | bytes) -> list[str]:
    return [paragraph.text for paragraph in document(page).paragraphs]


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def as_decimals(values: Mapping[CellKey, int | Decimal]) -> dict[CellKey, Decimal]:
    return {key: Decimal(value) for key, value in values.items()}
