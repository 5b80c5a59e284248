"""Who reports on which year, as the file itself says.

Belongs here: the template's hidden sheet and labelled cells, and for a workbook typed by hand its title, heads and file
name. Does not belong here: whether that organ may file in that folder (``pipelines.assignment``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipelines.readers.document import Paragraph
from pipelines.readers.grid import Grid, Position
from pipelines.readers.labels import normalise, years_in
from pipelines.readers.model import Problem
from pipelines.readers.reject import RejectedError

IDENTITY_SHEET: Final = "_gongkai"
TEMPLATE_MARK: Final = "gongkai-template"
"""on the hidden sheet of a template, with what it is for below it"""
ANSWER_MARK: Final = "gongkai-answer"
"""on the hidden sheet of an answer's copy, with the receipt's number beside it: it is no report"""
FORM_SHEET: Final = "统计表"
"""the sheet of a template that has the form"""
HELP_COLUMN: Final = "help_column"
"""key on a template's hidden sheet: from which column on (1 = A) the form's sheet has what nobody reads"""
HELP_HEADS: Final = {"check": "核对（不读取）", "reference": "上年数（参考，不读取）"}
"""heads of the columns that a template has right of the form, for whoever fills it in"""
REASON_LABEL: Final = "重报原因"
_LABELS: Final = {
    "填报单位": "organ_name",
    "单位名称": "organ_name",
    "单位代码": "organ_code",
    "机构代码": "organ_code",
    "报告年度": "report_year",
    "年度": "report_year",
    "零报告": "is_nil",
    REASON_LABEL: "resubmission_reason",
}
_INLINE: Final = re.compile(r"(?P<label>[^：:]{2,6})[：:](?P<value>.+)", re.DOTALL)
_TITLE: Final = re.compile(r"(?P<organ>.{3,40}?)(?:关于)?(?P<year>20\d{2})年(?:度)?政府信息公开")
_REPORT: Final = r"(?P<year>20\d{2})年(?:度)?政府信息公开(?:工作)?(?:年度)?(?:工作)?(?:情况)?(?:的)?报告"
_WHOLE_TITLE: Final = re.compile(rf"(?P<organ>[^，。：；,;:0-9]{{3,40}}?)(?:关于)?{_REPORT}")
_YEAR_TITLE: Final = re.compile(f"{_REPORT}$")
_ORGAN_ENDS: Final = re.compile(r"^[一-鿿()]+(?:局|委|办|会|室|府|厅|院|馆|心|站|处|所|道|镇|区|队|社|校|学|司|台)$")
"""how names of organs end: the line above a title may be anything"""
_TITLE_LINES: Final = 3
_LONGEST_TITLE: Final = 120
_LONGEST: Final = 200
"""characters of a cell that may still be a title or name the organ"""
_LONGEST_REASON: Final = 500
"""characters of a reason that are kept"""
_TOP_LINES: Final = 12
_YES: Final = frozenset({"是", "有", "零报告", "yes"})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a workbook says of itself; '' and None where it does not. ``problems`` are its contradictions."""

    organ_code: str
    organ_name: str
    report_year: int | None
    is_nil: bool
    form_code: str
    resubmission_reason: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A report in a file, or what is common to several: its visible grids, the text around them, its year heads."""

    grids: Sequence[Grid]
    paragraphs: Sequence[Paragraph]
    heads: Sequence[str]
    above: int | None = None
    """of several reports in a text: how many of the paragraphs stand above its tables; the nearest title is its own"""


_Statement = tuple[str, str, str, str]
"""(name, value, sheet, address) of a labelled cell"""


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a part says of itself."""

    labelled: Sequence[_Statement]
    title: Mapping[str, str]
    year: int | None

    def of(self, name: str) -> str:
        return next((text for label, text, _, _ in self.labelled if label == name), "")


def read_identities(
    parts: Sequence[Part], common: Part, file_name: str, assumed_year: int | None = None
) -> list[Identity]:
    """The identity of each report of a file, the most explicit statement first.

    Order: labelled cells, title and column heads, name of its sheet, hidden sheet, the file's other reports, file name.
    Labelled cells that contradict the hidden sheet win and are reported (V10). ``assumed_year`` counts, and is told
    (V03), where the file states no year at all. Raises RejectedError where a report's year is stated in contradictory
    ways.
    """
    hidden = _hidden(common.grids)
    shared = _stated(common)
    stated = [_stated(part) for part in parts]
    # with several years in a file, a report that states none may be of any of them
    years = {item.year for item in (*stated, shared) if item.year}
    fallback = years.pop() if len(years) == 1 else _one_year([file_name.rsplit(".", 1)[0]])
    return [_identity(item, shared, hidden, fallback=fallback, assumed_year=assumed_year) for item in stated]


def _identity(
    stated: _Stated,
    shared: _Stated,
    hidden: Mapping[str, str],
    *,
    fallback: int | None,
    assumed_year: int | None,
) -> Identity:
    year = stated.year or shared.year or _one_year([hidden.get("report_year", "")]) or fallback
    labelled = list(stated.labelled)
    if stated.year and not stated.of("report_year"):
        labelled.append(("report_year", str(stated.year), "", ""))
    problems = list(_contradictions(labelled, hidden))
    if year is None and assumed_year is not None:
        year = assumed_year
        problems.append(assumption(year))

    def said(name: str) -> str:
        return stated.of(name) or shared.of(name)

    return Identity(
        organ_code=said("organ_code") or hidden.get("organ_code", ""),
        organ_name=said("organ_name") or stated.title.get("organ_name") or shared.title.get("organ_name", ""),
        report_year=year,
        is_nil=normalise(said("is_nil")) in _YES,
        form_code=hidden.get("form_code", ""),
        resubmission_reason=one_reason([said("resubmission_reason")]),
        problems=tuple(problems),
    )


def _stated(part: Part) -> _Stated:
    """Raises RejectedError where the part states several years."""
    grids = [grid for grid in part.grids if not grid.is_hidden and grid.sheet != IDENTITY_SHEET]
    labelled = [*_labelled(grids), *_labelled_lines(part.paragraphs)]
    reasons = {text for name, text, _, _ in labelled if name == "resubmission_reason"}
    title = _title(grids, reasons) or _title_above(part) or _title_of_text(part.paragraphs)
    year = _one_year(text for name, text, _, _ in labelled if name == "report_year")
    year = year or _one_year([title.get("report_year", ""), *part.heads])
    named = {year for grid in grids for year in years_in(grid.sheet)}
    if year is None and len(named) == 1:
        year = named.pop()
    return _Stated(labelled, title, year)


def title_at(paragraphs: Sequence[Paragraph], begin: int, end: int) -> int:
    """Where in ``paragraphs[begin:end]`` the next report begins: at its title, else at the end."""
    for index in range(begin, end):
        if _title_of_text(paragraphs[index : min(index + _TITLE_LINES, end)], only_first=True):
            return index
    return end


def one_reason(texts: Iterable[str]) -> str:
    """The reason for filing again in one line, bounded; '' where none is given."""
    different = dict.fromkeys(" ".join(text.split()) for text in texts)
    return "；".join(filter(None, different))[:_LONGEST_REASON]


def assumption(year: int) -> Problem:
    """V03, uncertain: the file states no year and would be refused; ``year`` is the one it was read under."""
    message = f"文件没有写明报告年度，暂按{year}年度核对；请在表上方写明“报告年度：{year}”后再报送，否则收件时读不了"
    return Problem("V03", message, scope="identity/report_year", outcome="uncertain")


def _one_year(texts: Iterable[str]) -> int | None:
    """The one year that the texts print, if they print any; several different ones are a contradiction."""
    years = {year for text in texts for year in years_in(text)}
    if len(years) > 1:
        said = "、".join(str(year) for year in sorted(years))
        raise RejectedError("V03", f"报告年度前后不一（{said}），无法判断；请在表上方写明“报告年度：”并只写一个年度")
    return years.pop() if years else None


def refuse_answer(grids: Sequence[Grid]) -> None:
    """Raise RejectedError where the workbook is the copy in an answer of ours."""
    for grid in grids:
        if grid.sheet == IDENTITY_SHEET and grid.text(0, 0) == ANSWER_MARK:
            raise RejectedError(
                "V03",
                f"这是系统发出的回执副本（{grid.text(0, 1)}），不是报表，没有采用；原来的报表不受影响。"
                "请在自己的原文件上改正，把改好的原文件放入收件箱",
            )


def without_help(grids: Sequence[Grid]) -> list[Grid]:
    """The grids without the help columns of a template of ours, whatever stands there.

    They are known by their heads, which move along where a column was inserted or deleted.
    """
    stated = _hidden(grids).get(HELP_COLUMN, "")
    return [_left_of_help(grid, int(stated) - 1) if stated.isdecimal() else grid for grid in grids]


def _left_of_help(grid: Grid, stated: int) -> Grid:
    if grid.sheet != FORM_SHEET:
        return grid
    heads = [column for (_, column), printed in grid.cells.items() if printed.text in HELP_HEADS.values()]
    first = min(heads, default=stated)
    cells = {place: printed for place, printed in grid.cells.items() if place[1] < first}
    return replace(grid, cells=cells, spans=[span for span in grid.spans if span.left < first])


def _hidden(grids: Sequence[Grid]) -> dict[str, str]:
    for grid in grids:
        if grid.sheet == IDENTITY_SHEET and grid.text(0, 0) == TEMPLATE_MARK:
            return {grid.text(row, 0): grid.text(row, 1) for row in range(1, grid.height)}
    return {}


def _labelled(grids: Sequence[Grid]) -> list[_Statement]:
    """(name, value, sheet, address) of labelled cells: the value to the right of its label, or both in one cell."""
    found = []
    for grid in grids:
        for (line, column), text in _top(grid):
            name = _LABELS.get(normalise(text))
            value, place = "", (line, column)
            if name is not None:
                place = _next_cell(grid, line, column)
                value = grid.at(place).text.strip()
            elif match := _INLINE.fullmatch(text):
                name = _LABELS.get(normalise(match["label"]))
                value = match["value"].strip()
            # 年度 is a column head too, with another head to its right
            if name is not None and value and (name != "report_year" or years_in(value)):
                found.append((name, value, grid.sheet, grid.where(place)))
    return found


def _top(grid: Grid) -> list[tuple[Position, str]]:
    """The short texts of the first lines, where a form says whose it is."""
    # of two reports on one sheet the lower one begins far down
    top = grid.begins
    return [
        (position, printed.text.strip())
        for position, printed in sorted(grid.cells.items())
        if position[0] < top + _TOP_LINES and len(printed.text) <= _LONGEST
    ]


def _next_cell(grid: Grid, line: int, column: int) -> tuple[int, int]:
    here = grid.anchor((line, column))
    place = column + 1
    while place < grid.width and grid.anchor((line, place)) == here:
        place += 1
    return line, place


def _labelled_lines(paragraphs: Sequence[Paragraph]) -> list[_Statement]:
    """What lines of running text state as 报告年度：2024."""
    found = []
    for sheet, where, text in paragraphs:
        match = _INLINE.fullmatch(text.strip()) if len(text) <= _LONGEST else None
        name = _LABELS.get(normalise(match["label"])) if match else None
        value = match["value"].strip() if match else ""
        if name is not None and value and (name != "report_year" or years_in(value)):
            found.append((name, value, sheet, where))
    return found


def _title_above(part: Part) -> dict[str, str]:
    """The title nearest above a report's tables, where the text holds several reports."""
    for begin in range((part.above or 0) - 1, -1, -1):
        if found := _title_of_text(part.paragraphs[begin : part.above], only_first=True):
            return found
    return {}


def _title_of_text(paragraphs: Sequence[Paragraph], *, only_first: bool = False) -> dict[str, str]:
    """Organ and year of a title among lines of text, also of one that is broken over two or three of them."""
    lines = ["".join(unicodedata.normalize("NFKC", text).split()) for _, _, text in paragraphs]
    for count in range(1, _TITLE_LINES + 1):
        for begin in range(1 if only_first else len(lines)):
            joined = "".join(lines[begin : begin + count])
            match = _WHOLE_TITLE.match(joined) if len(joined) <= _LONGEST_TITLE else None
            if match and (count == 1 or _ORGAN_ENDS.search(match["organ"])):
                return {"organ_name": match["organ"], "report_year": match["year"]}
    years = [match["year"] for line in lines if (match := _YEAR_TITLE.match(line))]
    return {"report_year": years[0]} if years and not only_first else {}


def _title(grids: Sequence[Grid], reasons: Container[str]) -> dict[str, str]:
    for grid in grids:
        for _, text in _top(grid):
            # what was corrected may be a report by its whole title
            if text in reasons or REASON_LABEL in text:
                continue
            if match := _TITLE.match("".join(unicodedata.normalize("NFKC", text).split())):
                return {"organ_name": match["organ"], "report_year": match["year"]}
    return {}


def _contradictions(labelled: Sequence[_Statement], hidden: Mapping[str, str]) -> Iterable[Problem]:
    words = {"organ_code": "单位代码", "report_year": "报告年度"}
    for name, text, sheet, where in labelled:
        if name in words and name in hidden and not _agree(name, text, hidden[name]):
            message = (
                f"{words[name]}填的是“{text}”，而这份模板是为“{hidden[name]}”生成的；"
                "请确认没有拿错模板，或重新下载本单位本年度的模板"
            )
            yield Problem("V10", message, sheet, where, text, scope=f"identity/{name}")


def _agree(name: str, text: str, hidden: str) -> bool:
    return years_in(text) == years_in(hidden) if name == "report_year" else normalise(text) == normalise(hidden)
