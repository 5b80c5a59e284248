"""The rule catalogue, loaded from ``schemas/rules/*.yaml``.

Belongs here: what a rule says - editions, years, severity, equation, policy for blanks, sentences for the department.
Does not belong here: the grammar of equations (``schemas.equation``), their translation into linear terms over cells
(``schemas.rule_compiler``), or judging (``warehouse.judge``).

Kinds of rule: ``equation`` (linear), ``reading`` (found while reading a file: families V and M04), ``variant`` (a
printed variant of an edition is itself the finding) and ``select``: what is not linear has a SELECT of its own, judged
in its ``turn``: ``own`` cells with the equations, ``prior`` years' with their year, ``roll_up`` over many organs'
figures after everything else. An ``explanation`` (M07, M08) hangs on errors of other rules, as the
kind of ``stage.explanation`` that it ``explains``; its own outcome only records whether that was seen.

Blank policies of an equation, where some operand is blank:
    uncertain   nothing is judged
    zero        blanks count as zero; a side on which nothing is printed is never assumed
    bounds      a blank is some number >= 0: judged only where zero closes the equation or no such number can

Conditions (``when``) say on which submissions an equation is asked at all: a cell that ``is`` blank, known (a figure)
or positive (a figure above zero). Where one is not met, the outcome is not assessable and its note says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

import yaml

from schemas.equation import RELATIONS, EquationError, parse_cell, parse_equation
from schemas.form import MEASURES
from schemas.register import KINDS as ORGAN_KINDS
from schemas.witness import Witnesses

RULES_FOLDER: Final = Path(__file__).parent / "rules"
SEVERITIES: Final = ("error", "warning", "info")
KINDS: Final = ("equation", "reading", "variant", "select", "explanation")
TURNS: Final = ("", "own", "prior", "roll_up")
EXPLAINED: Final = ("", "misclassified", "digits")
BLANK_POLICIES: Final = ("uncertain", "zero", "bounds")
EACH: Final = ("", "row", "applicant", "part")
"""What an equation runs over: nothing, every row, every kind of applicant, or every kind but the total."""
CONDITIONS: Final = ("blank", "known", "positive")
PRIOR_RELATIONS: Final = ("same", "mapped", "earlier")
"""Last year's same edition; last year's other edition by the crosswalk; the same edition of an earlier year."""
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9999
STATIC_PLACEHOLDERS: Final = frozenset({"left", "right", "row", "applicant", "measure"})
"""Known when a rule is compiled: the form's own labels."""
FIGURE_PLACEHOLDERS: Final = frozenset({"lhs", "rhs", "difference", "gap", "figures", "gaps", "when"})
"""Known when a submission is judged: both sides, what they differ by, the operands, the operands that are blank, and
the figures on which the rule is asked at all."""
DEFAULT_UNCERTAIN: Final = (
    "“{left}”与“{right}”无法核对：{gaps}空白或未能读准。没有的请填0，漏填的请补填，改好后重新报送。"
)


class RuleError(ValueError):
    """A catalogue row contradicts itself or the forms."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A cell and the state (of CONDITIONS) that it must be in for the equation to be asked."""

    cell: str
    state: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One equation of a rule and the dimension it runs over.

    ``each`` is one of EACH. ``rows`` limits the rows by code or pattern, ``row`` names the scope's
    row where the first cell on the left would not be unique, ``substitutions`` are the values of ``{x}`` in ``text``.
    """

    text: str
    each: str = ""
    measures: tuple[str, ...] = ("annual",)
    rows: tuple[str, ...] = ()
    row: str = ""
    substitutions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    when: tuple[Condition, ...] = ()

    @property
    def written(self) -> str:
        """The equation with its conditions, as the catalogue is published."""
        return self.text + "".join(f" when {condition.cell} is {condition.state}" for condition in self.when)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the catalogue. ``editions`` is empty for a rule on every edition; years are inclusive."""

    rule_id: str
    family: str
    version: int
    kind: str
    editions: tuple[str, ...]
    first_year: int
    last_year: int
    severity: str
    scope: str
    statements: tuple[Statement, ...]
    blank: str
    prior: tuple[str, ...]
    across_gap: str
    """relation that replaces the equation's when years between are not on file; '' keeps it"""
    derives_total: bool
    """a blank left side is implied by the right one (M03)"""
    implies_zero: bool
    """in a closed sum of totals the blank ones must be zero (M02)"""
    uses_derived: bool
    exempt: tuple[str, ...]
    """kinds of organ that an equation is not asked of"""
    stands_in_for: str
    """the rule in whose place this one tells a failure at the same scope, leaving doubts to that one (M05 for M01)"""
    judges_cells: bool
    """a reading rule that a report without cells cannot be judged by"""
    variant: str
    select: str
    """the file under warehouse/sql/rules that judges a select rule"""
    turn: str
    """when a select rule is judged: own, prior or roll_up; '' for the other kinds"""
    explains: str
    """the kind of explanation whose presence an explanation rule records; '' for the other kinds"""
    labels: tuple[tuple[str, str], ...]
    """labels of prose figures, which no form prints"""
    sentence: str
    sentence_uncertain: str
    mend: str
    source: str

    def applies_to(self, form_code: str) -> bool:
        """Whether the rule judges submissions of ``form_code`` at all."""
        return not self.editions or form_code in self.editions


@cache
def load_rules(folder: Path = RULES_FOLDER) -> tuple[Rule, ...]:
    """The catalogue in order of rule id. Raises RuleError, naming the file, where a row is not well-formed."""
    rules: dict[str, Rule] = {}
    for path in sorted(folder.glob("*.yaml")):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        for row in raw["rules"]:
            try:
                rule = _build_rule(row)
            except (KeyError, TypeError, ValueError) as error:
                raise RuleError(f"{path.name}, {row.get('rule_id')}: {type(error).__name__}: {error}") from error
            if rule.rule_id in rules:
                raise RuleError(f"{path.name}: {rule.rule_id} is in the catalogue twice")
            rules[rule.rule_id] = rule
    for rule in rules.values():
        if rule.stands_in_for and rule.stands_in_for not in rules:
            raise RuleError(f"{rule.rule_id} stands in for {rule.stands_in_for!r}, which is not in the catalogue")
    return tuple(rules[rule_id] for rule_id in sorted(rules))


def rules_hash(rules: Sequence[Rule], witnesses: Witnesses) -> str:
    """SHA-256 over everything the rules say, the table of witnesses included, whatever file or order rules stand in."""
    rows = sorted((asdict(rule) for rule in rules), key=lambda row: str(row["rule_id"]))
    said = json.dumps([rows, asdict(witnesses)], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _build_rule(row: Mapping[str, Any]) -> Rule:
    unknown = row.keys() - _FIELDS
    if unknown:
        raise RuleError(f"unknown fields {sorted(unknown)}")
    first_year, last_year = row.get("years", (None, None))
    rule = Rule(
        rule_id=row["rule_id"],
        family=row["family"],
        version=int(row["version"]),
        kind=row.get("kind", "equation"),
        editions=() if row["editions"] == "all" else tuple(row["editions"]),
        first_year=first_year or FIRST_YEAR,
        last_year=last_year or LAST_YEAR,
        severity=row["severity"],
        scope=row.get("scope", ""),
        statements=_build_statements(row),
        blank=row.get("blank", "uncertain"),
        prior=tuple(row.get("prior", ("same",))),
        across_gap=row.get("across_gap", ""),
        derives_total=row.get("derives_total", False),
        implies_zero=row.get("implies_zero", False),
        uses_derived=row.get("uses_derived", False),
        exempt=tuple(row.get("exempt", ())),
        stands_in_for=row.get("stands_in_for", ""),
        judges_cells=row.get("judges_cells", False),
        variant=row.get("variant", ""),
        select=row.get("select", ""),
        turn=row.get("turn", ""),
        explains=row.get("explains", ""),
        labels=tuple(sorted(row.get("labels", {}).items())),
        sentence=row["sentence"],
        sentence_uncertain=row.get("sentence_uncertain", DEFAULT_UNCERTAIN),
        mend=row["mend"],
        source=row["source"],
    )
    _validate(rule)
    return rule


_STATEMENT_FIELDS: Final = frozenset({"equation", "each", "measures", "rows", "row", "substitute", "when"})
_FIELDS: Final = (
    frozenset(Rule.__slots__) - {"first_year", "last_year", "statements"}
    | _STATEMENT_FIELDS
    | {
        "years",
        "equations",
    }
)


def _build_statements(row: Mapping[str, Any]) -> tuple[Statement, ...]:
    """One for ``equation``, several for ``equations``; what an entry leaves out it takes from the rule."""
    entries = row.get("equations", [{"equation": row["equation"]}] if "equation" in row else [])
    statements = []
    for entry in entries:
        if entry.keys() - _STATEMENT_FIELDS:
            raise RuleError(f"unknown fields {sorted(entry.keys() - _STATEMENT_FIELDS)}")
        merged = {name: row[name] for name in _STATEMENT_FIELDS & row.keys()} | dict(entry)
        statements.append(
            Statement(
                text=merged["equation"],
                each=merged.get("each", ""),
                measures=tuple(merged.get("measures", ("annual",))),
                rows=tuple(merged.get("rows", ())),
                row=merged.get("row", ""),
                substitutions=tuple((name, tuple(values)) for name, values in merged.get("substitute", {}).items()),
                when=tuple(Condition(condition["cell"], condition["is"]) for condition in merged.get("when", ())),
            )
        )
    return tuple(statements)


def _validate(rule: Rule) -> None:
    problems = [
        f"{name} {value!r} is not one of {sorted(allowed)}"
        for name, value, allowed in (
            ("severity", rule.severity, SEVERITIES),
            ("kind", rule.kind, KINDS),
            ("blank", rule.blank, BLANK_POLICIES),
            ("turn", rule.turn, TURNS),
            ("explains", rule.explains, EXPLAINED),
            ("across_gap", rule.across_gap, ("", *RELATIONS)),
            *(("prior", relation, PRIOR_RELATIONS) for relation in rule.prior),
            *(("measures", measure, MEASURES) for item in rule.statements for measure in item.measures),
            *(("each", item.each, EACH) for item in rule.statements),
            *(("condition", condition.state, CONDITIONS) for item in rule.statements for condition in item.when),
            *(("exempt", kind, ORGAN_KINDS) for kind in rule.exempt),
        )
        if value not in allowed
    ]
    needed = {
        "equation": rule.statements,
        "variant": rule.variant,
        "select": rule.select and rule.turn,
        "explanation": rule.explains,
        "reading": True,
    }
    if rule.kind in needed and not needed[rule.kind]:
        problems.append(f"a rule of kind {rule.kind} says what it judges")
    if rule.kind == "equation" and not rule.editions:
        problems.append("an equation names its editions")
    problems += [f"no {name}" for name in ("sentence", "mend", "source", "family") if not getattr(rule, name).strip()]
    for sentence in (rule.sentence, rule.sentence_uncertain):
        names = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
        problems += [f"unknown placeholder {{{n}}}" for n in sorted(names - STATIC_PLACEHOLDERS - FIGURE_PLACEHOLDERS)]
    for statement in rule.statements:
        try:
            parse_equation(_placeholders_filled(statement, statement.text))
            for condition in statement.when:
                parse_cell(_placeholders_filled(statement, condition.cell))
        except EquationError as error:
            problems.append(str(error))
    if problems:
        raise RuleError("; ".join(problems))


def _placeholders_filled(statement: Statement, text: str) -> str:
    """``text`` with the statement's first substitution, which is enough to judge the grammar."""
    for name, values in statement.substitutions:
        text = text.replace("{" + name + "}", values[0])
    return text
