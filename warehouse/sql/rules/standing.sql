-- grain: one submission
-- meaning: where it stands given the outcomes so far. An error that fails holds an own or a consolidated submission, unless
-- the office accepted its values as printed; the last one that is not held is official, and supersedes the one that was official before it.
WITH failed AS (
    SELECT DISTINCT outcome.submission_id
    FROM stage.rule_outcome AS outcome
    LEFT JOIN stage.waiver AS waiver
        ON waiver.organ_code = outcome.organ_code AND waiver.report_year = outcome.report_year
        AND waiver.form_code = outcome.form_code AND waiver.rule_id = outcome.rule_id AND waiver.scope = outcome.scope
        AND waiver.lhs IS NOT DISTINCT FROM outcome.lhs AND waiver.rhs IS NOT DISTINCT FROM outcome.rhs
        AND waiver.wording = CASE WHEN outcome.lhs IS NULL AND outcome.rhs IS NULL THEN outcome.message ELSE '' END
    WHERE outcome.outcome = 'fail' AND outcome.severity = 'error' AND outcome.submission_id IS NOT NULL
        AND waiver.rule_id IS NULL
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
