-- grain: one line of an annex as a whole (scope 'cumulative') and, of the first annex on file, one line of each of its rows
-- meaning: F11, what the cumulative column of the first annex on file brings along from the years before: lhs of a row's
-- line is that opening balance. It is recorded here and nowhere else, for it is nobody's figure of any year. The line of
-- the whole fails where balances are negative (lhs = how many) and are therefore not recorded; that the row itself is
-- wrong is F06's to say. "On file" is an official annex of an earlier year, of this edition or of one that is mapped to it, by the organ or one whose figures it
-- continues.
WITH subject AS (
    SELECT
        submission.*,
        EXISTS (
            SELECT 1
            FROM stage.standing AS earlier
            WHERE earlier.is_official AND NOT earlier.is_nil
                AND (
                    earlier.organ_code = submission.organ_code
                    OR earlier.organ_code IN (
                        SELECT lineage.member_code FROM stage.lineage AS lineage
                        WHERE lineage.organ_code = submission.organ_code
                            AND lineage.report_year = submission.report_year AND lineage.carries <> 'none'
                    )
                )
                AND earlier.report_year < submission.report_year
                AND (
                    earlier.form_code = submission.form_code
                    OR earlier.form_code IN (
                        SELECT crosswalk.source_form_code FROM stage.crosswalk AS crosswalk
                        WHERE crosswalk.form_code = submission.form_code
                    )
                )
        ) AS has_history
    FROM stage.submission AS submission
    JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
    WHERE submission.report_year = $report_year
),
balance AS (
    SELECT
        subject.submission_id,
        printed.indicator_code,
        printed.label,
        total.value - annual.value AS opening
    FROM subject
    JOIN stage.printed_cell AS printed
        ON printed.form_code = subject.form_code AND printed.variant = subject.variant AND printed.measure = 'annual'
    JOIN stage.known AS annual
        ON annual.submission_id = subject.submission_id AND annual.indicator_code = printed.indicator_code
        AND annual.applicant_kind = printed.applicant_kind AND annual.measure = 'annual' AND annual.state = 'figure'
    JOIN stage.known AS total
        ON total.submission_id = subject.submission_id AND total.indicator_code = printed.indicator_code
        AND total.applicant_kind = printed.applicant_kind AND total.measure = 'cumulative' AND total.state = 'figure'
    WHERE NOT subject.has_history
),
counted AS (
    SELECT
        submission_id,
        sum(CASE WHEN opening < 0 THEN 1 ELSE 0 END) AS negative,
        string_agg(CASE WHEN opening < 0 THEN label END, '”、“' ORDER BY indicator_code ASC) AS labels
    FROM balance
    GROUP BY submission_id
),
line AS (
    SELECT
        subject.submission_id,
        'cumulative' AS scope,
        CASE
            WHEN subject.is_nil OR subject.has_history OR counted.negative IS NULL THEN 'not_assessable'
            WHEN counted.negative > 0 THEN 'fail'
            ELSE 'pass'
        END AS outcome,
        counted.negative AS lhs,
        CASE
            WHEN subject.is_nil THEN '零报告'
            WHEN subject.has_history THEN '此前年度在案，期初余额只在首次出现的年份记录'
            WHEN counted.negative IS NULL THEN '没有一行的本年度与历年累计都填了数'
            ELSE ''
        END AS note,
        coalesce(counted.labels, '') AS label
    FROM subject
    LEFT JOIN counted ON counted.submission_id = subject.submission_id
    UNION ALL
    SELECT submission_id, concat('cumulative/', indicator_code), 'pass', opening, '期初余额', ''
    FROM balance
    WHERE opening >= 0
)
SELECT
    CAST(subject.submission_id AS VARCHAR) AS submission_id,
    CAST(subject.file_id AS VARCHAR) AS file_id,
    CAST(subject.organ_code AS VARCHAR) AS organ_code,
    CAST(subject.report_year AS INTEGER) AS report_year,
    CAST(subject.form_code AS VARCHAR) AS form_code,
    CAST(line.scope AS VARCHAR) AS scope,
    CAST(line.outcome AS VARCHAR) AS outcome,
    CAST(CASE WHEN abs(line.lhs) < 99999999999999 THEN line.lhs END AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN line.lhs IS NOT NULL THEN 0 END AS DECIMAL(18, 4)) AS rhs,
    CAST(line.note AS VARCHAR) AS note,
    CAST(line.label AS VARCHAR) AS label,
    CAST('' AS VARCHAR) AS gaps
FROM line
JOIN subject ON subject.submission_id = line.submission_id
