-- grain: one line of stage.selected
-- meaning: the outcomes of one rule with a SELECT of its own as the ledger wants them: severity, difference and sentence added.
SELECT
    CAST(selected.submission_id AS VARCHAR) AS submission_id,
    CAST(selected.file_id AS VARCHAR) AS file_id,
    CAST(selected.organ_code AS VARCHAR) AS organ_code,
    CAST(selected.report_year AS INTEGER) AS report_year,
    CAST(selected.form_code AS VARCHAR) AS form_code,
    CAST(rule.rule_id AS VARCHAR) AS rule_id,
    CAST(CASE WHEN selected.outcome = 'uncertain' AND rule.severity = 'error' THEN 'warning' ELSE rule.severity END
        AS VARCHAR) AS severity,
    CAST(selected.scope AS VARCHAR) AS scope,
    CAST(selected.outcome AS VARCHAR) AS outcome,
    CAST(selected.lhs AS DECIMAL(18, 4)) AS lhs,
    CAST(selected.rhs AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN abs(selected.lhs - selected.rhs) < 99999999999999 THEN selected.lhs - selected.rhs END AS DECIMAL(18, 4))
        AS difference,
    CAST(selected.note AS VARCHAR) AS note,
    CAST(CASE WHEN selected.outcome IN ('fail', 'uncertain') THEN replace(replace(replace(replace(replace(replace(
        CASE selected.outcome WHEN 'fail' THEN rule.sentence ELSE rule.sentence_uncertain END,
        '{row}', selected.label),
        '{lhs}', coalesce(regexp_replace(CAST(selected.lhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{rhs}', coalesce(regexp_replace(CAST(selected.rhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{difference}', coalesce(regexp_replace(CAST(selected.lhs - selected.rhs AS VARCHAR), '\.?0+$', ''), '—')),
        '{gap}', coalesce(regexp_replace(CAST(abs(selected.lhs - selected.rhs) AS VARCHAR), '\.?0+$', ''), '—')),
        '{gaps}', selected.gaps) ELSE '' END AS VARCHAR) AS message
FROM stage.selected AS selected
JOIN stage.rule AS rule ON rule.rule_id = $rule_id
