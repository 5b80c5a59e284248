"""Reading files: pure functions from bytes to cells.

Belongs here: one module for each kind of file, and what all kinds share - grid, labels, numbers, recognition. Does not
belong here: the inbox, the register, the warehouse. ``read_file`` is the only way in.
"""

from __future__ import annotations

from functools import partial

from pipelines.readers.archive import ZIP_IN_ZIP, read_members
from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.kinds import OPENERS
from pipelines.readers.model import FileReading, Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets import delimited
from pipelines.readers.submissions import read_document


def read_file(data: bytes, name: str, limits: Limits | None = None, assumed_year: int | None = None) -> FileReading:
    """Every submission in a file, or the reason why there is none. ``name`` is the file's name without folders.

    ``assumed_year`` is the report year of what states none (None: such a file is refused, as the nightly job does).
    """
    try:
        return _read(data, name, limits or Limits(), assumed_year)
    except RejectedError as rejection:
        return FileReading.refused(rejection)


def _read(data: bytes, name: str, limits: Limits, assumed_year: int | None, *, is_member: bool = False) -> FileReading:
    """Raises RejectedError."""
    if not data.strip(b"\xef\xbb\xbf \t\r\n") and (nil := delimited.nil_report(name, "")):
        return nil
    kind = kind_of(data, limits)
    if kind is Kind.ZIP:
        if is_member:
            raise RejectedError("V01", ZIP_IN_ZIP)
        return read_members(data, limits, partial(_read, limits=limits, assumed_year=assumed_year, is_member=True))
    if kind is Kind.CSV:
        text = delimited.decode(data)
        return (
            delimited.nil_report(name, text)
            or delimited.read_long(text, limits, assumed_year)
            or read_document(delimited.to_document(text, limits), name, assumed_year)
        )
    return read_document(OPENERS[kind](data, limits), name, assumed_year)
