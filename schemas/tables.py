"""The contract of every published table, as pandera schemas.

Belongs here: which tables there are, their grain, key and columns. DDL, comments, the dictionary page and the
scheduler's column list are rendered from these schemas by ``schemas.render``; the nightly checks validate with them.
Does not belong here: how a table is computed (``warehouse/sql``), what a column means (``schemas.fields``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandera.pandas as pa

from schemas.chinese import GRAINS
from schemas.fields import FIELDS

# A published column may carry a shorter name than the vocabulary's, where another table uses that name otherwise.
_RENAMED: Final = {
    "core.fct_file": {"file_outcome": "outcome"},
    "core.fct_submission": {"submission_status": "status"},
    "core.submission_chain": {"submission_version": "version", "submission_status": "status"},
    "core.dim_rule": {"rule_version": "version"},
    "core.fct_decision": {"told_finding_id": "finding_id", "decision_reason": "reason", "effect_note": "note"},
    "core.finding_history": {"state_then": "state"},
    "mart.submission_status": {"duty_status": "status"},
    "mart.revision": {"revision_reason": "reason"},
    "mart.assessment_deduction": {"deduction_reason": "reason"},
    "mart.contribution": {"contributing_organ_code": "organ_code"},
    "mart.concept_contribution": {"contributing_organ_code": "organ_code"},
}


def _table(name: str, title: str, grain: str, key: str, columns: str, *, zh: str = "") -> pa.DataFrameSchema:
    """A contract. ``columns`` names fields of the vocabulary; a trailing ? makes one nullable.

    ``zh`` is the grain in Chinese, of ``schemas.chinese`` where it is not given.
    """
    renamed = _RENAMED.get(name, {})
    built: dict[str, pa.Column] = {}
    for word in columns.split():
        field = word.removesuffix("?")
        built[renamed.get(field, field)] = FIELDS[field].column(nullable=word.endswith("?"))
    return pa.DataFrameSchema(
        built,
        name=name,
        title=title,
        description=grain,
        strict=True,
        ordered=True,
        unique=key.split(),
        metadata={"key": key.split(), "zh": zh or GRAINS.get(name, "")},
    )


_CELL_KEY: Final = "indicator_code applicant_kind measure"

_TABLES: Final[Mapping[str, pa.DataFrameSchema]] = {
    str(schema.name): schema
    for schema in (
        _table(
            "core.dim_organ",
            "机构名录",
            "One row per organ of the register.",
            "organ_code",
            "organ_code name kind parent_code? district_code? level organ_kind valid_from_year? valid_to_year?"
            " code_status",
        ),
        _table(
            "core.dim_organ_year",
            "机构分年",
            "One row per organ of the register and collected year, as the organ then was.",
            "organ_code report_year",
            "organ_code report_year name parent_code? district_code? level organ_kind does_exist",
        ),
        _table(
            "core.dim_organ_name",
            "机构名称",
            "One row per spelling of an organ's name and time in which it was in use.",
            "organ_code name valid_from_year",
            "organ_code name name_kind valid_from_year? valid_to_year?",
        ),
        _table(
            "core.organ_event",
            "机构沿革",
            "One row per event of an organ and successor.",
            "organ_code event effective_year successor_code",
            "organ_code event happened_on effective_year successor_code? share? carries source_kind sentence note",
        ),
        _table(
            "core.dim_form",
            "表样",
            "One row per form edition.",
            "form_code",
            "form_code title short_title first_year last_year? legal_basis cell_count",
        ),
        _table(
            "core.dim_indicator",
            "指标",
            "One row per indicator of a form edition, and per figure that prose may print (form_code '').",
            "form_code indicator_code",
            "form_code indicator_code label unit parent_code? position value_kind label_status variant",
        ),
        _table(
            "core.dim_rule",
            "规则目录",
            "One row per rule of the catalogue.",
            "rule_id",
            "rule_id rule_version severity editions scope equation sentence mend",
        ),
        _table(
            "core.dim_deduction",
            "考核扣分办法",
            "One row per kind of deduction of the assessment and years in which it holds, as the register has it.",
            "deduction_code valid_from_year",
            "deduction_code valid_from_year? valid_to_year? deduction_name counted_as deduction_unit is_per_unit"
            " points_each points_cap rules is_explained_free rate_code? limit_value? points_status",
        ),
        _table(
            "core.reporting_duty",
            "应报名单",
            "One row per organ, year and form that must be filed.",
            "organ_code report_year form_code",
            "organ_code report_year form_code basis due_on gates_total mode statutory_due_on period_from period_to"
            " summed_basis use_rule",
        ),
        _table(
            "core.fct_file",
            "收到的文件",
            "One row per file ever received, the unreadable ones too.",
            "file_id",
            "file_id sequence sha256 folder inbox_path size_bytes received_at file_outcome reason submissions",
        ),
        _table(
            "core.fct_submission",
            "报表",
            "One row per submission: one organ, year and form out of one file.",
            "submission_id",
            "submission_id organ_code report_year form_code variant basis is_nil file_id file_name sha256 sequence"
            " received_at submission_status is_official supersedes? resubmission_reason receipt_no",
        ),
        _table(
            "core.fct_cell",
            "单元格",
            "One row per cell of every submission ever read, held and superseded ones too.",
            f"submission_id {_CELL_KEY}",
            f"submission_id organ_code report_year form_code {_CELL_KEY} value? derived_value? value_state printed"
            " sheet address note confidence?",
        ),
        _table(
            "core.official_cell",
            "正式数",
            "One row per cell of the submissions that count now.",
            f"organ_code report_year form_code {_CELL_KEY}",
            f"submission_id organ_code report_year form_code {_CELL_KEY} value? derived_value? value_state printed"
            " sheet address note confidence?",
        ),
        _table(
            "core.fct_rule_outcome",
            "规则判定",
            "One row per rule, scope and submission; rules on an organ and year (family H) have no submission, and what"
            " is wrong with a whole file has the file only.",
            "file_id submission_id organ_code report_year form_code rule_id scope",
            "submission_id? file_id? organ_code report_year? form_code? rule_id severity scope outcome lhs? rhs?"
            " difference? note",
        ),
        _table(
            "core.rule_tally",
            "规则判定计数",
            "One row per rule of the catalogue and form that it judges, zeros where the night had nothing in scope.",
            "rule_id form_code",
            "rule_id form_code submissions_judged outcomes_pass outcomes_fail outcomes_uncertain"
            " outcomes_not_assessable",
        ),
        _table(
            "core.fct_finding",
            "问题",
            "One row per outcome that failed or is uncertain.",
            "finding_id",
            "finding_id submission_id? file_id? organ_code report_year? form_code? rule_id severity scope outcome lhs?"
            " rhs? difference? message mend state decision_note first_seen_at",
        ),
        _table(
            "core.finding_history",
            "问题的经过",
            "One row per finding and night on which its state changed; the first is when it was found.",
            "finding_id night",
            "finding_id night state_then at why",
        ),
        _table(
            "core.fct_decision",
            "决定与说明",
            "One row per line of every decisions file ever received, with what the finding was at its receipt. It binds"
            " to that: organ, year, form, rule, scope and both sides; the message where neither side has a value.",
            "decision_id",
            "decision_id sequence line file_id source received_at receipt_no told_finding_id decision decision_reason"
            " signed_by signed_on? submission_id? organ_code? report_year? form_code? rule_id? scope? lhs? rhs?"
            " message? effect effect_note",
        ),
        _table(
            "core.submission_chain",
            "报表各次版本",
            "One row per submission, in its place among those of the same organ, year and form.",
            "submission_id",
            "submission_id organ_code report_year form_code submission_version submission_status is_official"
            " received_at resubmission_reason differs_in_cells? repeats? supersedes? superseded_by? official_from?"
            " official_to?",
        ),
        _table(
            "core.finding_cell",
            "问题涉及的单元格",
            "One row per finding and cell that takes part in it.",
            "finding_id position",
            "finding_id position indicator_code applicant_kind measure sheet address printed value? role"
            " suggested_value?",
        ),
        _table(
            "core.finding_explanation",
            "问题的解释",
            "One row per finding and explanation of it: which cell is likelier wrong, since when the figures differ.",
            "finding_id position",
            "finding_id position explanation_kind indicator_code applicant_kind measure suggested_value? message",
        ),
        _table(
            "mart.rollup_source",
            "汇总依据",
            "One row per year, form and organ: what its figures are used for in the totals.",
            "report_year form_code organ_code",
            "report_year form_code organ_code level organ_kind district_code? basis submission_id? used_as gates_total"
            " summed_basis use_rule",
        ),
        _table(
            "mart.slice_organ",
            "汇总范围",
            "One row per year, slice, form and organ: who is in a total, and with which submission; submission_id is"
            " NULL where nothing of the organ is.",
            "report_year slice_kind slice_code form_code organ_code",
            "report_year slice_kind slice_code form_code organ_code submission_id? used_as gates_total",
        ),
        _table(
            "mart.city_rollup",
            "全市汇总",
            "One row per year, slice, form and cell: the sum over the official own submissions.",
            f"report_year slice_kind slice_code form_code {_CELL_KEY}",
            f"report_year slice_kind slice_code form_code {_CELL_KEY} value? organs_expected organs_reported"
            " organs_nil organs_missing organs_not_required coverage coverage_volume? min_coverage is_complete"
            " cells_reported cells_zero cells_derived cells_blank cells_not_applicable",
        ),
        _table(
            "mart.comparison_base",
            "同比基期",
            "One row per year, slice, form and form of the year before whose complete total was released before this"
            " year's first figures were: the last such release.",
            "report_year slice_kind slice_code form_code prior_form_code",
            "report_year slice_kind slice_code form_code prior_form_code prior_release_id",
        ),
        _table(
            "mart.year_over_year",
            "同比",
            "One row per year, slice and cell, compared with the year before.",
            f"report_year slice_kind slice_code {_CELL_KEY}",
            f"report_year slice_kind slice_code {_CELL_KEY} form_code value? prior_value? prior_value_now? change?"
            " change_pct? comparability? note prior_form_code? prior_release_id?",
        ),
        _table(
            "mart.contribution",
            "同比贡献",
            "One row per row of mart.year_over_year that has a change, organ and part, zeros left out: their sum is"
            " the change.",
            f"report_year slice_kind slice_code {_CELL_KEY} organ_code part",
            f"report_year slice_kind slice_code {_CELL_KEY} contributing_organ_code part contribution",
        ),
        _table(
            "mart.year_over_year_like_for_like",
            "可比口径同比",
            "One row per row of mart.year_over_year of class A or B: the same organs in both years,"
            " predecessors summed.",
            f"report_year slice_kind slice_code {_CELL_KEY}",
            f"report_year slice_kind slice_code {_CELL_KEY} form_code prior_form_code value? prior_value? change?"
            " change_pct? comparability organs_in_panel organs_entered organs_left organs_excluded note",
        ),
        _table(
            "mart.concept_organ",
            "机构指标族",
            "One row per official submission and family of figures that its form has, where any of its cells applies.",
            "concept_code report_year form_code organ_code",
            "concept_code report_year form_code organ_code submission_id value?",
        ),
        _table(
            "mart.concept_series",
            "指标族序列",
            "One row per family of figures, year, slice and form, with the step from the year before.",
            "concept_code report_year slice_kind slice_code form_code",
            "concept_code report_year slice_kind slice_code form_code value? comparability? prior_form_code?"
            " prior_value? prior_value_now? change? change_pct? is_complete note prior_release_id?",
        ),
        _table(
            "mart.concept_contribution",
            "指标族贡献",
            "One row per row of mart.concept_series that has a change, organ and part, zeros left out: their sum is"
            " the change.",
            "concept_code report_year slice_kind slice_code form_code organ_code part",
            "concept_code report_year slice_kind slice_code form_code contributing_organ_code part contribution",
        ),
        _table(
            "mart.reported_vs_computed",
            "公布数与汇总数",
            "One row per year and cell that the city published.",
            f"report_year {_CELL_KEY}",
            f"report_year form_code {_CELL_KEY} reported? computed? difference? is_complete",
        ),
        _table(
            "mart.assessment_rate",
            "考核指标率",
            "One row per organ, year, form and rate.",
            "report_year organ_code form_code rate_code",
            "report_year organ_code form_code rate_code numerator? denominator? rate? note",
        ),
        _table(
            "mart.assessment",
            "考核",
            "One row per organ that owes a report of the year, whatever the forms; the city's own report is not"
            " assessed. A rate is of the form that has it.",
            "report_year organ_code",
            "report_year organ_code name organ_kind district_code? mode duties duties_due "
            + " ".join(
                f"{rate}_rate? {rate}_numerator? {rate}_denominator? {rate}_note"
                for rate in ("reply_open", "dispute", "correction", "open")
            )
            + " deductions total_deduction full_score? score? points_status",
        ),
        _table(
            "mart.assessment_deduction",
            "考核扣分",
            "One row per organ, year and kind of deduction that it lost points for.",
            "report_year organ_code deduction_code",
            "report_year organ_code deduction_code deduction_name counted deduction_unit points_each points_uncapped"
            " points_cap points deduction_reason evidence points_status",
        ),
        _table(
            "mart.submission_status",
            "报送情况",
            "One row per duty, as of the night's date; and one, not_due, for each organ that owes nothing but exists,"
            " ended the year before, begins the year after, or filed all the same.",
            "report_year organ_code form_code",
            "report_year organ_code form_code duty_status due_on? received_at? days_late? name district_code? basis?"
            " mode? submissions receipt_no? waits_for note",
        ),
        _table(
            "mart.revision",
            "修订：单元格",
            "One row per release, organ and cell whose official figure, or place in the totals, is not what it was in"
            " the release before. Of an organ that moved, one row leaves the old place and one enters the new. The"
            " deltas of a slice's is_summed rows add up to the change of its total.",
            f"release_id report_year organ_code form_code {_CELL_KEY} is_summed level organ_kind district_code",
            f"release_id report_year organ_code form_code {_CELL_KEY} is_summed level? organ_kind? district_code?"
            " submission_before? submission_after? value_before? value_after? delta revision_reason",
        ),
        _table(
            "mart.revision_rollup",
            "修订：汇总与同比",
            "One row per release and total of which the value or the year over year is not what it was in the release"
            " before.",
            f"release_id report_year slice_kind slice_code form_code {_CELL_KEY}",
            f"release_id report_year slice_kind slice_code form_code {_CELL_KEY} value_before? value_after? delta"
            " change_before? change_after? change_pct_before? change_pct_after? sign_changed",
        ),
        _table(
            "meta.release",
            "发布记录",
            "One row per publication whose figures differ from the one before, this one too if it is such.",
            "release_no",
            "release_id release_no night released_at content_hash official_cells rollup_rows year_over_year_rows"
            " code_version rules_hash forms_hash register_hash changed",
        ),
        _table(
            "meta.build",
            "建库记录",
            "One row: the night that built this file.",
            "night",
            "night built_at code_version rules_hash forms_hash register_hash files_received files_accounted cells_read"
            " cells_stored",
        ),
    )
}
HISTORIES: Final = {
    "core.official_cell_history": "core.official_cell",
    "core.dim_organ_history": "core.dim_organ",
    "mart.city_rollup_history": "mart.city_rollup",
    "mart.year_over_year_history": "mart.year_over_year",
}
"""the table that keeps every row ever released -> the table that it is of"""


def _history(name: str, of: pa.DataFrameSchema) -> pa.DataFrameSchema:
    """The contract of ``of`` with the time in which each row was official; a column that came later is NULL before."""
    key = (of.metadata or {})["key"]
    return _table(
        name,
        f"{of.title}的历史",
        f"One row per row of {of.name} and unbroken time in which releases had it; {of.name}_as_of(day) looks it up.",
        " ".join([*key, "from_release_no"]),
        " ".join(str(column) if column in key else f"{column}?" for column in of.columns)
        + " from_release_no until_release_no? released_from released_until?",
        zh=f"{of.title}的每一行、每段连续公布的时间一行；{of.name}_as_of(日期) 查某一天的",
    )


TABLES: Final[Mapping[str, pa.DataFrameSchema]] = dict(_TABLES) | {
    name: _history(name, _TABLES[of]) for name, of in HISTORIES.items()
}
"""'schema.table' -> contract."""
