-- grain: one rule and scope of one submission, or of one file where no submission came out of it
-- meaning: outcomes of the rules that reading, its contract and the register judge (V, M04): the problems they told, and a
-- pass where they told none. A nil report has no cells, so what judges cells (M) is not assessable there.
WITH told AS (
    SELECT
        problem.file_id,
        problem.submission_id,
        problem.rule_id,
        problem.scope,
        min(CASE problem.outcome WHEN 'fail' THEN 'fail' ELSE 'uncertain' END) AS outcome,
        array_to_string(list_sort(list(DISTINCT problem.message)), '；') AS message
    FROM stage.problem AS problem
    GROUP BY problem.file_id, problem.submission_id, problem.rule_id, problem.scope
),
silent AS (
    SELECT submission.submission_id, rule.rule_id
    FROM stage.submission AS submission
    JOIN stage.rule AS rule ON rule.kind = 'reading'
    LEFT JOIN told ON told.submission_id = submission.submission_id AND told.rule_id = rule.rule_id
    WHERE told.rule_id IS NULL
)
SELECT
    CAST(told.submission_id AS VARCHAR) AS submission_id,
    CAST(told.file_id AS VARCHAR) AS file_id,
    CAST(coalesce(submission.organ_code, file.folder) AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST(told.rule_id AS VARCHAR) AS rule_id,
    CAST(CASE WHEN told.outcome = 'uncertain' AND rule.severity = 'error' THEN 'warning' ELSE rule.severity END
        AS VARCHAR) AS severity,
    CAST(told.scope AS VARCHAR) AS scope,
    CAST(told.outcome AS VARCHAR) AS outcome,
    CAST(NULL AS DECIMAL(18, 4)) AS lhs,
    CAST(NULL AS DECIMAL(18, 4)) AS rhs,
    CAST(NULL AS DECIMAL(18, 4)) AS difference,
    CAST('' AS VARCHAR) AS note,
    CAST(told.message AS VARCHAR) AS message
FROM told
JOIN stage.rule AS rule ON rule.rule_id = told.rule_id
LEFT JOIN stage.submission AS submission ON submission.submission_id = told.submission_id
LEFT JOIN stage.file AS file ON file.file_id = told.file_id
UNION ALL
SELECT
    CAST(submission.submission_id AS VARCHAR),
    CAST(submission.file_id AS VARCHAR),
    CAST(submission.organ_code AS VARCHAR),
    CAST(submission.report_year AS INTEGER),
    CAST(submission.form_code AS VARCHAR),
    CAST(silent.rule_id AS VARCHAR),
    CAST(rule.severity AS VARCHAR),
    CAST('' AS VARCHAR),
    CAST(CASE WHEN submission.is_nil AND rule.judges_cells THEN 'not_assessable' ELSE 'pass' END AS VARCHAR),
    CAST(NULL AS DECIMAL(18, 4)),
    CAST(NULL AS DECIMAL(18, 4)),
    CAST(NULL AS DECIMAL(18, 4)),
    CAST(CASE WHEN submission.is_nil AND rule.judges_cells THEN '零报告' ELSE '' END AS VARCHAR),
    CAST('' AS VARCHAR)
FROM silent
JOIN stage.submission AS submission ON submission.submission_id = silent.submission_id
JOIN stage.rule AS rule ON rule.rule_id = silent.rule_id
