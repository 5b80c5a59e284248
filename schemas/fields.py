"""The vocabulary of columns: one meaning for a name wherever it appears.

Belongs here: each column's SQL type, its Chinese and English description and the values it may take. Does not belong
here: which table has which column (``schemas.tables``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pandera.pandas as pa
import pyarrow

from schemas.assessment import COUNTS
from schemas.chinese import meaning_of
from schemas.form import MEASURES
from schemas.organ_event import CARRIES, EVENTS
from schemas.register import BASES, CODE_STATUSES, KINDS, MODES, SPELL_KINDS
from schemas.register_table import SOURCES

ARROW_TYPES: Final = {
    "VARCHAR": pyarrow.string(),
    "INTEGER": pyarrow.int32(),
    "BIGINT": pyarrow.int64(),
    "DECIMAL(18,4)": pyarrow.decimal128(18, 4),
    "DECIMAL(38,4)": pyarrow.decimal128(38, 4),
    "BOOLEAN": pyarrow.bool_(),
    "DATE": pyarrow.date32(),
    "TIMESTAMP": pyarrow.timestamp("us"),
}
"""SQL type -> the Arrow type that DuckDB hands out for it; decimals stay exact."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the warehouse: SQL type, Chinese title, English description, allowed values (None = any).

    What it means in Chinese stands in ``schemas.chinese``.
    """

    name: str
    sql_type: str
    zh: str
    en: str
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None
    minimum: int | None = None

    def column(self, *, nullable: bool) -> pa.Column:
        """The pandera column: dtype, nullability, checks and the descriptions in both languages."""
        checks: list[Any] = []
        if self.allowed is not None:
            checks.append(pa.Check.isin(self.allowed, error=f"{self.name} is one of {', '.join(self.allowed)}"))
        if self.pattern is not None:
            checks.append(pa.Check.str_matches(self.pattern, error=f"{self.name} matches {self.pattern}"))
        if self.minimum is not None:
            checks.append(pa.Check.ge(self.minimum, error=f"{self.name} is at least {self.minimum}"))
        return pa.Column(
            pd.ArrowDtype(ARROW_TYPES[self.sql_type]),
            checks,
            nullable=nullable,
            title=self.zh,
            description=self.en,
            metadata={"sql_type": self.sql_type, "field": self.name, "zh": meaning_of(self.name)},
        )


def _fields(*fields: Field) -> dict[str, Field]:
    vocabulary = {field.name: field for field in fields}
    if len(vocabulary) != len(fields):
        raise ValueError("a column is described twice")
    return vocabulary


def _rate_fields(rate: str, zh: str) -> tuple[Field, ...]:
    """A rate beside its sides and its note, as one row has all of them."""
    code = f"{rate}_rate"
    return (
        Field(code, "DECIMAL(18,4)", zh, f"{code} of the year; NULL with a note"),
        Field(f"{rate}_numerator", "DECIMAL(18,4)", f"{zh}分子", f"Numerator of {code}"),
        Field(f"{rate}_denominator", "DECIMAL(18,4)", f"{zh}分母", f"Denominator of {code}"),
        Field(f"{rate}_note", "VARCHAR", f"{zh}备注", f"Why there is no {code}; '' = there is"),
    )


_HEX12: Final = r"^[0-9a-f]{12}$"
_SHA256: Final = r"^[0-9a-f]{64}$"

FIELDS: Final = _fields(
    # organs and duties
    Field("organ_code", "VARCHAR", "机构代码", "Stable code of the organ; XMP + 5 digits are provisional"),
    Field("name", "VARCHAR", "机构名称", "Name of the organ: as last in force, or in the row's own years"),
    Field("name_kind", "VARCHAR", "名称类别", "official, former (official once), alias or short", allowed=SPELL_KINDS),
    Field(
        "kind",
        "VARCHAR",
        "机构类别",
        "Kind of organ",
        allowed=KINDS,
    ),
    Field("parent_code", "VARCHAR", "上级代码", "The organ above, or the indicator that this is part of"),
    Field("district_code", "VARCHAR", "所属区", "District government the organ belongs to; NULL at the city level"),
    Field("level", "VARCHAR", "层级", "own = city level, lower = districts and below", allowed=("own", "lower")),
    Field(
        "organ_kind",
        "VARCHAR",
        "政府或部门",
        "government = governments, their offices, street offices, towns; department = all others",
        allowed=("government", "department"),
    ),
    Field("valid_from_year", "INTEGER", "起始年度", "First report year of the organ, name or deduction; NULL = open"),
    Field("valid_to_year", "INTEGER", "终止年度", "Last report year of the organ, name or deduction; NULL = open"),
    Field("does_exist", "BOOLEAN", "在册", "Whether the organ exists in the report year"),
    Field("event", "VARCHAR", "事件", "What happened to the organ", allowed=EVENTS),
    Field(
        "happened_on",
        "VARCHAR",
        "发生时间",
        "As exact as it is known: a year, a month or a day, like 2019, 2019-03, 2019-03-29",
        pattern=r"^[0-9]{4}(-[0-9]{2}){0,2}$",
    ),
    Field("effective_year", "INTEGER", "生效年度", "First report year in which the event holds"),
    Field("successor_code", "VARCHAR", "承接机构", "Organ that takes over; NULL where nobody does"),
    Field(
        "share",
        "DECIMAL(18,4)",
        "承接份额",
        "Part of the predecessor's figures that may be carried over, 0 to 1; NULL = not stated: none are",
    ),
    Field(
        "carries",
        "VARCHAR",
        "承接范围",
        "What is carried over by the share: all figures, cumulative ones only (an abolished organ's last), or none",
        allowed=CARRIES,
    ),
    Field(
        "source_kind",
        "VARCHAR",
        "资料依据",
        "seen in a source, inferred from one, recalled (to be checked, 待核), or made_up",
        allowed=SOURCES,
    ),
    Field(
        "code_status",
        "VARCHAR",
        "代码依据",
        "seen = printed in a source, provisional = made up by the register",
        allowed=CODE_STATUSES,
    ),
    Field(
        "basis",
        "VARCHAR",
        "口径",
        "own = the organ's own figures, consolidated = a government for all below it, published = a report as printed",
        allowed=BASES,
    ),
    Field("due_on", "DATE", "截止日期", "Last day for filing: the organ's own, the city's or the statutory one"),
    Field("statutory_due_on", "DATE", "法定截止日期", "Last day for filing by law"),
    Field("period_from", "DATE", "统计期起", "First day that the figures are about; not 1 January for a new organ"),
    Field("period_to", "DATE", "统计期止", "Last day that the figures are about; not 31 December for one that ended"),
    Field("gates_total", "BOOLEAN", "计入完整性", "Whether a total is incomplete without this submission"),
    Field(
        "summed_basis",
        "VARCHAR",
        "汇总口径",
        "Basis of the reports that the totals take for the organ's district: own = its members', consolidated = its"
        " government's report, by the register (rollup_use.csv); own outside the districts. Others are in no total",
        allowed=("own", "consolidated"),
    ),
    Field("use_rule", "VARCHAR", "汇总口径依据", "The register's reason for summed_basis; '' = it has no rule"),
    Field(
        "mode",
        "VARCHAR",
        "采集方式",
        "live = collected against a deadline, backfill = earlier years, nothing is late",
        allowed=MODES,
    ),
    # forms
    Field("form_code", "VARCHAR", "表样", "Form edition"),
    Field("title", "VARCHAR", "表名", "Title of the form"),
    Field("short_title", "VARCHAR", "表样简称", "Short title of the edition"),
    Field("first_year", "INTEGER", "首个年度", "First report year for which the edition is prescribed"),
    Field("last_year", "INTEGER", "末个年度", "Last report year of the edition; NULL = in force"),
    Field("legal_basis", "VARCHAR", "依据", "Circular or regulation that prescribes the form"),
    Field("cell_count", "INTEGER", "格数", "Cells that one submission of the edition has", minimum=1),
    Field("indicator_code", "VARCHAR", "指标代码", "Stable code of the indicator; nar_* are figures printed in prose"),
    Field("label", "VARCHAR", "指标名称", "Label as the form prints it"),
    Field("unit", "VARCHAR", "计量单位", "Unit that the form prescribes"),
    Field(
        "value_kind",
        "VARCHAR",
        "数值类型",
        "count, signed_count, money, heading (no value) or prose",
        allowed=("count", "signed_count", "money", "heading", "prose"),
    ),
    Field("position", "INTEGER", "序号", "Place in the printed order"),
    Field(
        "label_status",
        "VARCHAR",
        "名称依据",
        "seen in a source, seen_near = a near wording, recalled = to be checked against the circular (待核)",
        allowed=("seen", "seen_near", "recalled"),
    ),
    Field("variant", "VARCHAR", "变体", "Variant of the edition; '' = as prescribed"),
    # rules
    Field("rule_id", "VARCHAR", "规则", "Rule of the catalogue"),
    Field("rule_version", "INTEGER", "规则版本", "Version of the rule"),
    Field("editions", "VARCHAR", "适用表样", "Editions that the rule judges, separated by ;"),
    Field("equation", "VARCHAR", "等式", "What must hold, over cell codes"),
    Field("sentence", "VARCHAR", "说明", "The sentence for the department"),
    Field("mend", "VARCHAR", "如何改正", "How the department mends it"),
    Field(
        "severity",
        "VARCHAR",
        "等级",
        "error holds a submission, warning and info never do",
        allowed=("error", "warning", "info"),
    ),
    Field("scope", "VARCHAR", "范围", "<measure>[/<applicant>][/<row>] that the outcome is about"),
    Field(
        "outcome",
        "VARCHAR",
        "判定",
        "pass, fail, uncertain (blank or doubtful operand) or not_assessable (no prior year, no sibling form, or not"
        " asked of this submission)",
        allowed=("pass", "fail", "uncertain", "not_assessable"),
    ),
    Field("submissions_judged", "BIGINT", "判定的报表份数", "Submissions that have an outcome of the rule", minimum=0),
    Field("outcomes_pass", "BIGINT", "通过", "Outcomes that pass", minimum=0),
    Field("outcomes_fail", "BIGINT", "不符", "Outcomes that fail", minimum=0),
    Field("outcomes_uncertain", "BIGINT", "存疑", "Outcomes that are uncertain", minimum=0),
    Field("outcomes_not_assessable", "BIGINT", "无从判定", "Outcomes that are not assessable", minimum=0),
    Field("lhs", "DECIMAL(18,4)", "左边", "Left side of the equation"),
    Field("rhs", "DECIMAL(18,4)", "右边", "Right side of the equation"),
    Field("difference", "DECIMAL(18,4)", "差额", "lhs - rhs"),
    Field(
        "finding_id",
        "VARCHAR",
        "问题编号",
        "Hash over submission, rule, scope, lhs, rhs",
        pattern=_HEX12,
    ),
    Field("message", "VARCHAR", "问题说明", "What the department is told, with labels and figures"),
    Field(
        "state",
        "VARCHAR",
        "状态",
        "open, waived (accepted by the office as printed; holds nothing) or lapsed (accepted with other values; holds)",
        allowed=("open", "waived", "lapsed"),
    ),
    Field(
        "decision_note",
        "VARCHAR",
        "决定",
        "Who explained or accepted the finding, when and why, or why that lapsed; '' = none",
    ),
    Field(
        "state_then",
        "VARCHAR",
        "当时状态",
        "open, waived, lapsed, or gone (no longer found)",
        allowed=("open", "waived", "lapsed", "gone"),
    ),
    Field("at", "TIMESTAMP", "时间", "Night on which the state became so (Asia/Shanghai)"),
    Field("why", "VARCHAR", "缘由", "Why the state changed: who decided, when and why, or what was corrected"),
    Field("decision_id", "VARCHAR", "决定编号", "D + number of the file in the archive's journal + line"),
    Field("line", "INTEGER", "行", "Line of the file; the header is line 1", minimum=1),
    Field(
        "source",
        "VARCHAR",
        "来源",
        "office (the folder decisions/ of the home) or organ (decisions.csv in a folder of the inbox)",
        allowed=("office", "organ"),
    ),
    Field("told_finding_id", "VARCHAR", "所指问题", "Finding that the line names, as received"),
    Field("decision", "VARCHAR", "决定", "explain or accept_as_printed; as received where it is neither"),
    Field("decision_reason", "VARCHAR", "理由", "Why, in the words of who decided"),
    Field("signed_by", "VARCHAR", "签署人", "Who decided"),
    Field("signed_on", "DATE", "签署日期", "Day on which it was signed; NULL where that is no date"),
    Field(
        "effect",
        "VARCHAR",
        "效力",
        "in_force, superseded (by a later one on the same values), lapsed (other values, or none, by now) or no_effect",
        allowed=("in_force", "superseded", "lapsed", "no_effect"),
    ),
    Field("effect_note", "VARCHAR", "效力说明", "Why the decision has this effect"),
    Field(
        "role",
        "VARCHAR",
        "角色",
        "likelier_wrong (changing this cell alone closes the equations), tied (one of several such) or operand",
        allowed=("likelier_wrong", "tied", "operand"),
    ),
    Field(
        "suggested_value",
        "DECIMAL(18,4)",
        "推算数值",
        "The value that would close the equations; never stored as a figure",
    ),
    Field(
        "explanation_kind",
        "VARCHAR",
        "解释类别",
        "likelier_wrong or tied (a cell), misclassified (M07), digits (M08), made_this_year or inherited, witnesses",
        allowed=("likelier_wrong", "tied", "misclassified", "digits", "made_this_year", "inherited", "witnesses"),
    ),
    Field("first_seen_at", "TIMESTAMP", "首次发现", "Night on which the finding was first seen (Asia/Shanghai)"),
    # files and submissions
    Field("file_id", "VARCHAR", "文件编号", "F + number in the archive's journal", pattern=r"^F[0-9]{6,}$"),
    Field("sequence", "BIGINT", "接收序号", "Number of the receipt in the archive's journal", minimum=1),
    Field("sha256", "VARCHAR", "内容散列", "SHA-256 of the bytes received", pattern=_SHA256),
    Field("folder", "VARCHAR", "收件夹", "Folder of the inbox that the file lay in; '' for the office's decisions"),
    Field(
        "inbox_path",
        "VARCHAR",
        "收件路径",
        "Path below inbox/, of the office's decisions below the home; control characters are shown escaped",
    ),
    Field("file_name", "VARCHAR", "文件名", "Name of the file; control characters are shown escaped"),
    Field("size_bytes", "BIGINT", "字节数", "Size of the file in bytes", minimum=0),
    Field(
        "received_at",
        "TIMESTAMP",
        "收到时间",
        "Arrival, Asia/Shanghai: modification time since the night before",
    ),
    Field(
        "file_outcome",
        "VARCHAR",
        "文件结果",
        "read, rejected, duplicate (the same bytes were received before) or decisions (on findings, no figures)",
        allowed=("read", "rejected", "duplicate", "decisions"),
    ),
    Field("reason", "VARCHAR", "原因", "Why a file, or which line of its decisions, does not count; '' where all does"),
    Field("submissions", "INTEGER", "报表份数", "Submissions read from the file, or for the duty", minimum=0),
    Field(
        "submission_id",
        "VARCHAR",
        "报表编号",
        "Hash over content, organ, form, year",
        pattern=_HEX12,
    ),
    Field("report_year", "INTEGER", "报告年度", "Year that the figures are about"),
    Field("is_nil", "BOOLEAN", "零报告", "The organ states that it has nothing to report"),
    Field(
        "submission_status",
        "VARCHAR",
        "报表状态",
        "accepted, accepted_with_warnings or held",
        allowed=("accepted", "accepted_with_warnings", "held"),
    ),
    Field("is_official", "BOOLEAN", "正式数", "Whether the submission counts now for its organ, year and form"),
    Field("supersedes", "VARCHAR", "替代", "Submission that was official before this one"),
    Field("superseded_by", "VARCHAR", "被替代", "Submission that became official after this one"),
    Field(
        "repeats",
        "VARCHAR",
        "重复",
        "Official submission before this one, whose figures this one has: it changes nothing",
    ),
    Field(
        "resubmission_reason",
        "VARCHAR",
        "重报原因",
        "Why it was filed again, in the file's own words; '' where none is given",
    ),
    Field("submission_version", "INTEGER", "第几次报送", "1 = first submission of the organ, year and form", minimum=1),
    Field(
        "differs_in_cells",
        "INTEGER",
        "改动格数",
        "Cells whose value or state is not that of the version before; NULL for the first",
        minimum=0,
    ),
    Field(
        "official_from",
        "TIMESTAMP",
        "正式数起",
        "Since when it counts, as judged now: its receipt, or the decision that it needed; NULL = it never counted",
    ),
    Field(
        "official_to",
        "TIMESTAMP",
        "正式数止",
        "When a later one began to count in its place; NULL = it counts still, or never did",
    ),
    Field("receipt_no", "VARCHAR", "回执号", "Number of the receipt in outbox/"),
    Field(
        "duty_status",
        "VARCHAR",
        "报送状态",
        "accepted in time; late = accepted, but first after due_on; nil = accepted, nothing to report, in time or not;"
        " held = nothing counts yet, errors to be mended; received = only files that could not be read;"
        " due = nothing came, still time; missing = nothing came and time is up; not_due = nothing owed."
        " In a backfill year nothing is late",
        allowed=("due", "received", "accepted", "held", "late", "missing", "nil", "not_due"),
    ),
    Field(
        "days_late",
        "INTEGER",
        "逾期天数",
        "Days from due_on to the first accepted submission, or to the night's date while there is none; 0 = in time;"
        " NULL = cannot be late (backfill, not_due)",
        minimum=0,
    ),
    Field("waits_for", "VARCHAR", "待办", "What the department has to mend or to send again; '' = nothing"),
    # cells
    Field("applicant_kind", "VARCHAR", "申请人类别", "Kind of applicant; '' where the form has none"),
    Field("measure", "VARCHAR", "期间", "annual or cumulative", allowed=MEASURES),
    Field("value", "DECIMAL(18,4)", "数值", "The number; NULL where none was printed or the sum has no figure"),
    Field(
        "derived_value",
        "DECIMAL(18,4)",
        "推得数值",
        "What a closed sum implies for a blank total",
    ),
    Field(
        "value_state",
        "VARCHAR",
        "填写状态",
        "reported (zero too), blank, not_applicable, not_a_number, uncertain, missing_row",
        allowed=("reported", "blank", "not_applicable", "not_a_number", "uncertain", "missing_row"),
    ),
    Field("printed", "VARCHAR", "原文", "Text of the cell as received; '' = blank"),
    Field("sheet", "VARCHAR", "工作表", "Sheet of the cell; 正文 for prose"),
    Field("address", "VARCHAR", "单元格", "Address of the cell, like D12; '' where the row is missing"),
    Field("note", "VARCHAR", "备注", "What stood beside the number, or why a figure is not given"),
    Field(
        "confidence",
        "DECIMAL(18,4)",
        "把握",
        "How sure it is that this is the cell of the form: 1 where labels and heads are the form's, less where they are"
        " only like them (note says how); below 0.9 the value is not taken and the department is asked; NULL where the"
        " cell is not there",
    ),
    # roll-up and comparison
    Field(
        "slice_kind",
        "VARCHAR",
        "分组",
        "city; level (own, lower); organ_kind (government, department); district",
        allowed=("city", "level", "organ_kind", "district"),
    ),
    Field(
        "slice_code",
        "VARCHAR",
        "分组代码",
        "city; own, lower; government, department; or a district's organ_code",
    ),
    Field("organs_expected", "INTEGER", "应报机构数", "Organs that must file", minimum=0),
    Field("organs_reported", "INTEGER", "已报机构数", "Organs with an official submission", minimum=0),
    Field("organs_nil", "INTEGER", "零报告机构数", "Organs with nothing to report", minimum=0),
    Field(
        "organs_missing",
        "INTEGER",
        "缺报机构数",
        "Organs that the total lacks: without an official submission, or undivided",
        minimum=0,
    ),
    Field(
        "coverage",
        "DECIMAL(18,4)",
        "覆盖率",
        "Share of the organs that are in: (organs_reported + organs_nil) / organs_expected, 0 to 1",
    ),
    Field(
        "coverage_volume",
        "DECIMAL(18,4)",
        "上年量覆盖率",
        "Part of last year's total that is of organs that are in this year, or by the stated share of those that took"
        " it over; NULL where there is none, it is zero, or a report is undivided",
    ),
    Field("min_coverage", "DECIMAL(18,4)", "完整门槛", "Share of the organs that gate the total that must have filed"),
    Field(
        "is_complete",
        "BOOLEAN",
        "完整",
        "Whether enough of the organs that gate the total are in it, and none is undivided",
    ),
    Field("organs_not_required", "INTEGER", "不应报机构数", "Organs that exist, or filed, and owe nothing", minimum=0),
    Field("cells_reported", "INTEGER", "有数格数", "Cells of the sum with a printed figure, zero too", minimum=0),
    Field("cells_zero", "INTEGER", "零格数", "Cells of the sum with a printed zero", minimum=0),
    Field("cells_not_applicable", "INTEGER", "不适用格数", "Cells of the sum stated not to apply", minimum=0),
    Field(
        "used_as",
        "VARCHAR",
        "用途",
        "summed; nil (adds zero); compared (a report on others: never added); replaced (by its district's consolidated"
        " report: never added); missing; not_required (in no total); undivided (summed in the other slices: a"
        " consolidated report is not divided into governments and departments)",
        allowed=("summed", "nil", "compared", "replaced", "missing", "not_required", "undivided"),
    ),
    Field("cells_derived", "INTEGER", "推得格数", "Cells whose figure a closed sum implied", minimum=0),
    Field("cells_blank", "INTEGER", "空白格数", "Cells of the sum without a figure that should have one", minimum=0),
    Field(
        "prior_value",
        "DECIMAL(18,4)",
        "上年数值",
        "The figure of the year before: as last released before this year's first figures were, as official now where"
        " it was not; like for like always as official now. NULL if not comparable",
    ),
    Field("prior_value_now", "DECIMAL(18,4)", "上年现行数", "The figure of the year before as official now"),
    Field("prior_form_code", "VARCHAR", "上年表样", "Form edition of the year before; NULL = none to compare with"),
    Field(
        "prior_release_id",
        "VARCHAR",
        "上年数出处",
        "Release that prior_value is taken from; NULL = as official now, it was not released before",
    ),
    Field("change", "DECIMAL(18,4)", "增减", "Difference from the year before: value - prior_value"),
    Field(
        "change_pct",
        "DECIMAL(18,4)",
        "增减百分比",
        "100 * change / prior_value, in percent; NULL with a note",
    ),
    Field(
        "comparability",
        "VARCHAR",
        "可比性",
        "Of the step from the year before: A same definition, B after a stated sum, C direction only (both levels are"
        " shown, no change), D broken; NULL = no prior year",
        allowed=("A", "B", "C", "D"),
    ),
    Field(
        "contributing_organ_code",
        "VARCHAR",
        "贡献机构",
        "Organ whose part of the change this is; '' = organs that the register put into or out of the slice afterwards",
    ),
    Field(
        "part",
        "VARCHAR",
        "增减部分",
        "matched (organ in both years), entered, left, revision (of the year before since its release) or definition"
        " (of the edition; only where an organ filed both for the year before)",
        allowed=("matched", "entered", "left", "revision", "definition"),
    ),
    Field(
        "contribution",
        "DECIMAL(38,4)",
        "贡献",
        "Part of the change, exact and never 0; as wide as a sum, so that none is cut",
    ),
    Field(
        "organs_in_panel", "INTEGER", "可比机构数", "Organs with a figure in both years, predecessors summed", minimum=0
    ),
    Field("organs_entered", "INTEGER", "新增机构数", "Organs that have no year before, nor a predecessor", minimum=0),
    Field(
        "organs_left",
        "INTEGER",
        "退出机构数",
        "Organs of the year before of whose figures no part is with an organ of the slice",
        minimum=0,
    ),
    Field(
        "organs_excluded",
        "INTEGER",
        "不可比机构数",
        "Organs with a year before that cannot be compared: a share is not stated, its own or a predecessor's report of"
        " either year is missing, or a cell is blank",
        minimum=0,
    ),
    Field("concept_code", "VARCHAR", "指标族", "Family of comparable figures across form editions"),
    Field("reported", "DECIMAL(18,4)", "公布数", "Figure as the city published it"),
    Field("computed", "DECIMAL(18,4)", "汇总数", "Sum over the organs' own submissions"),
    Field(
        "rate_code",
        "VARCHAR",
        "指标率",
        "Which rate: reply_open_rate, dispute_rate, correction_rate or open_rate",
        allowed=("reply_open_rate", "dispute_rate", "correction_rate", "open_rate"),
    ),
    Field("numerator", "DECIMAL(18,4)", "分子", "Numerator of the rate"),
    Field("denominator", "DECIMAL(18,4)", "分母", "Denominator of the rate"),
    Field("rate", "DECIMAL(18,4)", "率", "numerator / denominator; NULL where the denominator is 0 or unknown"),
    # assessment
    Field(
        "deduction_code", "VARCHAR", "扣分代码", "Kind of deduction of the register's scheme", pattern=r"^D[0-9]{2}$"
    ),
    Field("deduction_name", "VARCHAR", "扣分项", "Name of the kind of deduction"),
    Field(
        "counted_as",
        "VARCHAR",
        "计数对象",
        "What it counts: days_late; not_filed; held_at_deadline; resubmissions (after the deadline, of figures that"
        " counted); error_findings (open, on official figures, of rules that no other kind names); findings (of the"
        " kind's rules); rate_above, rate_below (its limit); nil_contradicted (a nil report, and requests elsewhere)",
        allowed=tuple(COUNTS),
    ),
    Field("deduction_unit", "VARCHAR", "计分单位", "What the points are taken for, in words; '' = once"),
    Field("is_per_unit", "BOOLEAN", "按数计分", "Whether points_each is taken for each thing counted, or once"),
    Field("points_each", "DECIMAL(18,4)", "每项分值", "Points for one", minimum=0),
    Field(
        "points_cap", "DECIMAL(18,4)", "封顶分值", "Most points of the kind that an organ loses in a year", minimum=0
    ),
    Field("rules", "VARCHAR", "所据规则", "Rules whose findings are counted, separated by ;"),
    Field("is_explained_free", "BOOLEAN", "说明免扣", "Whether a finding that is explained is not counted"),
    Field("limit_value", "DECIMAL(18,4)", "阈值", "Rate beyond which points are taken; NULL where no rate is counted"),
    Field(
        "points_status",
        "VARCHAR",
        "分值出处",
        "Where kinds, values and full score are from, in the register's words: made up unless the city put in its own",
    ),
    Field("counted", "BIGINT", "数量", "How many were counted: days, findings, resubmissions, reports", minimum=1),
    Field(
        "points_uncapped", "DECIMAL(18,4)", "封顶前扣分", "points_each for what was counted, before the cap", minimum=0
    ),
    Field("points", "DECIMAL(18,4)", "扣分", "Points taken: points_uncapped, at most points_cap", minimum=0),
    Field("deduction_reason", "VARCHAR", "扣分原因", "Why, with the figures; the first of many"),
    Field("evidence", "VARCHAR", "依据", "Receipt numbers, dates, rules and finding_ids, the first 20"),
    Field("duties", "INTEGER", "应报份数", "Reports that the organ owes for the year", minimum=1),
    Field("duties_due", "INTEGER", "已到期份数", "Of these, reports whose last day is over", minimum=0),
    *_rate_fields("reply_open", "依申请答复公开率"),
    *_rate_fields("dispute", "争议率"),
    *_rate_fields("correction", "纠错率"),
    *_rate_fields("open", "公开率"),
    Field("deductions", "INTEGER", "扣分项数", "Kinds of deduction that the organ lost points for", minimum=0),
    Field("total_deduction", "DECIMAL(18,4)", "扣分合计", "Sum of the points taken, each kind capped", minimum=0),
    Field("full_score", "DECIMAL(18,4)", "满分", "Score before any deduction; NULL where the register has none"),
    Field(
        "score",
        "DECIMAL(18,4)",
        "得分",
        "full_score - total_deduction, never below 0; NULL where nothing is due yet or there is no full score",
        minimum=0,
    ),
    # releases
    Field(
        "release_id",
        "VARCHAR",
        "发布编号",
        "R + number of the release + first 8 digits of its content hash",
        pattern=r"^R[0-9]{4,}-[0-9a-f]{8}$",
    ),
    Field("release_no", "INTEGER", "发布序号", "1, 2, ... in order of release", minimum=1),
    Field(
        "released_at",
        "TIMESTAMP",
        "发布时间",
        "When the night that made the release had all its figures, just before it was published (Asia/Shanghai)",
    ),
    Field(
        "content_hash",
        "VARCHAR",
        "内容散列",
        "SHA-256 over the values of official cells, roll-up and year over year",
        pattern=_SHA256,
    ),
    Field("official_cells", "BIGINT", "正式数行数", "Rows of core.official_cell in the release", minimum=0),
    Field("rollup_rows", "BIGINT", "汇总行数", "Rows of mart.city_rollup in the release", minimum=0),
    Field("year_over_year_rows", "BIGINT", "同比行数", "Rows of mart.year_over_year in the release", minimum=0),
    Field("changed", "VARCHAR", "变动", "What is not as in the release before, in short"),
    Field("from_release_no", "INTEGER", "自发布序号", "First release that has the row", minimum=1),
    Field("until_release_no", "INTEGER", "至发布序号", "Release that has the row no more; NULL = as of now"),
    Field("released_from", "TIMESTAMP", "生效自", "released_at of the first release that has the row"),
    Field("released_until", "TIMESTAMP", "生效至", "released_at of the release that has it no more; NULL = as of now"),
    Field(
        "revision_reason",
        "VARCHAR",
        "修订原因",
        "first_filing; resubmission; waiver_accepted (the office accepted the figures as printed); judged_anew (an"
        " earlier file counts since rules, forms, register or other reports changed); no_longer_official;"
        " register_changed (same figures, another place in the totals); recomputed (same file, read or derived anew)",
        allowed=(
            "first_filing",
            "resubmission",
            "waiver_accepted",
            "judged_anew",
            "no_longer_official",
            "register_changed",
            "recomputed",
        ),
    ),
    Field("is_summed", "BOOLEAN", "计入汇总", "Whether the figure is part of the totals"),
    Field("submission_before", "VARCHAR", "原报表", "Submission that the figure was from; NULL = there was none"),
    Field("submission_after", "VARCHAR", "现报表", "Submission that the figure is from; NULL = there is none"),
    Field("value_before", "DECIMAL(18,4)", "原数值", "The figure in the release before, printed or derived"),
    Field("value_after", "DECIMAL(18,4)", "现数值", "The figure in this release, printed or derived"),
    Field("delta", "DECIMAL(38,4)", "变动额", "value_after - value_before, with NULL as 0"),
    Field("change_before", "DECIMAL(18,4)", "原同比增减", "Year-over-year change in the release before"),
    Field("change_after", "DECIMAL(18,4)", "现同比增减", "Year-over-year change in this release"),
    Field("change_pct_before", "DECIMAL(18,4)", "原同比百分比", "Year-over-year percentage in the release before"),
    Field("change_pct_after", "DECIMAL(18,4)", "现同比百分比", "Year-over-year percentage in this release"),
    Field("sign_changed", "BOOLEAN", "升降改变", "Whether up, level or down is not what it was in the release before"),
    # build
    Field("built_at", "TIMESTAMP", "建立时间", "When the night began (Asia/Shanghai)"),
    Field("night", "INTEGER", "夜次", "Number of the night in the archive's journal", minimum=1),
    Field("code_version", "VARCHAR", "程序版本", "Version of the software"),
    Field("rules_hash", "VARCHAR", "规则散列", "SHA-256 of the rule catalogue", pattern=_SHA256),
    Field("forms_hash", "VARCHAR", "表样散列", "SHA-256 of the form editions", pattern=_SHA256),
    Field("register_hash", "VARCHAR", "名录散列", "SHA-256 of the register of organs", pattern=_SHA256),
    Field("files_received", "BIGINT", "收到文件数", "Files received so far", minimum=0),
    Field("files_accounted", "BIGINT", "已处理文件数", "Files with an outcome; equals files_received", minimum=0),
    Field("cells_read", "BIGINT", "读出格数", "Cells read from all submissions", minimum=0),
    Field("cells_stored", "BIGINT", "入库格数", "Cells stored in core.fct_cell; equals cells_read", minimum=0),
)
