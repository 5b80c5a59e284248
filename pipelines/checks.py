"""What must hold between tables, and what the ops team should see: queries that return the rows that are wrong.

Belongs here: checks over whole tables beyond their contracts. A blocking one is about the warehouse itself and stops
publication; the others are about what organs filed and colour the asset without stopping anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schemas import render
from schemas.tables import HISTORIES, TABLES
from warehouse.releases import HASHED


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A named query over ``table`` that returns the bad rows."""

    table: str
    name: str
    description: str
    bad_rows: str
    is_blocking: bool
    counts: str = ""
    """a query of one row: numbers shown beside the bad rows, by column name"""


_CHANGES: Final = "report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure"
_STEPS: Final = "concept_code, report_year, slice_kind, slice_code, form_code"


def _conserved(table: str, changes: str, key: str) -> TableCheck:
    """Every change is the sum of its parts, and no part stands without its change."""
    return TableCheck(
        table,
        "adds_up_to_change",
        "各机构各部分之和恰等于增减",
        f"""
        SELECT {key}, c.change, p.contributions
        FROM (SELECT {key}, change FROM {changes} WHERE change IS NOT NULL) AS c
        FULL JOIN (SELECT {key}, sum(contribution) AS contributions FROM {table} GROUP BY {key}) AS p USING ({key})
        WHERE c.change IS NULL OR c.change <> coalesce(p.contributions, 0)
        """,  # noqa: S608 - names of ours
        is_blocking=True,
    )


def _named(table: str, key: str) -> TableCheck:
    return TableCheck(
        table,
        "revisions_have_an_organ",
        "上年数公布以后，名录没有改变分组所含的机构",
        f"""
        SELECT {key}, contribution FROM {table} WHERE organ_code = ''
        ORDER BY {key}
        """,  # noqa: S608 - names of ours
        is_blocking=False,
    )


FAMILIES: Final = {
    "F": "附表",
    "G": "全国统计表",
    "M": "申请办理表",
    "T": "复议诉讼",
    "A": "主动公开存量",
    "X": "跨年与跨机构",
    "N": "正文",
    "H": "城市汇总",
    "S": "补充表",
    "V": "读取与结构",
}
"""the first letter of a rule's id -> what the rules of that letter are about"""


_FAMILY_ROWS: Final = """
    SELECT f.rule_id, f.organ_code, o.name, f.report_year, f.scope, f.lhs, f.rhs, f.message
    FROM core.fct_finding AS f
    LEFT JOIN core.dim_organ AS o ON o.organ_code = f.organ_code
    WHERE left(f.rule_id, 1) = '{letter}' AND f.outcome = 'fail' AND f.severity <> 'info' AND f.state <> 'waived'
    ORDER BY CASE f.severity WHEN 'error' THEN 1 ELSE 2 END, f.report_year DESC NULLS LAST, f.organ_code, f.rule_id,
             f.scope
"""
_FAMILY_COUNTS: Final = """
    SELECT count(DISTINCT r.submission_id) AS submissions,
           coalesce(sum(CASE r.outcome WHEN 'fail' THEN 1 ELSE 0 END), 0) AS fails,
           coalesce(sum(CASE r.outcome WHEN 'uncertain' THEN 1 ELSE 0 END), 0) AS uncertain,
           (SELECT count(*) FROM core.fct_finding AS f
            WHERE left(f.rule_id, 1) = '{letter}' AND f.state = 'waived') AS waived
    FROM core.fct_rule_outcome AS r
    WHERE left(r.rule_id, 1) = '{letter}'
"""


def _family_check(letter: str, title: str) -> TableCheck:
    """What the rules of one letter found in the organs' reports: their errors are data, never the night's failure."""
    return TableCheck(
        "core.fct_rule_outcome",
        f"family_{letter.lower()}",
        f"{title}（{letter}）的规则没有不符",
        _FAMILY_ROWS.format(letter=letter),
        is_blocking=False,
        counts=_FAMILY_COUNTS.format(letter=letter),
    )


def _history_check(history: str, of: str) -> TableCheck:
    """What a history calls official now is the table itself; of a table that makes no release, only if it is one."""
    columns = ", ".join(f'"{column.name}"' for column in render.columns_of(TABLES[of]))
    now = f"SELECT {columns} FROM {history} WHERE released_until IS NULL"  # noqa: S608 - names of ours
    there = f"SELECT {columns} FROM {of}"  # noqa: S608 - names of ours
    if of not in HASHED:
        there += " WHERE EXISTS (SELECT 1 FROM meta.release AS r JOIN stage.build AS b ON b.night = r.night)"
        now += " AND EXISTS (SELECT 1 FROM meta.release AS r JOIN stage.build AS b ON b.night = r.night)"
    return TableCheck(
        history,
        "as_of_now_is_now",
        "现行的历史 = 今夜的表",
        f"({now} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {now})",
        is_blocking=True,
    )


_UNEXPLAINED: Final = """
    WITH logged AS ({logged}),
    -- what a release brought less what it took away; of a sum with more digits than a value has no figure is kept
    actual AS (
        SELECT release_no, report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
               sum(coalesce(value, 0)) AS difference,
               bool_or(value IS NULL AND cells_blank < organs_reported) AS is_beyond
        FROM (
            SELECT from_release_no AS release_no, * EXCLUDE (from_release_no, until_release_no)
            FROM mart.city_rollup_history WHERE from_release_no > 1
            UNION ALL BY NAME
            SELECT until_release_no AS release_no,
                   * EXCLUDE (from_release_no, until_release_no) REPLACE (-value AS value)
            FROM mart.city_rollup_history WHERE until_release_no IS NOT NULL
        ) AS side
        GROUP BY ALL
    ),
    summed AS (
        SELECT release_no, report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
               sum(delta) AS delta
        FROM logged GROUP BY ALL
    )
    SELECT release_no, report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
           coalesce(s.delta, 0) AS logged, coalesce(a.difference, 0) AS actual
    FROM summed AS s
    FULL JOIN actual AS a
        USING (release_no, report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure)
    WHERE coalesce(s.delta, 0) <> coalesce(a.difference, 0) AND NOT coalesce(a.is_beyond, FALSE)
"""

CHECKS: Final = (
    TableCheck(
        "core.fct_submission",
        "one_official",
        "每个机构、年度、表样至多一份正式数",
        """
        SELECT organ_code, report_year, form_code, count(*) AS official
        FROM core.fct_submission WHERE is_official
        GROUP BY organ_code, report_year, form_code HAVING count(*) > 1
        """,
        is_blocking=True,
    ),
    TableCheck(
        "core.fct_submission",
        "nothing_held",
        "没有被扣留的报表",
        """
        SELECT s.organ_code, o.name, s.report_year, s.form_code, s.file_name, s.receipt_no
        FROM core.fct_submission AS s JOIN core.dim_organ AS o ON o.organ_code = s.organ_code
        WHERE s.status = 'held' ORDER BY s.report_year DESC, s.organ_code
        """,
        is_blocking=False,
    ),
    TableCheck(
        "core.fct_file",
        "nothing_rejected",
        "没有读不了的文件",
        "SELECT inbox_path, reason, received_at FROM core.fct_file WHERE outcome = 'rejected' ORDER BY sequence",
        is_blocking=False,
    ),
    TableCheck(
        "core.fct_finding",
        "no_error_findings",
        "没有未解决的错误",
        """
        SELECT organ_code, report_year, form_code, rule_id, scope, lhs, rhs, difference, message
        FROM core.fct_finding WHERE severity = 'error' AND state <> 'waived'
        ORDER BY report_year DESC NULLS LAST, organ_code, rule_id, scope
        """,
        is_blocking=False,
    ),
    TableCheck(
        "core.fct_decision",
        "decisions_apply",
        "决定与说明的每一行都能采用（只看每个文件最后一次的内容）",
        """
        WITH latest AS (SELECT folder, inbox_path, max(sequence) AS sequence FROM core.fct_file GROUP BY ALL)
        SELECT l.inbox_path, d.line, d.decision, d.finding_id, d.signed_by, d.note
        FROM core.fct_decision AS d JOIN latest AS l ON l.sequence = d.sequence
        WHERE d.effect = 'no_effect' ORDER BY d.sequence, d.line
        """,
        is_blocking=False,
    ),
    TableCheck(
        "mart.city_rollup",
        "slices_add_up",
        "全市 = 本级 + 下级 = 政府 + 部门（+ 分不开的汇总报告）",
        """
        WITH undivided AS (
            SELECT c.report_year, c.form_code, c.indicator_code, c.applicant_kind, c.measure,
                   'organ_kind' AS slice_kind, sum(coalesce(c.value, c.derived_value)) AS total
            FROM mart.rollup_source AS r JOIN core.official_cell AS c ON c.submission_id = r.submission_id
            WHERE r.basis = 'consolidated' AND r.used_as = 'summed'
            GROUP BY ALL
        ),
        part AS (
            SELECT report_year, form_code, indicator_code, applicant_kind, measure, slice_kind,
                   coalesce(sum(value), 0) AS total, count(*) - count(value) AS without
            FROM mart.city_rollup WHERE slice_kind IN ('city', 'level', 'organ_kind')
            GROUP BY ALL
        )
        SELECT p.* EXCLUDE (without), u.total AS undivided, c.total AS city_total
        FROM part AS p JOIN part AS c
            ON c.report_year = p.report_year AND c.form_code = p.form_code AND c.indicator_code = p.indicator_code
            AND c.applicant_kind = p.applicant_kind AND c.measure = p.measure AND c.slice_kind = 'city'
        LEFT JOIN undivided AS u
            ON u.report_year = p.report_year AND u.form_code = p.form_code AND u.indicator_code = p.indicator_code
            AND u.applicant_kind = p.applicant_kind AND u.measure = p.measure AND u.slice_kind = p.slice_kind
        WHERE p.total + coalesce(u.total, 0) <> c.total
          -- a sum that has more digits than a value is NULL in the roll-up: with one on both sides nothing is known,
          -- with one on either the difference is at least as wide
          AND NOT (p.without > 0 AND c.without > 0)
          AND NOT (p.without + c.without > 0 AND abs(p.total + coalesce(u.total, 0) - c.total) >= 100000000000000)
        """,
        is_blocking=True,
    ),
    TableCheck(
        "mart.city_rollup",
        "organs_conserved",
        "应报 = 已报 + 零报告 + 缺报",
        """
        SELECT DISTINCT report_year, slice_kind, slice_code, form_code, organs_expected, organs_reported, organs_nil,
                        organs_missing
        FROM mart.city_rollup WHERE organs_expected <> organs_reported + organs_nil + organs_missing
        """,
        is_blocking=True,
    ),
    TableCheck(
        "mart.city_rollup",
        "cells_accounted",
        "合计的每一格都有着落：有数、推得、空白、不适用之和不多于已报机构",
        """
        SELECT report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure, organs_reported,
               cells_reported, cells_zero, cells_derived, cells_blank, cells_not_applicable
        FROM mart.city_rollup
        WHERE cells_reported + cells_derived + cells_blank + cells_not_applicable > organs_reported
            OR cells_zero > cells_reported
        """,
        is_blocking=True,
    ),
    TableCheck(
        "mart.city_rollup",
        "complete",
        "应报的机构都已报送",
        """
        SELECT d.report_year, d.form_code, d.organ_code, o.name, d.due_on
        FROM core.reporting_duty AS d
        JOIN core.dim_organ AS o ON o.organ_code = d.organ_code
        LEFT JOIN core.fct_submission AS s
            ON s.organ_code = d.organ_code AND s.report_year = d.report_year AND s.form_code = d.form_code
            AND s.is_official
        WHERE d.gates_total AND s.submission_id IS NULL
        ORDER BY d.report_year DESC, d.form_code, d.organ_code
        """,
        is_blocking=False,
    ),
    TableCheck(
        "mart.reported_vs_computed",
        "agrees_with_published",
        "完整年度的汇总数与公布数一致",
        """
        SELECT report_year, indicator_code, applicant_kind, measure, reported, computed, difference
        FROM mart.reported_vs_computed WHERE is_complete AND difference <> 0
        ORDER BY report_year DESC, indicator_code, applicant_kind, measure
        """,
        is_blocking=False,
    ),
    TableCheck(
        "mart.assessment",
        "deductions_add_up",
        "扣分合计 = 各项扣分之和，每一项都属于被考核的机构",
        """
        SELECT report_year, organ_code, a.total_deduction, a.deductions, d.points, d.kinds
        FROM mart.assessment AS a
        FULL JOIN (
            SELECT report_year, organ_code, sum(points) AS points, count(*) AS kinds
            FROM mart.assessment_deduction GROUP BY report_year, organ_code
        ) AS d USING (report_year, organ_code)
        WHERE a.total_deduction IS DISTINCT FROM coalesce(d.points, 0) OR a.deductions <> coalesce(d.kinds, 0)
        ORDER BY report_year DESC, organ_code
        """,
        is_blocking=True,
    ),
    TableCheck(
        "mart.assessment",
        "score_within_bounds",
        "得分 = 满分 − 扣分合计，不低于 0，不高于满分",
        """
        SELECT report_year, organ_code, name, full_score, total_deduction, score
        FROM mart.assessment
        WHERE score < 0 OR score > full_score OR score <> greatest(0, full_score - total_deduction)
        ORDER BY report_year DESC, organ_code
        """,
        is_blocking=True,
    ),
    TableCheck(
        "mart.assessment_deduction",
        "caps_kept",
        "每一项扣分都按分值计算，不超过封顶分值",
        """
        SELECT report_year, organ_code, deduction_code, counted, points_each, points_uncapped, points_cap, points
        FROM mart.assessment_deduction
        WHERE points <> least(points_uncapped, points_cap)
            OR points_uncapped NOT IN (points_each, points_each * counted)
        ORDER BY report_year DESC, organ_code, deduction_code
        """,
        is_blocking=True,
    ),
    _conserved("mart.contribution", "mart.year_over_year", _CHANGES),
    _named("mart.contribution", _CHANGES),
    _conserved("mart.concept_contribution", "mart.concept_series", _STEPS),
    _named("mart.concept_contribution", _STEPS),
    *(_history_check(history, of) for history, of in HISTORIES.items()),
    TableCheck(
        "mart.revision",
        "deltas_add_up",
        "每次发布：各机构的变动额之和 = 汇总数的变动",
        _UNEXPLAINED.format(
            logged="""
                SELECT m.release_no, v.report_year, s.slice_kind, s.slice_code, v.form_code, v.indicator_code,
                       v.applicant_kind, v.measure, v.delta
                FROM mart.revision AS v
                JOIN meta.release AS m ON m.release_id = v.release_id
                JOIN (
                    SELECT 'city' AS slice_kind, 'city' AS slice_code
                    UNION SELECT 'level', level FROM mart.revision
                    UNION SELECT 'organ_kind', organ_kind FROM mart.revision
                    UNION SELECT 'district', district_code FROM mart.revision
                ) AS s
                    ON s.slice_kind = 'city'
                    OR (s.slice_kind = 'level' AND s.slice_code = v.level)
                    OR (s.slice_kind = 'organ_kind' AND s.slice_code = v.organ_kind)
                    OR (s.slice_kind = 'district' AND s.slice_code = v.district_code)
                WHERE v.is_summed"""
        ),
        is_blocking=True,
    ),
    TableCheck(
        "mart.revision_rollup",
        "is_the_difference",
        "每次发布：记下的汇总变动 = 前后两次发布的汇总之差",
        _UNEXPLAINED.format(
            logged="""
                SELECT m.release_no, v.* EXCLUDE (release_id)
                FROM mart.revision_rollup AS v JOIN meta.release AS m ON m.release_id = v.release_id"""
        ),
        is_blocking=True,
    ),
    TableCheck(
        "meta.build",
        "conserved",
        "收到的文件都有结果，读出的格都已入库",
        "SELECT * FROM meta.build WHERE files_received <> files_accounted OR cells_read <> cells_stored",
        is_blocking=True,
    ),
    TableCheck(
        "core.rule_tally",
        "every_rule_in_scope",
        "每条规则今夜都有可判定的报表",
        """
        SELECT rule_id, string_agg(form_code, '、' ORDER BY form_code) AS forms,
               sum(submissions_judged) AS submissions, sum(outcomes_not_assessable) AS not_assessable
        FROM core.rule_tally
        GROUP BY rule_id HAVING sum(outcomes_pass + outcomes_fail + outcomes_uncertain) = 0
        ORDER BY rule_id
        """,
        is_blocking=False,
    ),
    *(_family_check(letter, title) for letter, title in FAMILIES.items()),
)
