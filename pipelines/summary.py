"""The short table that a night prints: what came in, what was held, the city's headline figures.

Belongs here: what the command line shows of a published night, in Chinese. Every figure is read from the published
file, what was left for the next night from the journal; nothing is computed here.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from pipelines.journal import Entry
from warehouse.connection import dicts, reader

_HEADLINES: Final = """
SELECT y.report_year, y.indicator_code, i.label, i.unit, y.applicant_kind, y.value, y.change, y.change_pct, y.note,
       r.organs_reported + r.organs_nil AS answered, r.organs_expected AS expected
FROM mart.year_over_year AS y
JOIN core.dim_indicator AS i ON i.form_code = y.form_code AND i.indicator_code = y.indicator_code
JOIN mart.city_rollup AS r
    ON r.report_year = y.report_year AND r.slice_kind = 'city' AND r.form_code = y.form_code
    AND r.indicator_code = y.indicator_code AND r.applicant_kind = y.applicant_kind AND r.measure = y.measure
WHERE y.slice_kind = 'city' AND y.measure = 'annual' AND y.applicant_kind IN ('', 'total')
  AND y.indicator_code IN (
      'fj09_open_total', 'fj09_req_total', 'fj_open_total', 'fj_req_total', 'g14_open_total', 'g14_req_total',
      'req_new', 'res_total')
ORDER BY y.report_year, i.form_code, i.position
"""
_COUNTS: Final = """
SELECT (SELECT count(*) FROM core.fct_file) AS files,
       (SELECT count(*) FROM core.fct_file WHERE outcome = 'rejected') AS rejected,
       (SELECT count(*) FROM core.fct_file WHERE outcome = 'duplicate') AS duplicates,
       (SELECT count(*) FROM core.fct_submission) AS submissions,
       (SELECT count(*) FROM core.fct_submission WHERE status = 'held') AS held,
       (SELECT cells_stored FROM meta.build) AS cells,
       (SELECT count(*) FROM core.fct_finding WHERE severity = 'error' AND state <> 'waived') AS errors,
       (SELECT count(*) FROM core.fct_finding WHERE severity = 'warning' AND state <> 'waived') AS warnings,
       (SELECT count(*) FROM core.fct_finding WHERE severity = 'info' AND state <> 'waived') AS infos
"""


def print_night(console: Console, published_file: Path) -> None:
    """Print the counts of the night and the city's headline figures with their change."""
    with reader(published_file) as connection:
        (counts,) = dicts(connection, _COUNTS)
        headlines = dicts(connection, _HEADLINES)
    table = Table(title="本夜结果", show_header=False)
    table.add_row("文件", f"{counts['files']:,}（未能读取 {counts['rejected']}，重复 {counts['duplicates']}）")
    table.add_row("报表", f"{counts['submissions']:,}（扣留 {counts['held']}）")
    table.add_row("单元格", f"{counts['cells']:,}")
    table.add_row("问题", f"错误 {counts['errors']:,}，提示 {counts['warnings']:,}，说明 {counts['infos']:,}")
    console.print(table)
    table = Table(title="全市主要数字")
    for heading in ("年度", "指标", "数值", "增减", "同比", "已报/应报", "备注"):
        numeric = heading in {"数值", "增减", "同比"}
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for row in headlines:
        table.add_row(
            str(row["report_year"]),
            row["label"],
            f"{_plain(row['value'])} {row['unit']}",
            _signed(row["change"]),
            "" if row["change_pct"] is None else f"{row['change_pct']:+.2f}%",
            f"{row['answered']}/{row['expected']}",
            row["note"],
        )
    console.print(table)


def print_left(console: Console, opening: Entry) -> None:
    """Print what the night that ``opening`` opened has left in the inbox for the next one."""
    if count := opening["still_being_written"]:
        console.print(f"{count:,} 个文件还在写入，留到下一夜。")
    if count := opening["beyond_the_bound"]:
        console.print(f"{count:,} 个文件超出每个文件夹一夜收件的数量，留到下一夜。")


def _plain(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():,f}"


def _signed(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():+,f}"
