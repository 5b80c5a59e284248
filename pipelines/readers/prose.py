"""From the paragraphs of a report to its figures.

Belongs here: finding numbers in running text and telling by the table of phrases (``schemas/prose_phrases.csv``) which
figure each one is, with unit, qualifier, measure and the day it runs to; title and statistical period. Paragraphs come
from any kind of file. Does not belong here: where paragraphs stand in a file, judging.

Nothing is guessed: a number that no phrase explains is listed. Dates, numbers of documents and numbers without a unit
(968123热线) are no figures; they are only counted. Numbers in Chinese characters are figures only where a phrase
explains them: 三项制度 is none.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from pipelines.readers.document import Paragraph
from pipelines.readers.model import Problem, ReadCell
from pipelines.readers.numbers import ROUGH, SCALES, exact, unit_factor
from pipelines.readers.numerals import NUMERAL, numeral
from schemas.form import CellKey
from schemas.narrative import (
    NARRATIVE_SHEET,
    PERIOD_END,
    PERIOD_START,
    TITLE_ORGAN,
    TITLE_YEAR,
    Phrase,
    Words,
    load_narrative_codes,
    load_phrases,
    share_codes,
)

_MOST_PARAGRAPHS: Final = 2000
_LONGEST: Final = 20_000
"""characters of a paragraph that are read"""
_MOST_CHARACTERS: Final = 1_000_000
_MOST_NUMBERS: Final = 3000
"""a whole report of a city has twenty thousand characters and two hundred numbers"""
_SHOWN: Final = 10
"""numbers not understood that the one sentence about them repeats"""
_LEAD: Final = 60
"""characters before a number in which its phrase stands"""
_NEAR: Final = 12
"""characters between the last words of a phrase and the number"""
_SENTENCE: Final = 400
"""characters before a number that still count as its sentence"""
_TITLE_LINES: Final = 12
_LONGEST_NUMBER: Final = 40

# one character for one, so that positions in the text stay what they are; wide punctuation is no part of a number
_WIDE_CODES: Final = (code for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；：！？")
_NARROW: Final = {0x3000: 0x20} | {code: code - 0xFEE0 for code in _WIDE_CODES}

_WIDE_SEPARATOR: Final = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_DROPPED: Final = str.maketrans(",:", "，：", " \t\r\u3000“”\"'‘’「」《》〈〉")
_SENTENCE_END: Final = re.compile(r"[。；！？;!?\n]")
_CLAUSE_END: Final = re.compile(r"[，,。；;\n]")
_ARABIC: Final = r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
_SCALED: Final = "(?P<odd>[余多几])?(?:[ ]?(?P<scale>万亿|亿|万|千|百))?(?P<odd_too>[余多几])?"
_UNIT: Final = "[ ]{0,2}(?P<unit>%|元|人次|件次|[条件项次期篇份场个人位家宗起例张台页部册名户套])"
_OVER: Final = "(?P<over>以上|左右|上下)?"
_NUMBER: Final = re.compile(rf"(?<![0-9A-Za-z.])(?P<number>{_ARABIC})(?![0-9]){_SCALED}(?:{_UNIT})?{_OVER}")
_WORDED: Final = re.compile(
    rf"(?<![0-9A-Za-z.{NUMERAL}第])(?<![0-9],)(?P<number>(?:[数几](?=[十百千万亿]))?(?:[0-9](?:[.,](?=[0-9]))?|[{NUMERAL}])+)"
    rf"{_SCALED}{_UNIT}{_OVER}"
)
"""a number with Chinese characters among its digits; 数十 and 几十 belong to it, so that they are not read as 十"""
_PLAIN: Final = re.compile(f"{_ARABIC}(?:万亿|亿|万|千|百)?")
_IDIOM: Final = re.compile(f"[{NUMERAL}]")
_SHARE: Final = re.compile(r"占(?:比|比例|总数的|总量的)?[为达]?$")
_ABOUT: Final = re.compile(r"(?:大约|约|将近|接近|近|超过|超|逾|不足|至少)$")
_NO_FIGURE: Final = re.compile(
    r"""(?<![0-9])[0-9]{4}\s?年度?(?:\s?[0-9]{1,2}\s?(?:[-—~至]\s?[0-9]{1,2}\s?)?月份?(?:\s?[0-9]{1,2}\s?[日号]|[底末])?)?
    |(?<![0-9])[0-9]{1,2}\s?(?:[-—~至]\s?[0-9]{1,2}\s?)?月(?:\s?[0-9]{1,2}\s?[日号]|[底末])?
    |[〔\[(][0-9]{4}[〕\])]\s?第?\s?[0-9]{1,6}\s?号|第\s?[0-9]{1,6}|(?<![0-9])[0-9]{1,6}\s?[日号]""",
    re.VERBOSE,
)
_DAY: Final = r"(?:(?P<{0}y>[0-9]{{4}})\s?年\s?)?(?P<{0}m>[0-9]{{1,2}})\s?月\s?(?P<{0}d>[0-9]{{1,2}})\s?日"
_PERIOD: Final = re.compile(_DAY.format("a") + r"\s?(?:起|开始)?\s?(?:至|到|[-—–~]{1,2})\s?" + _DAY.format("b"))
_PERIOD_WORDS: Final = ("统计期", "期限", "时限", "统计时", "统计数据")
_UNTIL: Final = re.compile(
    r"""(?:截至|截止到?|到)\s?(?P<y>[0-9]{4})\s?年\s?(?:(?P<m>[0-9]{1,2})\s?月\s?(?:(?P<d>[0-9]{1,2})\s?日|[底末])?|底|末)
    |(?P<ry>[0-9]{4})\s?年\s?1\s?[-—~至]\s?(?P<rm>[0-9]{1,2})\s?月""",
    re.VERBOSE,
)
_TITLE: Final = re.compile(
    r"(?P<organ>[^0-9，。：:；]{2,40}?)(?:关于)?(?P<year>20[0-9]{2})年(?:度)?政府信息公开(?:工作)?(?:年度)?(?:工作)?(?:情况)?(?:的)?报告"
)
_YEAR_END: Final = (12, 31)


@dataclass(frozen=True, slots=True)
class Prose:
    """The figures of a report's prose, each key once, and what is to be said about them."""

    cells: tuple[ReadCell, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Number:
    """A number with a unit; ``digits`` are '' where it may be read in two ways.

    ``lead`` and ``behind`` reach to its neighbours, ``before`` to the sentence's start.
    """

    place: Paragraph
    position: int
    printed: str
    digits: str
    scale: int
    unit: str
    qualifier: str
    lead: str
    before: str
    behind: str
    until: date | None


def read_prose(paragraphs: Iterable[Paragraph], form_code: str, known: Iterable[ReadCell] = ()) -> Prose:
    """The figures in ``paragraphs``, as cells of a submission of ``form_code``.

    ``known`` are prose figures that the file tells by code as well. A figure printed twice is one cell; printed twice
    and differently it is uncertain, and said (V10); of a rough and an exact one the exact one counts. What no phrase
    explains is told in one sentence (V09).
    """
    phrases = [phrase for phrase in load_phrases() if phrase.fits(form_code)]
    told = {cell.key: cell for cell in known}
    cells: dict[CellKey, ReadCell] = {}
    problems: dict[CellKey, Problem] = {}
    unknown: list[_Number] = []
    bare, understood, length, cut = 0, 0, 0, ""
    for number, paragraph in enumerate(paragraphs):
        length += min(len(paragraph.text), _LONGEST)
        numbers = understood + len(unknown) + bare
        if number >= _MOST_PARAGRAPHS or numbers > _MOST_NUMBERS or length > _MOST_CHARACTERS:
            cut = cut or f"{paragraph.sheet}!{paragraph.address}"
            break
        if len(paragraph.text) > _LONGEST:
            cut = cut or f"{paragraph.sheet}!{paragraph.address}第{_LONGEST}字"
        text = _narrow(paragraph.text[:_LONGEST])
        facts = [*(_title(paragraph) if number < _TITLE_LINES else ()), *_period(text, paragraph)]
        found, others = _numbers(text, paragraph, lambda item: _understood(item, phrases, "") is not None)
        bare += others
        previous = ""
        for item in found:
            cell = _understood(item, phrases, previous)
            if cell is None:
                unknown.append(item)
                previous = ""
                continue
            previous = cell.key.indicator_code
            understood += 1
            facts.append(cell)
        for cell in facts:
            first = told.get(cell.key) or cells.setdefault(cell.key, cell)
            if _says_the_same(first, cell):
                continue
            if not (_is_rough(first) or _is_rough(cell)):
                problems.setdefault(cell.key, _told_twice(first, cell))
            elif _is_rough(first) and cell.key in cells:
                cells[cell.key] = cell
    doubtful = [
        replace(cell, value=None, value_state="uncertain", note=f"正文前后不一；{cell.note}")
        if cell.key in problems
        else cell
        for cell in cells.values()
    ]
    in_doubt = [_in_doubt(cell) for cell in cells.values() if cell.value_state == "uncertain"]
    return Prose(tuple(doubtful), (*problems.values(), *in_doubt, *_not_understood(unknown, bare, understood, cut)))


def _is_rough(cell: ReadCell) -> bool:
    """Whether the figure is printed as a rough one: it equals nothing and contradicts nothing."""
    return ROUGH in cell.note.partition("“")[0]


def _says_the_same(first: ReadCell, second: ReadCell) -> bool:
    if second.value is None:
        return first.printed == second.printed
    return first.value == second.value


def _narrow(text: str) -> str:
    return _WIDE_SEPARATOR.sub(",", text).translate(_NARROW)


def _compact(text: str) -> str:
    return text.translate(_DROPPED)


def _numbers(text: str, place: Paragraph, is_explained: Callable[[_Number], bool]) -> tuple[list[_Number], int]:
    """The numbers with a unit, and how many others there are that are no part of a date or a document's number.

    Of those without any digit only what ``is_explained``.
    """
    found: list[_Number] = []
    bare = 0
    start = 0
    for end in [*(match.start() for match in _SENTENCE_END.finditer(text)), len(text)]:
        sentence = text[start:end]
        no_figures = {at for match in _NO_FIGURE.finditer(sentence) for at in range(*match.span())}
        plain = [match for match in _NUMBER.finditer(sentence) if match.start() not in no_figures]
        worded = _worded(sentence, plain)
        covered = {at for match in worded for at in range(*match.span())}
        matches = [match for match in plain if match.start() not in covered]
        bare += sum(1 for match in matches if not match["unit"])
        units = sorted([*(match for match in matches if match["unit"]), *worded], key=re.Match.start)
        numbers = list(_between_neighbours(units, sentence, start, place))
        kept = [
            match
            for match, number in zip(units, numbers, strict=True)
            if any(map(str.isdigit, match["number"])) or is_explained(number)
        ]
        found += numbers if len(kept) == len(units) else _between_neighbours(kept, sentence, start, place)
        start = end + 1
    return found, bare


def _worded(sentence: str, plain: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """The numbers with Chinese characters among their digits that are no part of a plain one (251 万元).

    A single character counts only at the end of a clause: 一次性, 三项制度 are idioms. 每周一期 is no figure of a year.
    """
    begun = {at for match in plain for at in range(match.start() + 1, match.end())}
    return [
        match
        for match in _WORDED.finditer(sentence)
        if match.start() not in begun
        and not _PLAIN.fullmatch(match["number"])
        and "每" not in _CLAUSE_END.split(sentence[max(0, match.start() - _LEAD) : match.start()])[-1]
        and not (_IDIOM.fullmatch(match["number"]) and re.match(r"[^\s，,、；)）]", sentence[match.end() :]))
    ]


def _between_neighbours(
    matches: Sequence[re.Match[str]], sentence: str, start: int, place: Paragraph
) -> Iterator[_Number]:
    until = _until(sentence)
    for index, match in enumerate(matches):
        first = matches[index - 1].end() if index else 0
        last = matches[index + 1].start() if index + 1 < len(matches) else len(sentence)
        about = _ABOUT.search(sentence[first : match.start()])
        odd = (match["odd"] or "") + (match["odd_too"] or "") + (match["over"] or "")
        begin = match.start() - (len(about[0]) if about else 0)
        yield _Number(
            place=place,
            position=start + begin + 1,
            printed=place.text[start + begin : start + match.end()],
            digits=_digits(match["number"]),
            scale=SCALES.get(match["scale"] or "", 1),
            unit=match["unit"],
            qualifier=(about[0] if about else "") + odd,
            lead=_compact(sentence[first:begin])[-_LEAD:],
            before=_compact(sentence[max(0, begin - _SENTENCE) : begin]),
            behind=re.split("[，、：]", _compact(sentence[match.end() : last][:_LEAD]), maxsplit=1)[0],
            until=until[1] if until and until[0] < match.start() else None,
        )


def _digits(number: str) -> str:
    """The number in digits; '' where its characters may mean more than one."""
    if re.fullmatch(_ARABIC, number):
        return number.replace(",", "")
    value = numeral(number) if len(number) <= _LONGEST_NUMBER else None
    return "" if value is None else str(value)


def _until(sentence: str) -> tuple[int, date] | None:
    """Where the sentence says until when its figures run, and until when."""
    match = _UNTIL.search(sentence)
    if match is None:
        return None
    year = int(match["y"] or match["ry"])
    month = int(match["m"] or match["rm"] or _YEAR_END[0])
    day = _day(year, month, int(match["d"] or 0))
    return (match.start(), day) if day else None


def _day(year: int, month: int, day: int) -> date | None:
    """The date; the month's last where ``day`` is 0; None where there is no such day."""
    if not (1900 <= year <= 2100 and 1 <= month <= 12):  # noqa: PLR2004 - what a calendar has
        return None
    last = monthrange(year, month)[1]
    return date(year, month, day or last) if day <= last else None


def _understood(item: _Number, phrases: Sequence[Phrase], previous: str) -> ReadCell | None:
    """The cell that the best fitting phrase makes of a number: the one with most words, of equals the first."""
    if item.unit == "%" and _SHARE.search(item.lead) and (share := share_codes().get(previous)):
        return _cell(item, share)
    scores = [(_score(phrase, item), -index) for index, phrase in enumerate(phrases)]
    best, index = max(scores, default=(0, 0))
    return _cell(item, phrases[-index].code) if best > 0 else None


def _score(phrase: Phrase, item: _Number) -> int:
    """Characters of the phrase that are there; 0 where something is missing."""
    if item.unit not in phrase.units or any(word in item.before for word in phrase.without):
        return 0
    score = _before(phrase.before, item.lead)
    if phrase.before and not score:
        return 0
    for words, text in ((phrase.after, item.behind), (phrase.context, item.before)):
        if words:
            word = next((word for word in words if word in text), "")
            if not word:
                return 0
            score += len(word)
    return score


def _before(parts: Sequence[Words], lead: str) -> int:
    """Characters of ``parts`` found in order from the number backwards; 0 where one is missing or the last too far."""
    score, end = 0, len(lead)
    for position, words in enumerate(reversed(parts)):
        found = max(
            ((lead.rfind(word, 0, end) + len(word), word) for word in words if word in lead[:end]), default=None
        )
        if found is None:
            return 0
        if position == 0 and not _is_near(lead[found[0] :]):
            return 0
        score += len(found[1])
        end = found[0] - len(found[1])
    return score


def _is_near(gap: str) -> bool:
    """Whether what stands between a phrase and its number leads from the one to the other."""
    return len(gap) <= _NEAR and re.sub(r"[为达共计有了已约]", "", gap.rpartition("，")[2] if "，" in gap else "") == ""


def _cell(item: _Number, code: str) -> ReadCell | None:
    """The number as a cell, uncertain where it may be read in two ways; None where a cell does not hold its digits."""
    factor = unit_factor(item.unit, load_narrative_codes()[code].unit) or Decimal(1)
    value = exact(item.digits, item.scale * factor) if 0 < len(item.digits) <= _LONGEST_NUMBER else None
    if value is None and item.digits:
        return None
    key = CellKey(code, "", "cumulative" if _is_cumulative(item) else "annual")
    remarks = [f"第{item.position}字", f"单位：{item.unit}"]
    if item.qualifier or not item.digits:
        remarks.append(ROUGH + (item.qualifier or "写法不定"))
    if item.until:
        remarks.append(f"截至{item.until.isoformat()}")
    if item.place.sheet != NARRATIVE_SHEET:
        remarks.append(f"在“{item.place.sheet}”表")
    quote = item.lead[-_NEAR * 2 :].rpartition("，")[2]
    return ReadCell(
        key,
        item.printed,
        value,
        "uncertain" if value is None else "reported",
        NARRATIVE_SHEET,
        item.place.address,
        "；".join([*remarks, f"“{quote}…”"]),
    )


def _is_cumulative(item: _Number) -> bool:
    """历年, 以来累计, or 累计 right before a number up to the end of a year; 累计 is said of one year too."""
    if "历年" in item.before:
        return True
    runs_to_year_end = item.until is not None and (item.until.month, item.until.day) == _YEAR_END
    return ("以来" in item.before and "累计" in item.before) or (runs_to_year_end and "累计" in item.lead)


def _title(place: Paragraph) -> Iterator[ReadCell]:
    """Organ and year of the report's title."""
    compact = _compact(_narrow(place.text[: 2 * _LEAD]))
    match = _TITLE.fullmatch(compact)
    if match:
        where = (NARRATIVE_SHEET, place.address, "标题")
        yield ReadCell(CellKey(TITLE_ORGAN, "", "annual"), match["organ"], None, "not_applicable", *where)
        yield ReadCell(CellKey(TITLE_YEAR, "", "annual"), match["year"], Decimal(match["year"]), "reported", *where)


def _period(text: str, place: Paragraph) -> Iterator[ReadCell]:
    """First and last day of the statistical period, as yyyymmdd."""
    for match in _PERIOD.finditer(text):
        clause = _CLAUSE_END.split(text[max(0, match.start() - _LEAD) : match.start()])[-1]
        if not any(word in clause for word in _PERIOD_WORDS):
            continue
        year = match["ay"] or match["by"]
        if year is None:
            continue
        note = f"第{match.start() + 1}字；“{match[0]}”"
        for code, day in (
            (PERIOD_START, _day(int(year), int(match["am"]), int(match["ad"]))),
            (PERIOD_END, _day(int(match["by"] or year), int(match["bm"]), int(match["bd"]))),
        ):
            if day:
                value = Decimal(day.strftime("%Y%m%d"))
                key = CellKey(code, "", "annual")
                yield ReadCell(key, day.isoformat(), value, "reported", NARRATIVE_SHEET, place.address, note)


def _told_twice(first: ReadCell, second: ReadCell) -> Problem:
    label = load_narrative_codes()[first.key.indicator_code].label
    message = (
        f"“{label}”前后不一：{first.address} 印的是“{first.printed}”，{second.address} 印的是“{second.printed}”，"
        "无法断定以哪一处为准；请核对后改为一致，或分别写明口径"
    )
    return Problem("V10", message, NARRATIVE_SHEET, first.address, first.printed, first.key.scope, outcome="uncertain")


def _in_doubt(cell: ReadCell) -> Problem:
    label = load_narrative_codes()[cell.key.indicator_code].label
    message = f"“{label}”印的是“{cell.printed}”，无法断定是哪个数；请用阿拉伯数字写明"
    return Problem("V10", message, NARRATIVE_SHEET, cell.address, cell.printed, cell.key.scope, outcome="uncertain")


def _not_understood(unknown: Sequence[_Number], bare: int, understood: int, cut: str) -> Iterator[Problem]:
    """The one sentence about what was not read, with the first numbers and the number of all."""
    if not (unknown or cut):
        return
    shown = "、".join(
        f"{item.place.address}“{item.lead[-6:]}{item.printed[:_NEAR]}{item.behind[:6]}”" for item in unknown[:_SHOWN]
    )
    parts = [f"正文读出{understood}个数"]
    if unknown:
        parts.append(f"另有{len(unknown)}个数没有对应的指标，未采用：{shown}{'等' if len(unknown) > _SHOWN else ''}")
    if bare:
        parts.append(f"不带单位的数字{bare}处（编号、电话等）未计入")
    if cut:
        parts.append(f"正文过长，自{cut}起未读")
    first = unknown[0].printed[:_LONGEST_NUMBER] if unknown else ""
    yield Problem("V09", "；".join(parts), NARRATIVE_SHEET, "", first, NARRATIVE_SHEET)
