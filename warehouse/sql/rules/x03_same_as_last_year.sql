-- grain: one column (measure) of one submission, and the run of its prose figures where it has one
-- meaning: X03, the figures other than zero are those of the organ's official report of the year before, every one: three
-- or more of them, the largest 10 or more - an office with one request a year has the same small table twice. A cumulative
-- column of a year in which nothing happened is last year's by right. Only the organ's own report is asked, also where it
-- continues others' figures. lhs = figures so repeated, rhs = 0 allowed.
WITH subject AS (
    SELECT submission.*, prior.submission_id AS prior_id, prior.is_nil AS prior_is_nil
    FROM stage.submission AS submission
    JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
    LEFT JOIN stage.standing AS prior
        ON prior.is_official AND prior.organ_code = submission.organ_code AND prior.form_code = submission.form_code
        AND prior.report_year = submission.report_year - 1
    WHERE submission.report_year = $report_year
),
block AS (
    SELECT DISTINCT form_code, measure AS block, '本年度一列' AS label
    FROM stage.printed_cell
    WHERE measure = 'annual'
    UNION ALL
    SELECT DISTINCT form_code, measure AS block, '历年累计一列' AS label
    FROM stage.printed_cell
    WHERE measure = 'cumulative'
),
asked AS (
    SELECT subject.submission_id, block.block, block.label
    FROM subject
    JOIN block ON block.form_code = subject.form_code
    UNION ALL
    SELECT fingerprint.submission_id, fingerprint.block, '正文所列各数'
    FROM stage.fingerprint AS fingerprint
    JOIN subject ON subject.submission_id = fingerprint.submission_id
    WHERE fingerprint.block LIKE '%/prose'
),
compared AS (
    SELECT
        subject.*,
        asked.block,
        asked.label,
        coalesce(mine.figures, 0) AS figures,
        coalesce(mine.figures >= 3 AND mine.largest >= 10, FALSE) AS tells,
        coalesce(mine.fingerprint = theirs.fingerprint, FALSE) AS is_same,
        asked.block = 'cumulative' AND this_year.submission_id IS NULL AS is_still
    FROM asked
    JOIN subject ON subject.submission_id = asked.submission_id
    LEFT JOIN stage.fingerprint AS mine ON mine.submission_id = asked.submission_id AND mine.block = asked.block
    LEFT JOIN stage.fingerprint AS theirs ON theirs.submission_id = subject.prior_id AND theirs.block = asked.block
    LEFT JOIN stage.fingerprint AS this_year
        ON this_year.submission_id = asked.submission_id AND this_year.block = 'annual'
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(file_id AS VARCHAR) AS file_id,
    CAST(organ_code AS VARCHAR) AS organ_code,
    CAST(report_year AS INTEGER) AS report_year,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(block AS VARCHAR) AS scope,
    CAST(CASE
        WHEN is_nil OR prior_id IS NULL OR prior_is_nil THEN 'not_assessable'
        WHEN is_same AND tells AND NOT is_still THEN 'fail'
        ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(CASE
        WHEN is_nil OR prior_id IS NULL OR prior_is_nil THEN NULL WHEN is_same THEN figures ELSE 0
    END AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN NOT (is_nil OR prior_id IS NULL OR prior_is_nil) THEN 0 END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN is_nil THEN '零报告'
        WHEN prior_id IS NULL THEN '上年数不在案'
        WHEN prior_is_nil THEN '对照的一期为零报告'
        WHEN is_same AND is_still THEN '本年没有发生数，累计与上年相同'
        WHEN is_same AND NOT tells THEN '与上年相同，但数太少或太小，不足为凭'
        ELSE ''
    END AS VARCHAR) AS note,
    CAST(label AS VARCHAR) AS label,
    CAST('' AS VARCHAR) AS gaps
FROM compared
