-- grain: one submission of the editions of an explanation rule
-- meaning: whether any of its errors has the explanation $kind, for the ledger of $rule_id (M07, M08).
WITH seen AS (
    SELECT submission_id, array_to_string(list_sort(list(DISTINCT message)), '') AS messages
    FROM stage.explanation
    WHERE kind = $kind
    GROUP BY submission_id
)
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST('' AS VARCHAR) AS scope,
    CAST(CASE WHEN submission.is_nil THEN 'not_assessable' WHEN seen.submission_id IS NOT NULL THEN 'fail' ELSE 'pass' END
        AS VARCHAR) AS outcome,
    CAST(NULL AS DECIMAL(18, 4)) AS lhs,
    CAST(NULL AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN submission.is_nil THEN '零报告' ELSE '' END AS VARCHAR) AS note,
    CAST('' AS VARCHAR) AS label,
    CAST(coalesce(seen.messages, '') AS VARCHAR) AS gaps
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
JOIN stage.rule AS rule
    ON rule.rule_id = edition.rule_id AND submission.report_year BETWEEN rule.first_year AND rule.last_year
LEFT JOIN seen ON seen.submission_id = submission.submission_id
