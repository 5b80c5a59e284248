"""Why a file, as a whole, was not read.

Belongs here: the exception with which every part of a reader gives up on a file, and its Chinese reason.
"""

from __future__ import annotations


class RejectedError(Exception):
    """The file cannot be read: ``rule_id`` V01, V02 or V03 and the reason with what to send instead.

    ``is_final`` is False where another night may do better: a program that was asked for help did not answer in time.
    """

    def __init__(self, rule_id: str, reason: str, *, is_final: bool = True) -> None:
        super().__init__(reason)
        self.rule_id = rule_id
        self.reason = reason
        self.is_final = is_final
