-- grain: one submission
-- meaning: where it stands given the outcomes so far. An error that fails holds an own or a consolidated submission, unless
-- the office accepted its values as printed; the last one that is not held is official, and supersedes the one that was official before
-- it. One whose figures are those of the official one before it changes nothing: it repeats that one, which stays official.
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
        version.content,
        failed.submission_id IS NOT NULL AND submission.basis IN ('own', 'consolidated') AS is_held
    FROM stage.submission AS submission
    JOIN stage.version AS version ON version.submission_id = submission.submission_id
    LEFT JOIN failed ON failed.submission_id = submission.submission_id
),
compared AS (
    SELECT
        weighed.*,
        NOT is_held AND coalesce(content = lag(content) OVER (
            PARTITION BY organ_code, report_year, form_code, is_held ORDER BY sequence ASC, submission_id ASC
        ), FALSE) AS is_repeat
    FROM weighed
),
ranked AS (
    SELECT
        compared.*,
        row_number() OVER (
            PARTITION BY organ_code, report_year, form_code, is_held OR is_repeat ORDER BY sequence DESC, submission_id DESC
        ) AS recency,
        max(CASE WHEN NOT is_held AND NOT is_repeat THEN sequence END) OVER (
            PARTITION BY organ_code, report_year, form_code ORDER BY sequence ASC, submission_id ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS sequence_before
    FROM compared
)
SELECT
    CAST(ranked.submission_id AS VARCHAR) AS submission_id,
    CAST(ranked.organ_code AS VARCHAR) AS organ_code,
    CAST(ranked.report_year AS INTEGER) AS report_year,
    CAST(ranked.form_code AS VARCHAR) AS form_code,
    CAST(ranked.variant AS VARCHAR) AS variant,
    CAST(ranked.basis AS VARCHAR) AS basis,
    CAST(ranked.is_nil AS BOOLEAN) AS is_nil,
    CAST(ranked.is_held AS BOOLEAN) AS is_held,
    CAST(NOT ranked.is_held AND NOT ranked.is_repeat AND ranked.recency = 1 AS BOOLEAN) AS is_official,
    CAST(CASE WHEN NOT ranked.is_held AND NOT ranked.is_repeat THEN before.submission_id END AS VARCHAR) AS supersedes,
    CAST(CASE WHEN ranked.is_repeat THEN before.submission_id END AS VARCHAR) AS repeats
FROM ranked
LEFT JOIN stage.submission AS before
    ON before.organ_code = ranked.organ_code AND before.report_year = ranked.report_year
    AND before.form_code = ranked.form_code AND before.sequence = ranked.sequence_before
