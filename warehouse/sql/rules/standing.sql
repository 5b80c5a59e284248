-- grain: one submission
-- meaning: where it stands given the outcomes so far. An error that fails holds an own or a consolidated submission; the
-- last one that is not held is official, and supersedes the one that was official before it.
WITH failed AS (
    SELECT DISTINCT submission_id
    FROM stage.rule_outcome
    WHERE outcome = 'fail' AND severity = 'error' AND submission_id IS NOT NULL
),
weighed AS (
    SELECT
        submission.*,
        failed.submission_id IS NOT NULL AND submission.basis IN ('own', 'consolidated') AS is_held
    FROM stage.submission AS submission
    LEFT JOIN failed ON failed.submission_id = submission.submission_id
),
ranked AS (
    SELECT
        weighed.*,
        row_number() OVER (
            PARTITION BY organ_code, report_year, form_code, is_held ORDER BY sequence DESC, submission_id DESC
        ) AS recency,
        lag(submission_id) OVER (
            PARTITION BY organ_code, report_year, form_code, is_held ORDER BY sequence ASC, submission_id ASC
        ) AS official_before
    FROM weighed
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(organ_code AS VARCHAR) AS organ_code,
    CAST(report_year AS INTEGER) AS report_year,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(variant AS VARCHAR) AS variant,
    CAST(basis AS VARCHAR) AS basis,
    CAST(is_nil AS BOOLEAN) AS is_nil,
    CAST(is_held AS BOOLEAN) AS is_held,
    CAST(NOT is_held AND recency = 1 AS BOOLEAN) AS is_official,
    CAST(CASE WHEN NOT is_held THEN official_before END AS VARCHAR) AS supersedes
FROM ranked
