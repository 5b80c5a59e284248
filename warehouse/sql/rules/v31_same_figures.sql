-- grain: one submission
-- meaning: V31, a resubmission whose figures are those of the one that counts already (it changes nothing), or of the one
-- that was held just before it (what is wrong was not mended). Where the one before was held for something else than its
-- figures, the same figures are a correction.
WITH told AS (
    SELECT
        version.submission_id,
        version.version,
        CASE
            WHEN standing.repeats IS NOT NULL THEN standing.repeats
            WHEN standing.is_held AND before.is_held AND version.content = version_before.content THEN before.submission_id
        END AS same_as
    FROM stage.version AS version
    JOIN stage.standing AS standing ON standing.submission_id = version.submission_id
    LEFT JOIN stage.standing AS before ON before.submission_id = version.submitted_before
    LEFT JOIN stage.version AS version_before ON version_before.submission_id = version.submitted_before
)
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST('' AS VARCHAR) AS scope,
    CAST(CASE
        WHEN told.version = 1 THEN 'not_assessable' WHEN told.same_as IS NOT NULL THEN 'fail' ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(NULL AS DECIMAL(18, 4)) AS lhs,
    CAST(NULL AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN told.version = 1 THEN '首次报送' ELSE '' END AS VARCHAR) AS note,
    CAST('' AS VARCHAR) AS label,
    CAST(coalesce(regexp_extract(file.inbox_path, '[^/]*$'), '') AS VARCHAR) AS gaps
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
JOIN told ON told.submission_id = submission.submission_id
LEFT JOIN stage.submission AS same ON same.submission_id = told.same_as
LEFT JOIN stage.file AS file ON file.file_id = same.file_id
