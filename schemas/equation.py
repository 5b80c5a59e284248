"""The language in which the rule catalogue writes its equations, read into plain values.

Belongs here: tokens and grammar, without any knowledge of forms. Does not belong here: what a name means in an edition
(``schemas.rule``) or how an equation is judged (``warehouse.judge``). Nothing is evaluated.

    equation := side ("=" | "<=" | ">=" | "<" | ">") side
    side     := ["-"] operand (("+" | "-") operand)*
    operand  := number | [number "*"] (cell | function)
    cell     := [form "."] name ["[" dimension ("," dimension)* "]"]
    function := "prior(" cell ")"                  the cell in the organ's official submission of an earlier year
              | "children(" name ")" [dimensions]  every row that the form prints under it
              | "parts(" name ")" [dimensions]     the row's kinds of applicant without the total
              | "sum(" name_* ")" [dimensions]     every row whose code starts so
    name     := an indicator code, @row, or a code ending in _*
    dimension := a measure, a kind of applicant, or @a
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

RELATIONS: Final = ("=", "<=", ">=", "<", ">")
FUNCTIONS: Final = frozenset({"prior", "children", "parts", "sum"})
_MAX_LENGTH: Final = 2000
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<name>@?[a-z][a-z0-9_]*(?:(?<=_)\*)?)|(?P<number>\d+(?:\.\d+)?)|(?P<symbol><=|>=|[=<>+\-*().,\[\]]))"
)


class EquationError(ValueError):
    """The text is not an equation of the catalogue's language."""


@dataclass(frozen=True, slots=True)
class CellRef:
    """A cell by name. ``form_code`` is '' for the edition that the rule judges."""

    name: str
    form_code: str = ""
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operand:
    """``coefficient`` times a cell or a function of cells; ``cell`` is None for a plain number."""

    coefficient: Decimal
    function: str = ""
    cell: CellRef | None = None


@dataclass(frozen=True, slots=True)
class Equation:
    """Both sides as printed in the catalogue, left to right."""

    left: tuple[Operand, ...]
    relation: str
    right: tuple[Operand, ...]

    def operands(self) -> Iterator[Operand]:
        """Left side first."""
        yield from self.left
        yield from self.right


def parse_equation(text: str) -> Equation:
    """Read one equation. Raises EquationError, naming the place, where ``text`` is none."""
    return _Parser(text).equation()


def parse_cell(text: str) -> Operand:
    """Read a single cell or ``prior(cell)``, as a condition names it; raises EquationError where it is neither."""
    operand = _Parser(text).single()
    if operand.function not in ("", "prior"):
        raise EquationError(f"{operand.function}() is more than one cell: {text!r}")
    return operand


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def equation(self) -> Equation:
        left = self._side()
        relation = self._take()
        if relation not in RELATIONS:
            raise self._error(f"expected one of {' '.join(RELATIONS)}, found {relation!r}")
        right = self._side()
        if self._peek():
            raise self._error(f"unexpected {self._peek()!r}")
        return Equation(left, relation, right)

    def single(self) -> Operand:
        operand = self._named(Decimal(1))
        if self._peek():
            raise self._error(f"unexpected {self._peek()!r}")
        return operand

    def _side(self) -> tuple[Operand, ...]:
        sign = Decimal(-1) if self._accept("-") else Decimal(1)
        operands = [self._operand(sign)]
        while self._peek() in ("+", "-"):
            operands.append(self._operand(Decimal(1 if self._take() == "+" else -1)))
        return tuple(operands)

    def _operand(self, sign: Decimal) -> Operand:
        if self._peek()[:1].isdigit():
            number = sign * Decimal(self._take())
            if not self._accept("*"):
                return Operand(number)
            sign = number
        return self._named(sign)

    def _named(self, sign: Decimal) -> Operand:
        name = self._name()
        if name not in FUNCTIONS or self._peek() != "(":
            return Operand(sign, "", self._cell(name))
        self._expect("(")
        inner = self._cell(self._name())
        self._expect(")")
        if self._peek() == "[":
            inner = CellRef(inner.name, inner.form_code, self._dimensions())
        return Operand(sign, name, inner)

    def _cell(self, name: str) -> CellRef:
        form_code = ""
        if self._accept("."):
            form_code, name = name, self._name()
        return CellRef(name, form_code, self._dimensions())

    def _dimensions(self) -> tuple[str, ...]:
        if not self._accept("["):
            return ()
        found = [self._name()]
        while self._accept(","):
            found.append(self._name())
        self._expect("]")
        return tuple(found)

    def _name(self) -> str:
        token = self._take()
        if not token or not (token[0] == "@" or token[0].isalpha()):
            raise self._error(f"expected a name, found {token!r}")
        return token

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _accept(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._next += 1
        return True

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            raise self._error(f"expected {token!r}, found {found!r}")

    def _error(self, what: str) -> EquationError:
        return EquationError(f"{what}, token {self._next} of {self._text!r}")


def _tokens(text: str) -> list[str]:
    if len(text) > _MAX_LENGTH:
        raise EquationError(f"an equation of {len(text)} characters; the longest allowed has {_MAX_LENGTH}")
    text = text.strip()
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise EquationError(f"not understood from character {position}: {text[position : position + 20]!r}")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens
