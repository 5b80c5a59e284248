-- grain: one submission
-- meaning: V32, a resubmission with other figures than before that does not say why. lhs = the how-manieth it is. The same
-- figures again need no reason, V31 tells them.
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST('' AS VARCHAR) AS scope,
    CAST(CASE
        WHEN version.version = 1 OR same.submission_id IS NOT NULL THEN 'not_assessable'
        WHEN submission.resubmission_reason = '' THEN 'fail'
        ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(version.version AS DECIMAL(18, 4)) AS lhs,
    CAST(NULL AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN version.version = 1 THEN '首次报送' WHEN same.submission_id IS NOT NULL THEN '由V31说明' ELSE ''
    END AS VARCHAR) AS note,
    CAST('' AS VARCHAR) AS label,
    CAST('' AS VARCHAR) AS gaps
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
JOIN stage.version AS version ON version.submission_id = submission.submission_id
LEFT JOIN stage.rule_outcome AS same
    ON same.submission_id = submission.submission_id AND same.rule_id = 'V31' AND same.outcome = 'fail'
