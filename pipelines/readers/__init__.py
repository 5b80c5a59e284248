"""Reading files: pure functions from bytes to cells.

Belongs here: one module for each kind of file, and what all kinds share - grid, labels, numbers, recognition. Does not
belong here: the inbox, the register, the warehouse. ``read_file`` is the only way in.
"""

from __future__ import annotations

from pipelines.readers import delimited
from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.kinds import OPENERS
from pipelines.readers.model import FileReading, Limits, Problem
from pipelines.readers.reject import RejectedError
from pipelines.readers.submissions import read_document


def read_file(data: bytes, name: str, limits: Limits | None = None, assumed_year: int | None = None) -> FileReading:
    """Every submission in a file, or the reason why there is none. ``name`` is the file's name without folders.

    ``assumed_year`` is the report year of what states none (None: such a file is refused, as the nightly job does).
    """
    bounds = limits or Limits()
    try:
        if not data.strip(b"\xef\xbb\xbf \t\r\n") and (nil := delimited.nil_report(name, "")):
            return nil
        kind = kind_of(data, bounds)
        if kind is Kind.CSV:
            text = delimited.decode(data)
            return (
                delimited.nil_report(name, text)
                or delimited.read_long(text, bounds, assumed_year)
                or read_document(delimited.to_document(text, bounds), name, assumed_year)
            )
        return read_document(OPENERS[kind](data, bounds), name, assumed_year)
    except RejectedError as rejection:
        return FileReading(problems=(Problem(rejection.rule_id, rejection.reason),), is_final=rejection.is_final)
