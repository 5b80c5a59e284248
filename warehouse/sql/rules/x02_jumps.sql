-- grain: one line of a submission in which nothing jumps (scope 'annual'); one line of each cell that jumps where some do
-- meaning: X02, a figure more than ten times away from the same organ's official figure of the year before (same edition),
-- where one of the two reaches a hundred: |t - p| / max(1, p) > 10. Only counts of the year are asked: a cumulative
-- column grows by the year's figure, a balance of items may turn its sign, and amounts of money are A03's. Of the matrix
-- only the column of totals is asked, and a row is passed over where the row that it is a part of jumps as well: one
-- event is told once. An organ that continues others' figures (stage.lineage) is compared with their sum, where all of
-- them are on file.
WITH subject AS (
    SELECT submission.*
    FROM stage.submission AS submission
    JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
    WHERE submission.report_year = $report_year
),
prior AS (
    SELECT
        subject.submission_id,
        count(*) AS members,
        min(nullif(lineage.why, '')) AS why,
        string_agg(CASE WHEN standing.submission_id IS NULL AND NOT lineage.is_alone THEN lineage.name END,
            '、' ORDER BY lineage.member_code ASC) AS absent,
        count(standing.submission_id) = count(*) AS is_on_file,
        sum(CASE WHEN standing.is_nil THEN 1 ELSE 0 END) > 0 AS is_nil
    FROM subject
    JOIN stage.lineage AS lineage
        ON lineage.organ_code = subject.organ_code AND lineage.report_year = subject.report_year
    LEFT JOIN stage.standing AS standing
        ON standing.is_official AND standing.organ_code = lineage.member_code AND standing.form_code = subject.form_code
        AND standing.report_year = subject.report_year - 1
    GROUP BY subject.submission_id
),
prior_cell AS (
    SELECT
        subject.submission_id,
        known.indicator_code,
        known.applicant_kind,
        sum(coalesce(known.value, known.derived_value)) AS value
    FROM subject
    JOIN prior ON prior.submission_id = subject.submission_id AND prior.is_on_file AND prior.why IS NULL
    JOIN stage.lineage AS lineage
        ON lineage.organ_code = subject.organ_code AND lineage.report_year = subject.report_year
    JOIN stage.standing AS standing
        ON standing.is_official AND standing.organ_code = lineage.member_code AND standing.form_code = subject.form_code
        AND standing.report_year = subject.report_year - 1
    JOIN stage.known AS known ON known.submission_id = standing.submission_id AND known.measure = 'annual'
    GROUP BY subject.submission_id, known.indicator_code, known.applicant_kind
    HAVING count(coalesce(known.value, known.derived_value)) = max(prior.members)
),
compared AS (
    SELECT
        subject.submission_id,
        printed.indicator_code,
        printed.applicant_kind,
        printed.parent_code,
        printed.label,
        coalesce(mine.value, mine.derived_value) AS value,
        theirs.value AS prior_value
    FROM subject
    JOIN stage.printed_cell AS printed
        ON printed.form_code = subject.form_code AND printed.variant = subject.variant AND printed.measure = 'annual'
        AND printed.value_kind = 'count' AND printed.applicant_kind IN ('', 'total')
    JOIN stage.known AS mine
        ON mine.submission_id = subject.submission_id AND mine.indicator_code = printed.indicator_code
        AND mine.applicant_kind = printed.applicant_kind AND mine.measure = 'annual'
    JOIN prior_cell AS theirs
        ON theirs.submission_id = subject.submission_id AND theirs.indicator_code = printed.indicator_code
        AND theirs.applicant_kind = printed.applicant_kind
    WHERE coalesce(mine.value, mine.derived_value) IS NOT NULL
),
jump AS (
    SELECT *
    FROM compared
    WHERE abs(value - prior_value) > 10 * CASE WHEN prior_value > 1 THEN prior_value ELSE 1 END
        AND (value >= 100 OR prior_value >= 100)
),
told AS (
    SELECT jump.*
    FROM jump
    LEFT JOIN jump AS whole
        ON whole.submission_id = jump.submission_id AND whole.indicator_code = jump.parent_code
        AND whole.applicant_kind = jump.applicant_kind
    WHERE whole.submission_id IS NULL
),
counted AS (
    SELECT submission_id, count(*) AS cells FROM compared GROUP BY submission_id
)
SELECT
    CAST(subject.submission_id AS VARCHAR) AS submission_id,
    CAST(subject.file_id AS VARCHAR) AS file_id,
    CAST(subject.organ_code AS VARCHAR) AS organ_code,
    CAST(subject.report_year AS INTEGER) AS report_year,
    CAST(subject.form_code AS VARCHAR) AS form_code,
    CAST(CASE
        WHEN told.submission_id IS NULL THEN 'annual'
        ELSE concat('annual/', told.applicant_kind, CASE WHEN told.applicant_kind = '' THEN '' ELSE '/' END, told.indicator_code)
    END AS VARCHAR) AS scope,
    CAST(CASE
        WHEN told.submission_id IS NOT NULL THEN 'fail'
        WHEN subject.is_nil OR coalesce(counted.cells, 0) = 0 THEN 'not_assessable'
        ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(told.value AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN told.prior_value < 99999999999999 THEN told.prior_value END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN told.submission_id IS NOT NULL THEN ''
        WHEN subject.is_nil THEN '零报告'
        WHEN prior.why IS NOT NULL THEN prior.why
        WHEN NOT prior.is_on_file THEN concat('上年数不在案', '：' || prior.absent)
        WHEN prior.is_nil THEN '对照的一期为零报告'
        WHEN counted.cells IS NULL THEN '没有两年都填了数的格'
        ELSE concat('与上年比了', CAST(counted.cells AS VARCHAR), '格')
    END AS VARCHAR) AS note,
    CAST(coalesce(told.label, '') AS VARCHAR) AS label,
    CAST('' AS VARCHAR) AS gaps
FROM subject
JOIN prior ON prior.submission_id = subject.submission_id
LEFT JOIN counted ON counted.submission_id = subject.submission_id
LEFT JOIN told ON told.submission_id = subject.submission_id
