-- grain: one equation (rule and scope) of one submission
-- meaning: outcomes of all linear rules, as sets: the cells of every submission of $report_year (NULL: of every year) are
-- joined to the terms of the equations that need $needs ('own' cells, 'prior' years, a 'sibling' edition), and each
-- equation is judged by its relation, its conditions and its policy for blanks (schemas/rule.py). lhs and rhs are NULL
-- where a side cannot be told, or has more than the 14 digits that a published figure may have.
WITH seen AS (
    SELECT
        submission.submission_id,
        instance.instance_id,
        term.position,
        CASE WHEN source.relation = 'merged' THEN concat(term.label, '（', source.name, '）') ELSE term.label END AS label,
        term.side,
        term.condition,
        CASE WHEN term.side = 'left' THEN term.coefficient ELSE -term.coefficient END AS weight,
        source.relation,
        source.source_year,
        source.members,
        coalesce(source.place, 1) = 1 AS is_first,
        source.source_form_code <> source.form_code AS is_mapped,
        coalesce(
            cell.value,
            CASE WHEN rule.uses_derived THEN cell.derived_value END,
            CASE WHEN term.source = 'constant' THEN 1 END
        ) AS value,
        rule.uses_derived AND cell.derived_value IS NOT NULL AS is_derived,
        CASE
            WHEN submission.is_nil THEN '零报告'
            WHEN exemption.kind IS NOT NULL THEN '该类机构不适用'
            WHEN term.source = 'constant' THEN 'figure'
            WHEN source.relation IS NULL THEN CASE term.source WHEN 'sibling' THEN '另一表不在案' ELSE '上年数不在案' END
            WHEN term.source = 'prior' AND NOT (
                (source.relation = 'same' AND rule.prior_same) OR (source.relation = 'mapped' AND rule.prior_mapped)
                OR (source.relation = 'earlier' AND rule.prior_earlier)
                OR (source.relation = 'merged' AND rule.prior_merged)
            ) THEN CASE source.relation
                WHEN 'same' THEN '上年同一版式在案' WHEN 'merged' THEN '机构有合并或拆分，由其他规则核对' ELSE '上年数不在案'
            END
            WHEN source.carries = 'none' OR (source.carries = 'cumulative' AND term.measure <> 'cumulative') THEN source.why
            WHEN source.absent <> '' THEN concat('上年数不在案：', source.absent)
            WHEN source.is_nil THEN '对照的一期为零报告'
            WHEN source.relation = 'merged' AND source.source_form_code <> source.form_code AND NOT rule.prior_mapped
                THEN '上年数不在案'
            WHEN source.source_form_code <> source.form_code AND crosswalk.form_code IS NULL THEN '与上年版式的该格不可比'
            WHEN cell.state = 'figure' OR (rule.uses_derived AND cell.derived_value IS NOT NULL) THEN 'figure'
            WHEN cell.state IS NULL AND term.is_prose THEN '正文未列此数'
            ELSE coalesce(cell.state, 'unread')
        END AS cell_state
    FROM stage.submission AS submission
    JOIN stage.rule_instance AS instance
        ON instance.form_code = submission.form_code AND instance.variant = submission.variant AND instance.needs = $needs
    JOIN stage.rule AS rule
        ON rule.rule_id = instance.rule_id AND submission.report_year BETWEEN rule.first_year AND rule.last_year
    JOIN stage.rule_term AS term ON term.instance_id = instance.instance_id
    LEFT JOIN stage.organ AS organ ON organ.organ_code = submission.organ_code
    LEFT JOIN stage.rule_exemption AS exemption ON exemption.rule_id = rule.rule_id AND exemption.kind = organ.kind
    LEFT JOIN stage.rule_source AS source
        ON source.submission_id = submission.submission_id AND source.years_back = term.years_back
        AND source.form_code = term.form_code
    LEFT JOIN stage.crosswalk AS crosswalk
        ON crosswalk.form_code = term.form_code
        AND crosswalk.source_form_code = source.source_form_code AND crosswalk.indicator_code = term.indicator_code
        AND crosswalk.applicant_kind = term.applicant_kind
    LEFT JOIN stage.known AS cell
        ON cell.submission_id = source.source_submission_id
        AND cell.indicator_code = coalesce(crosswalk.source_indicator_code, term.indicator_code)
        AND cell.applicant_kind = coalesce(crosswalk.source_applicant_kind, term.applicant_kind)
        AND cell.measure = term.measure
    WHERE CAST($report_year AS INTEGER) IS NULL OR submission.report_year = CAST($report_year AS INTEGER)
),
-- a cell of several organs' reports is above zero where one of them is
lifted AS (
    SELECT DISTINCT submission_id, instance_id, position
    FROM seen
    WHERE side = 'when' AND relation = 'merged' AND cell_state = 'figure' AND value > 0
),
operand AS (
    SELECT
        seen.*,
        CASE
            WHEN side <> 'when' OR cell_state NOT IN ('figure', 'blank', 'unread') THEN cell_state
            WHEN condition = 'blank' AND cell_state = 'blank' THEN 'met'
            WHEN condition = 'known' AND cell_state = 'figure' THEN 'met'
            WHEN condition = 'positive' AND ((cell_state = 'figure' AND value > 0) OR lifted.position IS NOT NULL)
                THEN 'met'
            WHEN condition = 'blank' THEN '“' || label || '”不是空白，不需此条'
            WHEN cell_state <> 'figure' THEN '“' || label || '”未填'
            ELSE '“' || label || '”不大于零，不需此条'
        END AS state
    FROM seen
    LEFT JOIN lifted
        ON lifted.submission_id = seen.submission_id AND lifted.instance_id = seen.instance_id
        AND lifted.position = seen.position
),
tally AS (
    SELECT
        submission_id,
        instance_id,
        min(CASE WHEN state NOT IN ('figure', 'blank', 'unread', 'met') THEN state END) AS absence,
        max(CASE WHEN relation = 'earlier' THEN source_year END) AS earlier_year,
        max(CASE WHEN is_mapped THEN source_year END) AS mapped_year,
        max(CASE WHEN relation = 'merged' THEN members END) AS merged_members,
        sum(CASE WHEN state = 'unread' THEN 1 ELSE 0 END) AS unread,
        sum(CASE WHEN state = 'blank' THEN 1 ELSE 0 END) AS blanks,
        sum(CASE WHEN is_derived THEN 1 ELSE 0 END) AS derived,
        sum(CASE WHEN side = 'left' AND is_first THEN 1 ELSE 0 END) AS left_terms,
        sum(CASE WHEN side = 'right' AND is_first THEN 1 ELSE 0 END) AS right_terms,
        sum(CASE WHEN side = 'left' AND state = 'figure' THEN 1 ELSE 0 END) AS left_figures,
        sum(CASE WHEN side = 'right' AND state = 'figure' THEN 1 ELSE 0 END) AS right_figures,
        sum(CASE WHEN side = 'left' AND state NOT IN ('figure', 'blank') THEN 1 ELSE 0 END) AS left_hidden,
        sum(CASE WHEN side = 'right' AND state NOT IN ('figure', 'blank') THEN 1 ELSE 0 END) AS right_hidden,
        sum(CASE WHEN side = 'left' AND state = 'blank' THEN 1 ELSE 0 END) AS left_blanks,
        sum(CASE WHEN side = 'right' AND state = 'blank' THEN 1 ELSE 0 END) AS right_blanks,
        sum(CASE WHEN state = 'blank' AND weight > 0 THEN 1 ELSE 0 END) > 0 AS can_rise,
        sum(CASE WHEN state = 'blank' AND weight < 0 THEN 1 ELSE 0 END) > 0 AS can_fall,
        coalesce(sum(CASE WHEN side = 'left' AND state = 'figure' THEN weight * CAST(value AS DECIMAL(28, 4)) END), 0) AS left_sum,
        coalesce(sum(CASE WHEN side = 'right' AND state = 'figure' THEN -weight * CAST(value AS DECIMAL(28, 4)) END), 0) AS right_sum
    FROM operand
    GROUP BY submission_id, instance_id
),
weighed AS (
    SELECT
        tally.*,
        instance.rule_id,
        instance.scope,
        instance.sentence,
        instance.sentence_uncertain,
        rule.severity,
        rule.blank,
        tally.left_sum - tally.right_sum AS gap,
        CASE WHEN tally.earlier_year IS NOT NULL AND rule.across_gap <> '' THEN rule.across_gap ELSE instance.relation END
            AS relation
    FROM tally
    JOIN stage.rule_instance AS instance ON instance.instance_id = tally.instance_id
    JOIN stage.rule AS rule ON rule.rule_id = instance.rule_id
),
compared AS (
    SELECT
        weighed.*,
        CASE relation
            WHEN '=' THEN gap = 0 WHEN '<=' THEN gap <= 0 WHEN '<' THEN gap < 0 WHEN '>=' THEN gap >= 0 ELSE gap > 0
        END AS holds
    FROM weighed
),
judged AS (
    SELECT
        compared.*,
        CASE
            WHEN absence IS NOT NULL THEN 'not_assessable'
            WHEN unread > 0 THEN 'uncertain'
            WHEN blanks = 0 THEN CASE WHEN holds THEN 'pass' ELSE 'fail' END
            WHEN blank = 'uncertain' THEN 'uncertain'
            WHEN left_figures + right_figures = 0 THEN 'not_assessable'
            -- a printed total that is blank is never assumed
            WHEN (left_terms = 1 AND left_figures = 0) OR (right_terms = 1 AND right_figures = 0) THEN 'uncertain'
            WHEN blank = 'zero' THEN CASE
                WHEN holds THEN 'pass' WHEN left_figures = 0 OR right_figures = 0 THEN 'uncertain' ELSE 'fail'
            END
            WHEN relation = '=' THEN CASE
                WHEN gap = 0 THEN 'pass' WHEN (gap < 0 AND can_rise) OR (gap > 0 AND can_fall) THEN 'uncertain' ELSE 'fail'
            END
            WHEN relation IN ('<=', '<') THEN CASE
                WHEN holds AND NOT can_rise THEN 'pass' WHEN NOT holds AND NOT can_fall THEN 'fail' ELSE 'uncertain'
            END
            ELSE CASE
                WHEN holds AND NOT can_fall THEN 'pass' WHEN NOT holds AND NOT can_rise THEN 'fail' ELSE 'uncertain'
            END
        END AS found,
        CASE
            WHEN left_figures > 0 AND left_hidden = 0 AND NOT (blank = 'uncertain' AND left_blanks > 0)
                AND abs(left_sum) < 99999999999999 THEN left_sum
        END AS lhs,
        CASE
            WHEN right_figures > 0 AND right_hidden = 0 AND NOT (blank = 'uncertain' AND right_blanks > 0)
                AND abs(right_sum) < 99999999999999 THEN right_sum
        END AS rhs
    FROM compared
),
told_instead AS (
    SELECT judged.submission_id, judged.scope, rule.stands_in_for AS rule_id, judged.rule_id AS told_by
    FROM judged
    JOIN stage.rule AS rule ON rule.rule_id = judged.rule_id AND rule.stands_in_for <> ''
    WHERE judged.found = 'fail'
),
settled AS (
    SELECT
        judged.*,
        CASE
            WHEN judged.found = 'fail' AND told_instead.told_by IS NOT NULL THEN 'not_assessable'
            WHEN judged.found = 'uncertain' AND rule.stands_in_for <> '' THEN 'not_assessable'
            ELSE judged.found
        END AS outcome,
        '由' || CASE judged.found
            WHEN 'fail' THEN told_instead.told_by WHEN 'uncertain' THEN nullif(rule.stands_in_for, '')
        END || '说明' AS told_elsewhere
    FROM judged
    JOIN stage.rule AS rule ON rule.rule_id = judged.rule_id
    LEFT JOIN told_instead
        ON told_instead.submission_id = judged.submission_id AND told_instead.rule_id = judged.rule_id
        AND told_instead.scope = judged.scope
),
named AS (
    SELECT
        member.*,
        row_number() OVER (
            PARTITION BY member.submission_id, member.instance_id, member.is_gap ORDER BY member.position ASC
        ) AS place
    FROM (
        SELECT
            operand.submission_id,
            operand.instance_id,
            operand.position,
            operand.label,
            operand.state,
            operand.value,
            -- what keeps the equation from being settled: not the blanks that may count as zero
            operand.state = 'unread' OR (operand.state = 'blank' AND (
                settled.blank = 'uncertain'
                OR (operand.side = 'left' AND settled.left_figures = 0)
                OR (operand.side = 'right' AND settled.right_figures = 0)
                OR (settled.blank = 'bounds' AND settled.left_figures > 0 AND settled.right_figures > 0)
            )) AS is_gap
        FROM operand
        JOIN settled
            ON settled.submission_id = operand.submission_id AND settled.instance_id = operand.instance_id
            AND settled.outcome IN ('fail', 'uncertain')
        WHERE operand.label <> '' AND (operand.state IN ('blank', 'unread') OR operand.value <> 0)
    ) AS member
),
worded AS (
    SELECT
        submission_id,
        instance_id,
        string_agg(
            CASE WHEN state = 'figure' THEN label || regexp_replace(CAST(value AS VARCHAR), '\.?0+$', '') END,
            '、' ORDER BY position ASC
        ) AS figures,
        string_agg(
            CASE WHEN state = 'met' THEN label || regexp_replace(CAST(value AS VARCHAR), '\.?0+$', '') END,
            '、' ORDER BY position ASC
        ) AS conditions,
        string_agg(CASE WHEN is_gap AND place <= 5 THEN '“' || label || '”' END, '、' ORDER BY position ASC)
            || CASE WHEN sum(CASE WHEN is_gap THEN 1 ELSE 0 END) > 5
                THEN '等' || CAST(sum(CASE WHEN is_gap THEN 1 ELSE 0 END) AS VARCHAR) || '格' ELSE '' END AS gaps
    FROM named
    GROUP BY submission_id, instance_id
)
SELECT
    CAST(settled.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST(settled.rule_id AS VARCHAR) AS rule_id,
    CAST(CASE WHEN settled.outcome = 'uncertain' AND settled.severity = 'error' THEN 'warning' ELSE settled.severity END
        AS VARCHAR) AS severity,
    CAST(settled.scope AS VARCHAR) AS scope,
    CAST(settled.outcome AS VARCHAR) AS outcome,
    CAST(settled.lhs AS DECIMAL(18, 4)) AS lhs,
    CAST(settled.rhs AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN abs(settled.lhs - settled.rhs) < 99999999999999 THEN settled.lhs - settled.rhs END AS DECIMAL(18, 4))
        AS difference,
    CAST(concat_ws(
        '；',
        settled.absence,
        CASE WHEN settled.absence IS NULL AND settled.blanks > 0 AND settled.blank <> 'uncertain'
            AND settled.outcome <> 'not_assessable' THEN '空白按零计' END,
        CASE WHEN settled.outcome = 'not_assessable' AND settled.absence IS NULL
            THEN coalesce(settled.told_elsewhere, '全部空白') END,
        CASE WHEN settled.derived > 0 THEN '空白总计用推得的数' END,
        CASE WHEN settled.absence IS NULL THEN '与' || CAST(settled.earlier_year AS VARCHAR) || '年相比，其间缺报' END,
        CASE WHEN settled.absence IS NULL THEN '与' || CAST(settled.mapped_year AS VARCHAR) || '年另一版式的同一口径相比' END,
        CASE WHEN settled.absence IS NULL THEN '机构有合并，上年数为' || settled.merged_members END
    ) AS VARCHAR) AS note,
    CAST(CASE WHEN settled.outcome IN ('fail', 'uncertain') THEN concat(replace(replace(replace(replace(replace(replace(replace(
        CASE settled.outcome WHEN 'fail' THEN settled.sentence ELSE settled.sentence_uncertain END,
        '{lhs}', coalesce(regexp_replace(CAST(settled.lhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{rhs}', coalesce(regexp_replace(CAST(settled.rhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{difference}', coalesce(regexp_replace(CAST(settled.lhs - settled.rhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{gap}', coalesce(regexp_replace(CAST(abs(settled.lhs - settled.rhs) AS VARCHAR), '\.?0+$', ''), '—')),
        '{figures}', coalesce(worded.figures, '—')),
        '{when}', coalesce(worded.conditions, '—')),
        '{gaps}', coalesce(worded.gaps, '—')), '（机构有合并，上年数为' || settled.merged_members || '。）') ELSE '' END AS VARCHAR) AS message
FROM settled
JOIN stage.submission AS submission ON submission.submission_id = settled.submission_id
LEFT JOIN worded ON worded.submission_id = settled.submission_id AND worded.instance_id = settled.instance_id
