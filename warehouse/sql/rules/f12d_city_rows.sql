-- grain: one row of the city's published annex; for every other annex one line that says it is not assessable
-- meaning: F12d, the annual column of the published report against the sum of all leaves.
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST(coalesce(comparison.scope, 'annual') AS VARCHAR) AS scope,
    CAST(coalesce(comparison.outcome, 'not_assessable') AS VARCHAR) AS outcome,
    CAST(comparison.reported AS DECIMAL(18, 4)) AS lhs,
    CAST(comparison.computed AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN comparison.scope IS NOT NULL THEN comparison.note
        WHEN submission.is_nil THEN '零报告'
        WHEN submission.basis = 'published' THEN '已被后一份取代'
        ELSE '只核对全市汇总报告'
    END AS VARCHAR) AS note,
    CAST(coalesce(comparison.label, '') AS VARCHAR) AS label,
    CAST(coalesce(comparison.gaps, '') AS VARCHAR) AS gaps
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
LEFT JOIN stage.comparison AS comparison
    ON comparison.submission_id = submission.submission_id AND comparison.basis = 'published'
    AND comparison.measure = 'annual'
