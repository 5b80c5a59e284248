"""Why a file, as a whole, was not read.

Belongs here: the exception with which every part of a reader gives up on a file, and its Chinese reason; what the
standard library raises on damage that several kinds of file can have.
"""

from __future__ import annotations

import zipfile
import zlib
from typing import Final

DAMAGED_PACKAGE: Final = (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, OSError, EOFError)
"""what Python's zipfile raises on a damaged package or a part that it cannot unpack"""


class RejectedError(Exception):
    """The file cannot be read: ``rule_id`` V01, V02 or V03 and the reason with what to send instead.

    ``is_final`` is False where another night may do better: a program that was asked for help did not answer in time.
    """

    def __init__(self, rule_id: str, reason: str, *, is_final: bool = True) -> None:
        super().__init__(reason)
        self.rule_id = rule_id
        self.reason = reason
        self.is_final = is_final
