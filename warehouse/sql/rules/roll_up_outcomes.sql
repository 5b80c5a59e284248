-- grain: one line of stage.roll_up
-- meaning: the outcomes of one roll_up rule as the ledger wants them: severity, difference and sentence added.
SELECT
    CAST(roll_up.submission_id AS VARCHAR) AS submission_id,
    CAST(roll_up.file_id AS VARCHAR) AS file_id,
    CAST(roll_up.organ_code AS VARCHAR) AS organ_code,
    CAST(roll_up.report_year AS INTEGER) AS report_year,
    CAST(roll_up.form_code AS VARCHAR) AS form_code,
    CAST(rule.rule_id AS VARCHAR) AS rule_id,
    CAST(CASE WHEN roll_up.outcome = 'uncertain' AND rule.severity = 'error' THEN 'warning' ELSE rule.severity END
        AS VARCHAR) AS severity,
    CAST(roll_up.scope AS VARCHAR) AS scope,
    CAST(roll_up.outcome AS VARCHAR) AS outcome,
    CAST(roll_up.lhs AS DECIMAL(18, 4)) AS lhs,
    CAST(roll_up.rhs AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN abs(roll_up.lhs - roll_up.rhs) < 99999999999999 THEN roll_up.lhs - roll_up.rhs END AS DECIMAL(18, 4))
        AS difference,
    CAST(roll_up.note AS VARCHAR) AS note,
    CAST(CASE WHEN roll_up.outcome IN ('fail', 'uncertain') THEN replace(replace(replace(replace(replace(replace(
        CASE roll_up.outcome WHEN 'fail' THEN rule.sentence ELSE rule.sentence_uncertain END,
        '{row}', roll_up.label),
        '{lhs}', coalesce(regexp_replace(CAST(roll_up.lhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{rhs}', coalesce(regexp_replace(CAST(roll_up.rhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{difference}', coalesce(regexp_replace(CAST(roll_up.lhs - roll_up.rhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{gap}', coalesce(regexp_replace(CAST(abs(roll_up.lhs - roll_up.rhs) AS VARCHAR), '\.?0+$', ''), '—')),
        '{gaps}', roll_up.gaps) ELSE '' END AS VARCHAR) AS message
FROM stage.roll_up AS roll_up
JOIN stage.rule AS rule ON rule.rule_id = $rule_id
