"""The smallest explanation of the equations that failed in a submission: which single cell is likelier wrong (or which
two neighbours had their digits joined or split), and the value that would close them.

Belongs here: pure functions over plain values, for this is a search and no sum, and the rows made of what they find.
Does not belong here: what the SELECTs under ``sql/rules`` can say (whose applicants were confused, since when a sum is
off), any outcome.

Only cells of the submission itself are suspects. A change explains where
    - every error that it touches is closed and every equation of any severity that held still holds;
    - the cell may have the value: not negative unless signed, whole unless money;
    - at least one error is closed, and at least one equation that stands wholly in this submission: where only an
      equation with last year's file or another edition fails, the slip may as well stand there, and nothing is claimed;
    - a warning that fails does not veto, since it may be a gap of many years (F02, F04); one that is closed counts.
A blank counts as the zero that it was judged as, a blank total as its parts (M03).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from itertools import groupby, pairwise
from operator import eq, ge, gt, le, lt
from typing import Any, Final

import duckdb

from schemas.form import APPLICANT_LABELS, CellKey, Form
from schemas.rule import Rule
from schemas.rule_compiler import CompiledRules, Instance, Term
from warehouse.build import load_rows
from warehouse.connection import dicts

_POSITIONS: Final = {"likelier_wrong": 2, "digits": 3, "tied": 6}
"""after a misclassification (1); a date (4, 5) says more than cells that cannot be told apart"""
_ZERO: Final = Decimal(0)
_HOLDS: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {"=": eq, "<=": le, ">=": ge, "<": lt, ">": gt}
_SMALLEST: Final = Decimal("0.0001")
_TOO_LARGE: Final = Decimal(10) ** 14

Changes = Mapping[CellKey, Decimal]
"""By how much cells rise."""


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """A judged equation: ``gap`` is left minus right, None where it has too many digits to tell, which bars its cells;
    ``weights`` by own cell, as it counts on the left. ``is_own``: no operand stands in another submission."""

    name: str
    relation: str
    gap: Decimal | None
    fails: bool
    is_error: bool
    is_own: bool
    weights: Mapping[CellKey, Decimal]

    def holds(self, changes: Changes) -> bool:
        """Whether it would hold after ``changes``."""
        if self.gap is None:
            return False
        gap = self.gap
        for cell, rise in changes.items():
            gap += self.weights.get(cell, _ZERO) * rise
        return _HOLDS[self.relation](gap, _ZERO)

    def closing_rise(self, cell: CellKey) -> Decimal | None:
        """By how much ``cell`` alone would have to rise to bring both sides to the same number."""
        return None if self.gap is None else -self.gap / self.weights[cell]


@dataclass(frozen=True, slots=True)
class Figure:
    """What a cell counted as, and what it may be."""

    value: Decimal
    is_blank: bool = False
    may_be_negative: bool = False
    may_have_decimals: bool = False

    def may_be(self, value: Decimal) -> bool:
        """Whether the cell can lawfully hold ``value``, and a published figure its digits."""
        smallest = _SMALLEST if self.may_have_decimals else 1
        return abs(value) < _TOO_LARGE and value % smallest == 0 and (self.may_be_negative or value >= 0)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A cell that, set to ``value``, closes the equations ``closes``; ``is_unique``: no other explains them as well."""

    cell: CellKey
    value: Decimal
    closes: tuple[Equation, ...]
    is_unique: bool = False

    @property
    def is_bound(self) -> bool:
        """Whether only inequalities are closed: ``value`` is then the nearest of many."""
        return all(equation.relation != "=" for equation in self.closes)


@dataclass(frozen=True, slots=True)
class Redistribution:
    """Two neighbours whose digits, put together and divided elsewhere, close the equations ``closes``."""

    cells: tuple[CellKey, CellKey]
    values: tuple[Decimal, Decimal]
    closes: tuple[Equation, ...]


def suspects(equations: Iterable[Equation], figures: Mapping[CellKey, Figure]) -> list[Suspect]:
    """The cells of ``figures`` that are likelier wrong, those that close the most equations first.

    A cell that closes fewer is left out where one that closes more explains some of the same; cells that close as many
    of the same equations cannot be told apart and are all returned. Independent slips each get their own.
    """
    touching = _by_cell(equations)
    candidates = [
        found for cell in touching if cell in figures and (found := _candidate(cell, figures[cell], touching[cell]))
    ]
    candidates.sort(key=lambda candidate: -len(candidate.closes))
    explained: set[Equation] = set()
    kept: list[Suspect] = []
    for _, level in groupby(candidates, key=lambda candidate: len(candidate.closes)):
        fresh = [candidate for candidate in level if explained.isdisjoint(candidate.closes)]
        kept += _told_apart(fresh)
        explained.update(equation for candidate in fresh for equation in candidate.closes)
    return kept


def redistributions(
    equations: Iterable[Equation], figures: Mapping[CellKey, Figure], neighbours: Iterable[tuple[CellKey, CellKey]]
) -> list[Redistribution]:
    """The pairs of ``neighbours`` whose digits were joined or split (12|3 printed as 123): both cells change, every
    failing and no passing equation of either is left failing."""
    touching = _by_cell(equations)
    found = []
    for first, second in neighbours:
        if first not in figures or second not in figures or _never_closes(touching[first], first, second):
            continue
        around = tuple(dict.fromkeys((*touching[first], *touching[second])))
        before = figures[first].value, figures[second].value
        for values in sorted(_divisions(*before)):
            closes = _closed(around, {first: values[0] - before[0], second: values[1] - before[1]})
            if closes:
                found.append(Redistribution((first, second), (Decimal(values[0]), Decimal(values[1])), closes))
    return found


def _by_cell(equations: Iterable[Equation]) -> Mapping[CellKey, list[Equation]]:
    touching: defaultdict[CellKey, list[Equation]] = defaultdict(list)
    for equation in equations:
        for cell, weight in equation.weights.items():
            if weight:
                touching[cell].append(equation)
    return touching


def _candidate(cell: CellKey, figure: Figure, around: Sequence[Equation]) -> Suspect | None:
    """The value of ``cell`` that closes the most equations, the nearest of those; None where none explains."""
    rises = {equation.closing_rise(cell) for equation in around if equation.fails} - {None, _ZERO}
    options = [
        Suspect(cell, figure.value + rise, closes)
        for rise in rises
        if rise is not None and figure.may_be(figure.value + rise) and (closes := _closed(around, {cell: rise}))
    ]
    return min(options, key=lambda option: (-len(option.closes), abs(option.value - figure.value)), default=None)


def _closed(equations: Iterable[Equation], changes: Changes) -> tuple[Equation, ...]:
    """The failing equations that ``changes`` closes; () where they explain nothing."""
    closed = []
    for equation in equations:
        if equation.holds(changes):
            if equation.fails:
                closed.append(equation)
        elif equation.is_error or not equation.fails:
            return ()
    if any(equation.is_error for equation in closed) and any(equation.is_own for equation in closed):
        return tuple(closed)
    return ()


def _told_apart(level: Sequence[Suspect]) -> list[Suspect]:
    """Candidates of one level; those that share no equation with another are unique."""
    claims = Counter(equation for candidate in level for equation in candidate.closes)
    return [
        replace(candidate, is_unique=all(claims[equation] == 1 for equation in candidate.closes)) for candidate in level
    ]


def _never_closes(around: Iterable[Equation], first: CellKey, second: CellKey) -> bool:
    """Whether casting out nines rules the pair out before any division is tried.

    Digits put elsewhere keep their sum, so two numbers that count alike in an equality change it by a multiple of nine.
    """
    return any(
        equation.relation == "="
        and (equation.is_error or not equation.fails)
        and equation.weights.get(second) == equation.weights[first]
        and (equation.gap is None or equation.gap % (9 * equation.weights[first]) != 0)
        for equation in around
    )


def _divisions(first: Decimal, second: Decimal) -> set[tuple[int, int]]:
    """Every other way to divide the digits of two numbers that changes both; a zero may stand for a blank."""
    texts = {a + b for a in _spellings(first) for b in _spellings(second)}
    cuts = ((text[:cut], text[cut:]) for text in texts for cut in range(len(text) + 1))
    divided = {
        (int(left or 0), int(right or 0))
        for left, right in cuts
        if (left == "0" or not left.startswith("0")) and (right == "0" or not right.startswith("0"))
    }
    return {values for values in divided if values[0] != first and values[1] != second}


def _spellings(value: Decimal) -> tuple[str, ...]:
    if value < 0 or value != value.to_integral_value():
        return ()
    return (f"{value:.0f}",) if value else ("", "0")


# rows -----------------------------------------------------------------------------------------------------------------


def explain_cells(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[Rule], compiled: CompiledRules, forms: Mapping[str, Form]
) -> None:
    """Append to ``stage.explanation`` what explains each submission of ``stage.open_equation`` and ``stage.suspect``.

    Digits are looked for in the editions of the rules that explain them (M08).
    """
    with_digits = {code for rule in rules if rule.explains == "digits" for code in rule.editions}
    catalogue = _Catalogue(rules, compiled, forms, with_digits)
    equations = _by_submission(connection, "open_equation")
    cells = _by_submission(connection, "suspect")
    rows = (row for key, mine in equations.items() for row in catalogue.explained(key, mine, cells.get(key, [])))
    load_rows(connection, "stage.explanation", rows)


def _by_submission(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in dicts(connection, f"SELECT * FROM stage.{table}"):  # noqa: S608 - a name of ours
        found[row["submission_id"]].append(row)
    return found


def neighbours(form: Form, variant: str) -> list[tuple[CellKey, CellKey]]:
    """The cells of ``form`` that stand side by side in a row, or one below the other in a column."""
    pairs: list[tuple[CellKey, CellKey]] = []
    for table in form.tables:
        width = len(table.columns)
        keys = [key for _, _, key in form.table_cells(table, variant)]
        rows = [keys[start : start + width] for start in range(0, len(keys), width)]
        pairs += [pair for row in rows for pair in pairwise(row)]
        pairs += [pair for above, below in pairwise(rows) for pair in zip(above, below, strict=True)]
    return pairs


class _Catalogue:
    """What the submissions of a night share: weights, parts of totals, labels, neighbours."""

    def __init__(
        self, rules: Sequence[Rule], compiled: CompiledRules, forms: Mapping[str, Form], with_digits: Collection[str]
    ) -> None:
        self._forms = forms
        self._instances = compiled.instances
        self._weights = _weights(compiled)
        self._labels = {(term.form_code, _key(term)): term.label for term in compiled.terms if term.source == "own"}
        self._using_derived = {rule.rule_id for rule in rules if rule.uses_derived}
        deriving = {rule.rule_id for rule in rules if rule.derives_total}
        self._parts: dict[tuple[str, str, CellKey], list[CellKey]] = {}
        for instance in compiled.instances:
            if instance.rule_id in deriving:
                whole, *parts = self._weights[instance.instance_id]
                self._parts[instance.form_code, instance.variant, whole] = parts
        self._neighbours = {
            (code, variant): neighbours(forms[code], variant)
            for code in with_digits
            for variant in forms[code].variants
        }

    def explained(
        self, submission_id: str, equations: Sequence[Mapping[str, Any]], cells: Sequence[Mapping[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """The rows of ``stage.explanation`` of one submission."""
        instance = self._instances[equations[0]["instance_id"]]
        form, pairs = self._forms[instance.form_code], self._neighbours.get((instance.form_code, instance.variant), ())
        implied = {_row_key(cell) for cell in cells if cell["is_implied"]}
        figures = {_row_key(cell): _figure(form, cell) for cell in cells if not cell["is_implied"]}
        judged = {self._equation(form, row, implied): self._instances[row["instance_id"]] for row in equations}
        found = [
            *((suspect.closes, row) for suspect, row in self._suspect_rows(form, suspects(judged, figures), figures)),
            *((pair.closes, self._digits_row(form, pair, figures)) for pair in redistributions(judged, figures, pairs)),
        ]
        for closes, row in found:
            for equation in closes:
                closed = judged[equation]
                yield row | {"submission_id": submission_id, "rule_id": closed.rule_id, "scope": closed.scope}

    def _equation(self, form: Form, row: Mapping[str, Any], implied: Collection[CellKey]) -> Equation:
        instance = self._instances[row["instance_id"]]
        weights: Mapping[CellKey, Decimal] = self._weights[instance.instance_id]
        if implied and instance.rule_id in self._using_derived:
            weights = self._with_parts(instance, weights, implied)
        return Equation(
            name=_equation_name(form, instance),
            relation=row["relation"],
            gap=row["gap"],
            fails=row["fails"],
            is_error=row["is_error"],
            is_own=row["is_own"],
            weights=weights,
        )

    def _with_parts(
        self, instance: Instance, weights: Mapping[CellKey, Decimal], implied: Collection[CellKey]
    ) -> Mapping[CellKey, Decimal]:
        """``weights`` with the parts of each implied total in its place."""
        spread: defaultdict[CellKey, Decimal] = defaultdict(Decimal)
        for cell, weight in weights.items():
            stand_ins = self._parts[instance.form_code, instance.variant, cell] if cell in implied else [cell]
            for stand_in in stand_ins:
                spread[stand_in] += weight
        return spread

    def _suspect_rows(
        self, form: Form, found: Sequence[Suspect], figures: Mapping[CellKey, Figure]
    ) -> Iterator[tuple[Suspect, dict[str, Any]]]:
        for order, suspect in enumerate(found):
            kind = "likelier_wrong" if suspect.is_unique else "tied"
            cell = f"“{self._labels[form.form_code, suspect.cell]}”{_printed(figures[suspect.cell])}"
            yield (
                suspect,
                asdict(suspect.cell)
                | {
                    "position": _POSITIONS[kind] + (0 if suspect.is_unique else order),
                    "kind": kind,
                    "suggested_value": None if suspect.is_bound else suspect.value,
                    "message": _suspect_message(cell, figures[suspect.cell].value, suspect),
                },
            )

    def _digits_row(self, form: Form, pair: Redistribution, figures: Mapping[CellKey, Figure]) -> dict[str, Any]:
        first, second = (f"“{self._labels[form.form_code, cell]}”{_printed(figures[cell])}" for cell in pair.cells)
        values = "和".join(map(_plain, pair.values))
        return {
            "position": _POSITIONS["digits"],
            "kind": "digits",
            "indicator_code": "",
            "applicant_kind": "",
            "measure": pair.cells[0].measure,
            "suggested_value": None,
            "message": f"相邻两格{first}、{second}，像是数字并到一格或拆错了位置：依次改为{values}后，"
            f"{_closing(pair.closes)}。请对照原件。",
        }


def _weights(compiled: CompiledRules) -> Mapping[int, dict[CellKey, Decimal]]:
    """By instance and own cell, as the cell counts on the left."""
    weights: defaultdict[int, dict[CellKey, Decimal]] = defaultdict(dict)
    for term in compiled.terms:
        if term.source == "own" and term.side != "when":
            mine, key = weights[term.instance_id], _key(term)
            mine[key] = mine.get(key, _ZERO) + (term.coefficient if term.side == "left" else -term.coefficient)
    return weights


def _key(term: Term) -> CellKey:
    return CellKey(term.indicator_code, term.applicant_kind, term.measure)


def _row_key(row: Mapping[str, Any]) -> CellKey:
    return CellKey(row["indicator_code"], row["applicant_kind"], row["measure"])


def _figure(form: Form, row: Mapping[str, Any]) -> Figure:
    """What a row of ``stage.suspect`` says; a figure of the prose, which no form prints, is a count."""
    indicator = form.indicators.get(row["indicator_code"])
    kind = indicator.value_kind if indicator else "count"
    return Figure(row["value"], row["is_blank"], kind == "signed_count", kind == "money")


# sentences ------------------------------------------------------------------------------------------------------------


def _suspect_message(cell: str, printed: Decimal, suspect: Suspect) -> str:
    should = "应为" if not suspect.is_bound else "应不大于" if suspect.value < printed else "应不小于"
    value = _plain(suspect.value)
    if suspect.is_unique:
        return f"{cell}，多半填错，{should}{value}：只改这一格，{_closing(suspect.closes)}。"
    return (
        f"{cell}，如果错在这一格，{should}{value}，{_closing(suspect.closes)}；仅凭核对关系分不出是哪一格，请对照台账。"
    )


def _closing(closes: Sequence[Equation]) -> str:
    names = "、".join(equation.name for equation in closes)
    return f"{names}{'即' if len(closes) == 1 else f'{len(closes)}条都'}成立"


def _equation_name(form: Form, instance: Instance) -> str:
    """The rule and what the form prints for its scope: M02（自然人）."""
    printed = [
        APPLICANT_LABELS.get(part) or form.indicators[part].label
        for part in instance.scope.split("/")
        if part in APPLICANT_LABELS or part in form.indicators
    ]
    measure = "历年累计" if instance.scope.startswith("cumulative") else ""
    scope = "、".join(printed) or measure
    return f"{instance.rule_id}（{scope}）" if scope else instance.rule_id


def _printed(figure: Figure) -> str:
    return "空着" if figure.is_blank else f"填的是{_plain(figure.value)}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
