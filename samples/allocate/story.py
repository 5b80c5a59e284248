"""What goes wrong in the live collection (report year 2024, due 2025-01-31), as data.

Belongs here: which organ does what, and the wrong versions of two tables. Does not belong here: the correct figures
(``national``), and files and folders.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from samples.allocate.model import Figure


class CellChange(NamedTuple):
    """One cell of a submission for 2024 as wrongly filed, beside what is right."""

    organ_code: str
    indicator_code: str
    applicant_kind: str
    wrong: int
    right: int


class Story(NamedTuple):
    """The organs of the live collection that do something other than file one correct workbook in time."""

    report_year: int
    form_code: str
    missing: str  # files nothing
    held: CellChange  # files the wrong figure and never corrects it: M01 and M03 cross in this one cell
    resubmitted: CellChange  # files the wrong figure first (M02 and M03 cross in it), then the right one
    late: str
    late_received_on: date
    nil: str  # 零报告
    nil_years: tuple[int, ...]
    gb18030_csv: str  # files a correct long CSV in GB18030
    typed_by_hand: str  # files a correct workbook in the statutory layout, not made from the template


STORY: Final = Story(
    report_year=2024,
    form_code="gb_2021",
    missing="XMP07902",  # 同安区莲花镇人民政府
    held=CellChange("XMP03104", "req_new", "natural_person", 9, 6),  # 集美区教育局
    resubmitted=CellChange("XMP02103", "res_granted", "natural_person", 15, 5),
    late="XMP06901",  # 翔安区内厝镇人民政府
    late_received_on=date(2025, 2, 11),
    nil="XMP00406",  # 市园林绿化工程质量站
    nil_years=(2023, 2024),
    gb18030_csv="XMP00108",  # 市财政局
    typed_by_hand="XMP00121",  # 市统计局
)


def wrong_version(figures: Iterable[Figure], change: CellChange) -> list[Figure]:
    """The organ's whole submission for 2024 as wrongly filed, in the order of the figures.

    ValueError where the figures do not have the cell with its right value exactly once.
    """
    story = (change.organ_code, STORY.report_year, STORY.form_code)
    filed = [figure for figure in figures if (figure.organ_code, figure.report_year, figure.form_code) == story]
    cell = (change.indicator_code, change.applicant_kind)
    hits = [figure for figure in filed if (figure.indicator_code, figure.applicant_kind) == cell]
    if [figure.value for figure in hits] != [change.right]:
        raise ValueError(f"{change} does not fit the figures: {hits}")
    return [figure._replace(value=change.wrong) if figure in hits else figure for figure in filed]
