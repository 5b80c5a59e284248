"""Equations of the rule catalogue translated into linear terms over the cells of the forms.

Belongs here: what the names of an equation stand for in each variant of each edition, so that a set-based engine can
evaluate all equations at once. Does not belong here: the grammar (``schemas.equation``), judging (``warehouse.judge``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from schemas.concept import includes_parts, shared_codes
from schemas.equation import CellRef, Equation, Operand, parse_cell, parse_equation
from schemas.form import APPLICANT_KINDS, MEASURES, CellKey, Form, applicant_label
from schemas.rule import Rule, RuleError, Statement

PROSE_PREFIX: Final = "nar_"
CROSSWALK: Final = Path(__file__).parent / "register" / "concepts.csv"
_ONE_CELL: Final = re.compile(r"(?P<code>[a-z][a-z0-9_]*)(?:\[(?P<applicant>[a-z_]+)\])?")
_LABELS_SHOWN: Final = 4
"""a side with more addends is named by its first and their number"""


@dataclass(frozen=True, slots=True)
class Instance:
    """One equation ready to be judged: a rule at one scope of one variant of one edition."""

    instance_id: int
    rule_id: str
    form_code: str
    variant: str
    scope: str
    relation: str
    needs: str
    """'own' cells only, 'prior' years' too, or the 'sibling' form's (which may need prior years as well)"""
    sentence: str
    sentence_uncertain: str


@dataclass(frozen=True, slots=True)
class Term:
    """One addend: ``coefficient`` times a cell, as it stands on its ``side``. A plain number has indicator_code ''."""

    instance_id: int
    position: int
    side: str
    """left, right, or 'when' of a cell that only decides whether the equation is asked (its coefficient is 0)"""
    coefficient: Decimal
    source: str
    """own, sibling, prior or constant"""
    years_back: int
    form_code: str
    indicator_code: str
    applicant_kind: str
    measure: str
    label: str
    condition: str = ""
    """the state that a cell of side 'when' must be in"""

    @property
    def is_prose(self) -> bool:
        """Whether the figure stands in the report's prose and may lawfully be absent."""
        return self.indicator_code.startswith(PROSE_PREFIX)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """All equations of a catalogue over all editions, as rows."""

    instances: tuple[Instance, ...]
    terms: tuple[Term, ...]

    def equation(self, instance_id: int) -> str:
        """The instance written out over cells, for tests and the dictionary."""
        instance = self.instances[instance_id]
        mine = [term for term in self.terms if term.instance_id == instance_id]
        sides = [" ".join(map(_written, (t for t in mine if t.side == side))) for side in ("left", "right")]
        asked = "".join(f" when {_cell(term)} is {term.condition}" for term in mine if term.side == "when")
        return f" {instance.relation} ".join(side.removeprefix("+ ") for side in sides) + asked


def compile_rules(rules: Sequence[Rule], forms: Mapping[str, Form]) -> CompiledRules:
    """Every equation of ``rules`` over every variant of the editions it is for.

    Raises RuleError where an equation names a cell that the edition does not have, where two equations of a rule have
    the same scope, or where a rule compiles to nothing.
    """
    instances: list[Instance] = []
    terms: list[Term] = []
    for rule in rules:
        if rule.kind != "equation":
            continue
        for form_code in rule.editions:
            form = forms.get(form_code)
            if form is None:
                raise RuleError(f"{rule.rule_id}: unknown edition {form_code!r}")
            for variant in form.variants:
                scopes: set[str] = set()
                for instance, its_terms in _Compiler(rule, form, variant, forms).run(len(instances)):
                    if instance.scope in scopes:
                        raise RuleError(f"{rule.rule_id}: two equations at scope {instance.scope!r} of {form_code}")
                    scopes.add(instance.scope)
                    instances.append(instance)
                    terms += its_terms
                if not scopes:
                    raise RuleError(f"{rule.rule_id}: no cell of {form_code} {variant!r} fits its equations")
    return CompiledRules(tuple(instances), tuple(terms))


class MappedCell(NamedTuple):
    """A cell of ``form_code`` and the cell of an earlier edition that holds the very same quantity."""

    form_code: str
    indicator_code: str
    applicant_kind: str
    source_form_code: str
    source_indicator_code: str
    source_applicant_kind: str


def mapped_cells(forms: Mapping[str, Form], path: Path = CROSSWALK) -> tuple[MappedCell, ...]:
    """What ``prior()`` may read across editions: of the crosswalk's class A what maps one code to one code.

    Those are the rows of one code on each side, and the shared parts of the rows whose note says 各格亦 or 各小项亦.
    Raises RuleError where a row names a cell that its edition does not have.
    """
    found: dict[tuple[str, ...], MappedCell] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["comparability"] == "A":
                for item in _mapped(row, forms[row["from_form"]], forms[row["to_form"]]):
                    found.setdefault(item[:4], item)
    return tuple(found.values())


def _mapped(row: Mapping[str, str], source: Form, form: Form) -> Iterator[MappedCell]:
    pairs = [(row["from_expr"], row["to_expr"])]
    if includes_parts(row):
        pairs += ((code, code) for code in shared_codes(row, source, form))
    for from_expr, to_expr in pairs:
        earlier, later = _ONE_CELL.fullmatch(from_expr), _ONE_CELL.fullmatch(to_expr)
        if earlier is None or later is None:
            continue
        for kind in _kinds(form, later):
            source_kind = earlier["applicant"] or kind
            if source_kind not in _kinds(source, earlier):
                raise RuleError(f"{row['concept_code']}: {from_expr} of {source.form_code} has no {source_kind!r}")
            yield MappedCell(form.form_code, later["code"], kind, source.form_code, earlier["code"], source_kind)


def _kinds(form: Form, cell: re.Match[str]) -> tuple[str, ...]:
    """The applicant kinds of the row, or the one that the brackets name; never empty."""
    kinds = tuple(
        dict.fromkeys(
            key.applicant_kind
            for key in form.cells()
            if key.indicator_code == cell["code"] and cell["applicant"] in (None, key.applicant_kind)
        )
    )
    if not kinds:
        raise RuleError(f"{form.form_code} has no cell {cell.group()!r}")
    return kinds


class _NoSuchCellError(RuleError):
    """The edition has no such cell; a rule over each row passes such a row by."""


@dataclass(frozen=True, slots=True)
class _Binding:
    """What the variables of an equation stand for in one instance."""

    measure: str
    row: str = ""
    applicant: str = ""


class _Compiler:
    """One rule over one variant of one edition."""

    def __init__(self, rule: Rule, form: Form, variant: str, forms: Mapping[str, Form]) -> None:
        self._rule = rule
        self._form = form
        self._variant = variant
        self._forms = forms
        self._cells = {form.form_code: frozenset(form.cells(variant))}
        self._labels = dict(rule.labels)

    def run(self, first_id: int) -> Iterator[tuple[Instance, list[Term]]]:
        next_id = first_id
        for statement in self._rule.statements:
            for values in _substitutions(statement):
                equation = parse_equation(_filled(statement.text, values))
                conditions = [(parse_cell(_filled(item.cell, values)), item.state) for item in statement.when]
                for binding in self._bindings(statement):
                    try:
                        terms = self._terms(next_id, equation, conditions, binding)
                    except _NoSuchCellError:
                        if binding.row and not statement.rows:
                            continue
                        raise
                    yield self._instance(next_id, statement, equation, binding, terms), terms
                    next_id += 1

    def _bindings(self, statement: Statement) -> Iterator[_Binding]:
        for measure in statement.measures:
            if statement.each in ("applicant", "part"):
                for applicant in APPLICANT_KINDS:
                    if statement.each == "applicant" or applicant != "total":
                        yield _Binding(measure, applicant=applicant)
            elif statement.each == "row":
                for code in dict.fromkeys(key.indicator_code for key in self._form.cells(self._variant)):
                    if not statement.rows or any(fnmatchcase(code, pattern) for pattern in statement.rows):
                        yield _Binding(measure, row=code)
            else:
                yield _Binding(measure)

    def _terms(
        self, instance_id: int, equation: Equation, conditions: Sequence[tuple[Operand, str]], binding: _Binding
    ) -> list[Term]:
        placed = [
            *(("left", operand, operand.coefficient, "") for operand in equation.left),
            *(("right", operand, operand.coefficient, "") for operand in equation.right),
            *(("when", operand, Decimal(0), state) for operand, state in conditions),
        ]
        terms: list[Term] = []
        for side, operand, coefficient, condition in placed:
            for source, form_code, key in self._resolve(operand, binding):
                terms.append(
                    Term(
                        instance_id=instance_id,
                        position=len(terms) + 1,
                        side=side,
                        coefficient=coefficient,
                        source=source,
                        years_back=int(source == "prior"),
                        form_code=form_code,
                        indicator_code=key.indicator_code,
                        applicant_kind=key.applicant_kind,
                        measure=key.measure,
                        label=self._label(source, form_code, key),
                        condition=condition,
                    )
                )
        return terms

    def _resolve(self, operand: Operand, binding: _Binding) -> Iterator[tuple[str, str, CellKey]]:
        """(source, edition, cell) of each addend that ``operand`` stands for."""
        if operand.cell is None:
            yield "constant", self._form.form_code, CellKey("", "", "")
            return
        form_code = operand.cell.form_code or self._form.form_code
        is_own = form_code == self._form.form_code
        source = "prior" if operand.function == "prior" else "own" if is_own else "sibling"
        measure, applicant = _dimensions(operand.cell, binding)
        for code, kind in self._named(operand.function, operand.cell.name, binding, applicant):
            key = CellKey(code, kind, measure)
            self._check(form_code, key)
            yield source, form_code, key

    def _named(self, function: str, name: str, binding: _Binding, applicant: str) -> Iterator[tuple[str, str]]:
        """(indicator, kind of applicant) of each cell that the function of a name stands for."""
        name = binding.row if name == "@row" else name
        if function == "children":
            codes: Sequence[str] = self._form.children(name, self._variant)
        elif function == "sum":
            printed = dict.fromkeys(key.indicator_code for key in self._form.cells(self._variant))
            codes = [code for code in printed if fnmatchcase(code, name)]
        elif function == "parts":
            yield from ((name, kind) for kind in APPLICANT_KINDS if kind != "total")
            return
        else:
            codes = (name,)
        if not codes:
            raise RuleError(f"{self._rule.rule_id}: {function}({name}) of {self._form.form_code} is empty")
        yield from ((code, applicant) for code in codes)

    def _check(self, form_code: str, key: CellKey) -> None:
        if key.indicator_code.startswith(PROSE_PREFIX):
            if key.indicator_code not in self._labels:
                raise RuleError(f"{self._rule.rule_id}: no label for the prose figure {key.indicator_code}")
            return
        if form_code not in self._forms:
            raise RuleError(f"{self._rule.rule_id}: unknown edition {form_code!r}")
        if form_code not in self._cells:
            self._cells[form_code] = frozenset(self._forms[form_code].cells())
        if key not in self._cells[form_code]:
            raise _NoSuchCellError(f"{self._rule.rule_id}: {form_code} {self._variant!r} has no cell {key}")
        signed = self._forms[form_code].indicators[key.indicator_code].value_kind == "signed_count"
        if signed and self._rule.blank == "bounds":
            raise RuleError(f"{self._rule.rule_id}: {key.indicator_code} may be negative, a blank has no bounds")

    def _label(self, source: str, form_code: str, key: CellKey) -> str:
        if source == "constant":
            return ""
        if key.indicator_code.startswith(PROSE_PREFIX):
            return self._labels[key.indicator_code] + ("｜历年累计" if key.measure == "cumulative" else "")
        label = self._forms[form_code].label(key)
        if form_code != self._form.form_code:
            label = f"{self._forms[form_code].short_title}：{label}"
        return f"上年{label}" if source == "prior" else label

    def _instance(
        self, instance_id: int, statement: Statement, equation: Equation, binding: _Binding, terms: Sequence[Term]
    ) -> Instance:
        sources = {term.source for term in terms}
        lead = next((term for term in terms if term.indicator_code), terms[0])
        measure = lead.measure if binding.row else binding.measure
        several = len(self._rule.statements) > 1 or bool(statement.substitutions)
        row = binding.row or statement.row or (lead.indicator_code if several else "")
        static = {
            "left": _side_text(terms, "left"),
            "right": _side_text(terms, "right"),
            "row": self._form.indicators[row].label if row in self._form.indicators else "",
            "applicant": applicant_label(binding.applicant),
            "measure": "历年累计" if measure == "cumulative" else "本年度",
        }
        return Instance(
            instance_id=instance_id,
            rule_id=self._rule.rule_id,
            form_code=self._form.form_code,
            variant=self._variant,
            scope="/".join(part for part in (measure, binding.applicant, row) if part),
            relation=equation.relation,
            needs="sibling"
            if any(term.form_code != self._form.form_code for term in terms)
            else "prior"
            if "prior" in sources
            else "own",
            sentence=_filled(self._rule.sentence, static),
            sentence_uncertain=_filled(self._rule.sentence_uncertain, static),
        )


def _dimensions(cell: CellRef, binding: _Binding) -> tuple[str, str]:
    """(measure, applicant) that the brackets of ``cell`` name; the measure in turn and '' where they do not."""
    measure, applicant = binding.measure, ""
    for dimension in cell.dimensions:
        if dimension in MEASURES:
            measure = dimension
        elif dimension in APPLICANT_KINDS:
            applicant = dimension
        elif dimension == "@a" and binding.applicant:
            applicant = binding.applicant
        else:
            raise RuleError(f"{cell.name}: {dimension!r} is neither a measure nor a kind of applicant here")
    return measure, applicant


def _side_text(terms: Sequence[Term], side: str) -> str:
    mine = [term for term in terms if term.side == side]
    if len(mine) > _LABELS_SHOWN:
        return f"{mine[0].label}等{len(mine)}格之和"
    text = "".join(("＋" if t.coefficient > 0 else "－") + (t.label or f"{abs(t.coefficient):f}") for t in mine)
    return text.removeprefix("＋")


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        sentence = sentence.replace("{" + name + "}", value)
    return sentence


def _written(term: Term) -> str:
    sign = "-" if term.coefficient < 0 else "+"
    size = abs(term.coefficient)
    if term.source == "constant":
        return f"{sign} {size}"
    return f"{sign} {_cell(term)}" if size == 1 else f"{sign} {size} * {_cell(term)}"


def _cell(term: Term) -> str:
    dimensions = ",".join(part for part in (term.measure, term.applicant_kind) if part)
    cell = f"{term.indicator_code}[{dimensions}]"
    if term.source != "own":
        cell = f"{term.form_code}.{cell}"
    return f"prior({cell})" if term.source == "prior" else cell


def _substitutions(statement: Statement) -> Iterator[dict[str, str]]:
    """Each combination of the values that stand in ``{x}``."""
    names = [name for name, _ in statement.substitutions]
    for values in product(*(values for _, values in statement.substitutions)):
        yield dict(zip(names, values, strict=True))
