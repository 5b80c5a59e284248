"""The answer to every file: what became of it, what is wrong in which cell, what to do next and by when.

Belongs here: the facts of an answer, gathered once from a night's published tables (``facts``), told as a page
(``page``), a marked copy of what was sent (``book``) and JSON, and written where they changed (``outbox``). Does not
belong here: judging, or the wording of rules (``schemas/rules``).
"""

from pipelines.answers.facts import READS, Answer, answers
from pipelines.answers.outbox import Written, write_receipts

__all__ = ["READS", "Answer", "Written", "answers", "write_receipts"]
