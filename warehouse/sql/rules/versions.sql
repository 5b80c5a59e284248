-- grain: one submission
-- meaning: its place among the submissions of its organ, year and edition, and what it says as one hash: every cell with
-- its state and value (prose included), however the file is made, so that the same figures in other bytes are found.
WITH content AS (
    SELECT
        submission_id,
        sha256(string_agg(
            concat(indicator_code, '/', applicant_kind, '/', measure, '=', value_state, CAST(value AS VARCHAR)),
            '|' ORDER BY indicator_code ASC, applicant_kind ASC, measure ASC, value_state ASC, value ASC
        )) AS figures
    FROM stage.cell
    GROUP BY submission_id
)
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(row_number() OVER (
        PARTITION BY submission.organ_code, submission.report_year, submission.form_code
        ORDER BY submission.sequence ASC, submission.submission_id ASC
    ) AS INTEGER) AS version,
    CAST(lag(submission.submission_id) OVER (
        PARTITION BY submission.organ_code, submission.report_year, submission.form_code
        ORDER BY submission.sequence ASC, submission.submission_id ASC
    ) AS VARCHAR) AS submitted_before,
    CAST(concat(submission.variant, CASE WHEN submission.is_nil THEN '/nil/' ELSE '/' END, content.figures) AS VARCHAR) AS content
FROM stage.submission AS submission
LEFT JOIN content ON content.submission_id = submission.submission_id
