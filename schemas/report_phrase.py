"""The sentences of the annual report: ``schemas/report_phrases.yaml``, which the office edits.

Belongs here: what that file may say - its keys, its placeholders, and the cells that they name, checked against the
editions. Does not belong here: any figure, and how a sentence is filled (``pipelines.report``).

Every fault is a PhraseError in Chinese that names file and line; nothing is guessed and nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import yaml

from schemas.equation import EquationError, Operand, parse_equation
from schemas.form import APPLICANT_KINDS, MEASURES, CellKey, load_forms

PHRASES_FILE: Final = Path(__file__).parent / "report_phrases.yaml"
COMPANIONS: Final = {"fj_annex_2017": "xm_supplement_2017"}
"""what is printed along with an edition where it is collected: the supplement is what the annex's prose stands on"""
CITY: Final = ("city", "city")
SLICES: Final = {
    "本级": ("level", "own"),
    "下级": ("level", "lower"),
    "政府": ("organ_kind", "government"),
    "部门": ("organ_kind", "department"),
}
"""the word before a cell that asks for a part of the city: slice kind and code of mart.city_rollup"""
CHANGES: Final = ("增", "减", "平", "上年为零", "基数小", "上年没有", "表样不同", "其他")
"""what may be said of a change: three directions, and why there is no percentage"""
WORDS: Final = ("年", "机构", "单位数", "同比说明")
_OPERATORS: Final = ("同比", "占比", "比率")
_CHANGE_WORDS: Final = ("百分比", "上年数", "单位", "原因")
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_OPTIONAL: Final = re.compile(r"【([^【】]*)】")
_FEWEST_PARTS: Final = 2
_LONGEST_FILE: Final = 1_000_000


class PhraseError(ValueError):
    """The file says something that it may not; the message names file and line."""


class Ask(Enum):
    """What a placeholder asks for."""

    WORD = "word"
    FIGURE = "figure"
    CHANGE = "同比"
    SHARE = "占比"
    RATE = "比率"


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of a sum of cells."""

    coefficient: Decimal
    key: CellKey


Sum = tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``word`` for WORD; else a sum of cells of a slice, for RATE with what it is divided by."""

    ask: Ask
    word: str = ""
    slice: tuple[str, str] = CITY
    terms: Sum = ()
    divisor: Sum = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Text and placeholders in order; an optional one is left out where a placeholder in it has nothing to say."""

    parts: tuple[str | Placeholder, ...]
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One paragraph in the report of one edition. ``zero`` (): always; else only where the sum is (not) zero.

    What is written once for several editions is one for each of them, at the same ``line``.
    """

    line: int
    form_code: str
    section: str
    segments: tuple[Segment, ...]
    zero: Sum = ()
    wants_zero: bool = False

    @property
    def placeholders(self) -> Iterator[Placeholder]:
        """In order."""
        return (part for segment in self.segments for part in segment.parts if isinstance(part, Placeholder))


@dataclass(frozen=True, slots=True)
class Division:
    """A whole and its parts in one edition, of which the shares are rounded together."""

    line: int
    form_code: str
    whole: Sum
    parts: tuple[Sum, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The whole file."""

    title: Segment
    moved: str
    changes: Mapping[str, str]
    divisions: tuple[Division, ...]
    sentences: tuple[Sentence, ...]

    def division_of(self, part: Sum, form_codes: Container[str]) -> Division:
        """The one division of these editions in which ``part`` is a part (the loader saw to it that there is one)."""
        return next(item for item in self.divisions if item.form_code in form_codes and part in item.parts)


def load_report_phrases(path: Path = PHRASES_FILE) -> Phrases:
    """Read and check the whole file. Raises PhraseError."""
    try:
        text = path.read_bytes()[:_LONGEST_FILE].decode("utf-8-sig")
        raw = yaml.load(text, Loader=_LineLoader)  # noqa: S506 - a SafeLoader of our own
    except OSError as error:
        raise PhraseError(f"句子文件读不了：{path}（{error.strerror}）") from error
    except UnicodeDecodeError as error:
        raise PhraseError(f"{path.name}：不是 UTF-8 编码的文本，请另存为 UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第{mark.line + 1}行：" if mark else ""
        raise PhraseError(f"{path.name}：{where}写法有误，请检查缩进、冒号和引号") from error
    return _Reader(path.name).phrases(raw)


class _LineLoader(yaml.SafeLoader):
    """Remembers where every mapping and text begins."""


class _Text(str):
    """A text of the file with its line."""

    __slots__ = ("line",)
    line: int


class _Map(dict[str, Any]):
    """A mapping of the file with its line, and those of its keys."""

    line: int
    lines: dict[str, int]


def _construct_map(loader: _LineLoader, node: yaml.MappingNode) -> _Map:
    found = _Map()
    found.line, found.lines = node.start_mark.line + 1, {}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node, deep=True))
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, "twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
        found.lines[key] = key_node.start_mark.line + 1
    return found


def _construct_text(loader: _LineLoader, node: yaml.ScalarNode) -> _Text:
    found = _Text(loader.construct_scalar(node))
    found.line = node.start_mark.line + 1
    return found


_LineLoader.add_constructor("tag:yaml.org,2002:map", _construct_map)
for _tag in ("str", "int", "float", "bool", "timestamp"):
    _LineLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct_text)


class _Reader:
    """One file being read; ``name`` is its name in messages."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._forms = load_forms()
        self._named: dict[tuple[str, str], Sum] = {}
        self._divisions: list[Division] = []

    def phrases(self, raw: Any) -> Phrases:
        whole = self._map(raw, 1, needs=("标题", "同比", "调整的份额", "简称", "份额", "句子"))
        for item in self._list(whole, "简称"):
            self._name_sums(item)
        for item in self._list(whole, "份额"):
            self._divisions += self._division(item)
        self._check_divisions()
        line = whole.lines["标题"]
        title = self._segment(self._text(whole, "标题"), line)
        asked = [part.word for part in title.parts if isinstance(part, Placeholder)]
        if sorted(asked) != ["年", "机构"]:
            raise self._error(line, "标题里要有 {机构} 和 {年}，各一次，不能有别的")
        return Phrases(
            title=title,
            moved=self._text(whole, "调整的份额"),
            changes=self._changes(self._map(whole["同比"], whole.lines["同比"], needs=CHANGES)),
            divisions=tuple(self._divisions),
            sentences=tuple(sentence for item in self._list(whole, "句子") for sentence in self._sentences(item)),
        )

    def _changes(self, raw: _Map) -> dict[str, str]:
        said = {}
        for name in CHANGES:
            said[name] = self._text(raw, name)
            for word in PLACEHOLDER.findall(said[name]):
                if word not in _CHANGE_WORDS:
                    known = "、".join(f"{{{known}}}" for known in _CHANGE_WORDS)
                    raise self._error(raw.lines[name], f"“同比”里没有 {{{word}}}；可用：{known}")
        return said

    def _name_sums(self, raw: Any) -> None:
        entry = self._map(raw, needs=("表样", "名称", "各格"))
        name, line = self._text(entry, "名称"), entry.lines["名称"]
        if name in (*WORDS, *_OPERATORS, *SLICES) or not re.fullmatch("[一-鿿]+", name):
            raise self._error(line, f"简称“{name}”要用汉字，且不能是占位符自己的词")
        for form in self._form_codes(entry):
            if (form, name) in self._named:
                raise self._error(line, f"{form} 已有简称“{name}”")
            self._named[form, name] = self._sum(self._text(entry, "各格"), form, entry.lines["各格"])

    def _division(self, raw: Any) -> Iterator[Division]:
        entry = self._map(raw, needs=("表样", "合计", "各项"))
        for form in self._form_codes(entry):
            parts = tuple(self._sum(str(text), form, entry.lines["各项"]) for text in self._list(entry, "各项"))
            whole = self._sum(self._text(entry, "合计"), form, entry.lines["合计"])
            if len(parts) < _FEWEST_PARTS or len(set(parts)) < len(parts):
                raise self._error(entry.line, "“各项”至少要有两项，且不重复")
            yield Division(entry.line, form, whole, parts)

    def _check_divisions(self) -> None:
        seen: dict[tuple[str, Sum], int] = {}
        for item in self._divisions:
            for part in item.parts:
                first = seen.setdefault((item.form_code, part), item.line)
                if first != item.line:
                    raise self._error(item.line, f"有一项在第{first}行的份额里已经有了，一项只能有一种份额")

    def _sentences(self, raw: Any) -> Iterator[Sentence]:
        entry = self._map(raw, needs=("表样", "标题", "写法"), may=("为零才写", "为零不写"))
        conditions = [key for key in ("为零才写", "为零不写") if key in entry]
        if len(conditions) > 1:
            raise self._error(entry.line, "“为零才写”与“为零不写”只能有一个")
        line = entry.lines["写法"]
        for form in self._form_codes(entry):
            yield Sentence(
                line=line,
                form_code=form,
                section=self._text(entry, "标题"),
                segments=tuple(self._segments(self._text(entry, "写法"), line, form)),
                zero=next((self._sum(self._text(entry, key), form, entry.lines[key]) for key in conditions), ()),
                wants_zero="为零才写" in conditions,
            )

    def _segments(self, text: str, line: int, form: str) -> Iterator[Segment]:
        ends = [0, *(place for match in _OPTIONAL.finditer(text) for place in match.span()), len(text)]
        for number, (begin, end) in enumerate(pairwise(ends)):
            is_optional = number % 2 == 1
            piece = text[begin + 1 : end - 1] if is_optional else text[begin:end]
            if re.search("[【】]", piece):
                raise self._error(line, "【 与 】没有成对")
            segment = self._segment(piece, line, form, is_optional=is_optional)
            if is_optional and not any(isinstance(part, Placeholder) for part in segment.parts):
                raise self._error(line, f"【{piece}】里没有占位符，永远不会省去；请去掉【】")
            if segment.parts:
                yield segment

    def _segment(self, text: str, line: int, form: str = "", *, is_optional: bool = False) -> Segment:
        parts: list[str | Placeholder] = []
        for number, piece in enumerate(PLACEHOLDER.split(text)):
            if number % 2:
                parts.append(self._placeholder(piece.strip(), line, form))
            elif re.search("[{}]", piece):
                raise self._error(line, "{ 与 } 没有成对")
            elif piece:
                parts.append(piece)
        return Segment(tuple(parts), is_optional)

    def _placeholder(self, text: str, line: int, form: str) -> Placeholder:
        if text in WORDS:
            return Placeholder(Ask.WORD, text)
        if not form:
            raise self._error(line, "标题里只能用 {机构} 和 {年}")
        head, _, rest = text.partition(" ")
        ask, where = Ask.FIGURE, CITY
        if head in _OPERATORS:
            ask, text = Ask(head), rest
        elif head in SLICES:
            where, text = SLICES[head], rest
        divisor: Sum = ()
        if ask is Ask.RATE:
            text, slash, below = text.partition("/")
            if not slash:
                raise self._error(line, "“比率”要写成 {比率 分子 / 分母}")
            divisor = self._sum(below, form, line)
        terms = self._sum(text, form, line)
        if ask is Ask.CHANGE and (len(terms) > 1 or terms[0].coefficient != 1):
            raise self._error(line, f"“同比”只能用于表里的一格，不能用于“{text}”")
        if ask is Ask.SHARE and not any(item.form_code == form and terms in item.parts for item in self._divisions):
            raise self._error(line, f"“{text}”不在 {form} 的任何一组“份额”里，无法写占比")
        return Placeholder(ask, "", where, terms, divisor)

    def _sum(self, text: str, form: str, line: int) -> Sum:
        """The cells of an edition that ``text`` adds up: by code, or by the short name of a sum."""
        text = text.strip()
        if (form, text) in self._named:
            return self._named[form, text]
        if not re.match("[0-9a-z-]", text):
            named = [name for code, name in self._named if code == form]
            known = "、".join(f"{{{word}}}" for word in (*WORDS, *named))
            before = "、".join((*_OPERATORS, *SLICES))
            raise self._error(line, f"没有占位符 {{{text}}}；{form} 可用：{known}、{{指标代码}}，其前可写{before}")
        try:
            operands = parse_equation(f"{text} = 0").left
        except EquationError as error:
            raise self._error(line, f"“{text}”不是指标代码，也不是指标代码的和") from error
        return tuple(self._term(operand, text, form, line) for operand in operands)

    def _term(self, operand: Operand, text: str, form: str, line: int) -> Term:
        if operand.cell is None or operand.function or operand.cell.form_code:
            raise self._error(line, f"“{text}”里只能有指标代码")
        dimensions = operand.cell.dimensions
        measure = next((item for item in dimensions if item in MEASURES), "annual")
        applicant = next((item for item in dimensions if item in APPLICANT_KINDS), "")
        key = CellKey(operand.cell.name, applicant, measure)
        if key not in self._forms[form].cells() or len(dimensions) > bool(applicant) + (measure in dimensions):
            named = key.indicator_code + (f"[{','.join(dimensions)}]" if dimensions else "")
            raise self._error(line, f"表样 {form} 没有这一格：{named}")
        return Term(operand.coefficient, key)

    def _form_codes(self, entry: _Map) -> list[str]:
        codes = [str(code) for code in self._list(entry, "表样")]
        for code in codes:
            if code not in self._forms:
                known = "、".join(self._forms)
                raise self._error(entry.lines["表样"], f"没有名为“{code}”的表样；有：{known}")
        return codes

    def _map(self, raw: Any, line: int = 1, *, needs: Sequence[str], may: Sequence[str] = ()) -> _Map:
        if not isinstance(raw, _Map):
            raise self._error(getattr(raw, "line", line), f"这里应有：{'、'.join(needs)}")
        for key in raw:
            if key not in (*needs, *may):
                raise self._error(raw.lines[key], f"没有“{key}”这一项；可用：{'、'.join((*needs, *may))}")
        for key in needs:
            if key not in raw:
                raise self._error(raw.line, f"缺少“{key}”")
        return raw

    def _list(self, entry: _Map, key: str) -> list[Any]:
        found = entry[key]
        if not isinstance(found, list) or not found:
            raise self._error(entry.lines[key], f"“{key}”应是一列，每项前写“- ”，或写成 [甲, 乙]")
        return found

    def _text(self, entry: _Map, key: str) -> str:
        found = entry[key]
        if not isinstance(found, str):
            raise self._error(entry.lines[key], f"“{key}”应是一句话；有花括号的要加引号")
        return str(found)

    def _error(self, line: int, message: str) -> PhraseError:
        return PhraseError(f"{self._name} 第{line}行：{message}")
