-- grain: one rule of one submission
-- meaning: outcomes of the rules for which printing a variant of the edition is itself the finding (M06).
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST(rule.rule_id AS VARCHAR) AS rule_id,
    CAST(rule.severity AS VARCHAR) AS severity,
    CAST('' AS VARCHAR) AS scope,
    CAST(CASE
        WHEN submission.is_nil THEN 'not_assessable' WHEN submission.variant = rule.variant THEN 'fail' ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(NULL AS DECIMAL(18, 4)) AS lhs,
    CAST(NULL AS DECIMAL(18, 4)) AS rhs,
    CAST(NULL AS DECIMAL(18, 4)) AS difference,
    CAST(CASE WHEN submission.is_nil THEN '零报告' ELSE '' END AS VARCHAR) AS note,
    CAST(CASE WHEN NOT submission.is_nil AND submission.variant = rule.variant THEN rule.sentence ELSE '' END
        AS VARCHAR) AS message
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code
JOIN stage.rule AS rule
    ON rule.rule_id = edition.rule_id AND rule.kind = 'variant'
    AND submission.report_year BETWEEN rule.first_year AND rule.last_year
