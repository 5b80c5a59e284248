"""The sample figures, allocated in whole numbers over the reporting organs from the figures that the city published.

Belongs here: ``build_figures`` (the long table of every sample submission, complete and correct), ``verify`` (every
constraint that it keeps) and ``STORY`` (what goes wrong in the live collection, as data). Does not belong here: files,
workbooks and folders.

Everything is deterministic: the same figures from every run and every supported Python. Only the published totals of
``published_xiamen.csv`` are real; every figure of a single department, district or street is made up.
"""

from __future__ import annotations

from samples.allocate.annex import build_annex
from samples.allocate.model import Figure, Value
from samples.allocate.national import build_national
from samples.allocate.story import STORY, CellChange, Story, wrong_version
from samples.allocate.supplement import build_supplement
from samples.allocate.verify import verify
from schemas.register import load_register

__all__ = ["STORY", "CellChange", "Figure", "Story", "Value", "build_figures", "verify", "wrong_version"]


def build_figures() -> list[Figure]:
    """Every figure of every sample submission, ordered by year, form and organ, and by the form's own order within.

    The organs in ``STORY`` are here with their correct figures, the missing one too; an organ that files 零报告 is not.
    """
    register = load_register()
    annex = build_annex(register)
    figures = [*annex, *build_supplement(register, annex), *build_national(register)]
    return sorted(figures, key=lambda figure: (figure.report_year, figure.form_code, figure.organ_code))
