"""A CSV file of the register, read row by row with errors that name file, line and column.

Belongs here: reading a table and turning one field into text, a year, a day, a flag or a word of a vocabulary. Does not
belong here: what the tables mean (``schemas.register``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

EARLIEST_YEAR: Final = 1949
LATEST_YEAR: Final = 2100
SOURCES: Final = ("seen", "inferred", "recalled", "made_up")
"""how the register comes to know what a row says"""


class RegisterError(ValueError):
    """A register file is missing, malformed or contradicts itself; the message says where."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a register table; every reader raises ``RegisterError`` on a field that it cannot accept."""

    file: Path
    line: int
    fields: Mapping[str, str]

    def error(self, column: str, message: str) -> RegisterError:
        """The error to raise for a field of this line."""
        return RegisterError(f"{self.file.name}, line {self.line}, column {column}: {message}")

    def optional(self, column: str) -> str:
        """The field without surrounding white space; it may be empty."""
        return self.fields[column].strip()

    def text(self, column: str) -> str:
        """The field, which must not be empty."""
        value = self.optional(column)
        if not value:
            raise self.error(column, "must not be empty")
        return value

    def matching(self, column: str, pattern: str, described: str) -> str:
        """The field, which must match the pattern whole; ``described`` says in words what is expected."""
        value = self.text(column)
        if not re.fullmatch(pattern, value):
            raise self.error(column, f"{value!r} is not {described}")
        return value

    def choice(self, column: str, vocabulary: Collection[str], what: str = "word") -> str:
        """The field, which must be in the vocabulary."""
        value = self.text(column)
        if value not in vocabulary:
            raise self.error(column, f"unknown {what} {value!r}")
        return value

    def year(self, column: str) -> int:
        """The field as a year."""
        value = self.text(column)
        if not re.fullmatch(r"[0-9]{4}", value) or not EARLIEST_YEAR <= int(value) <= LATEST_YEAR:
            raise self.error(column, f"{value!r} is not a year from {EARLIEST_YEAR} to {LATEST_YEAR}")
        return int(value)

    def years(self, first: str, last: str) -> tuple[int | None, int | None]:
        """Two fields as an inclusive span of years, either end None where empty."""
        begin = self.year(first) if self.optional(first) else None
        end = self.year(last) if self.optional(last) else None
        if begin is not None and end is not None and end < begin:
            raise self.error(last, f"{end} is before {begin}")
        return begin, end

    def day(self, column: str) -> date:
        """The field as an ISO date."""
        value = self.text(column)
        try:
            return date.fromisoformat(value)
        except ValueError as problem:
            raise self.error(column, f"{value!r} is not a date like 2025-01-31") from problem

    def flag(self, column: str) -> bool:
        """The field as ``true`` or ``false``."""
        return self.choice(column, ("true", "false")) == "true"


def read_table(file: Path, columns: tuple[str, ...]) -> list[Row]:
    """All rows of a UTF-8 CSV file that must have exactly these columns, in this order."""
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, [])
            if tuple(header) != columns:
                raise RegisterError(f"{file.name}, line 1: the columns must be {','.join(columns)}")
            return [_row(file, reader.line_num, columns, fields) for fields in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise RegisterError(f"{file.name}: cannot be read: {problem}") from problem


def _row(file: Path, line: int, columns: tuple[str, ...], fields: list[str]) -> Row:
    if len(fields) != len(columns):
        raise RegisterError(f"{file.name}, line {line}: {len(fields)} fields instead of {len(columns)}")
    return Row(file, line, dict(zip(columns, fields, strict=True)))
