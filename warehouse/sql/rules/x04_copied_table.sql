-- grain: one submission
-- meaning: X04, its whole table is that of another organ, same year and edition: every figure other than zero, three or
-- more of them, the largest 10 or more - two small offices with one request each have the same table by chance.
-- The copier is held, never the original. Between two leaves (or two consolidated reports) the copier is the organ that
-- filed this table later, counted from the first time that each filed it: sending it again makes nobody a copier. A leaf
-- whose table is that of a government's report is the copier whoever came first, for the report sums the leaves - unless
-- all the other leaves below that government are known to add nothing to it. An original counts while it is official or
-- its organ's latest. A report as published is not asked. lhs = figures so copied, rhs = 0 allowed.
WITH ranked AS (
    SELECT
        standing.*,
        submission.sequence,
        fingerprint.fingerprint,
        fingerprint.figures,
        fingerprint.figures >= 3 AND fingerprint.largest >= 10 AS tells,
        row_number() OVER (
            PARTITION BY submission.organ_code, submission.report_year, submission.form_code
            ORDER BY submission.sequence DESC, submission.submission_id DESC
        ) AS recency
    FROM stage.submission AS submission
    JOIN stage.standing AS standing ON standing.submission_id = submission.submission_id
    LEFT JOIN stage.fingerprint AS fingerprint
        ON fingerprint.submission_id = submission.submission_id AND fingerprint.block = 'table'
),
claim AS (
    SELECT
        report_year,
        form_code,
        fingerprint,
        organ_code,
        basis,
        min(sequence) AS first_sequence,
        max(CASE WHEN is_official OR recency = 1 THEN 1 ELSE 0 END) AS is_in_play
    FROM ranked
    WHERE tells
    GROUP BY report_year, form_code, fingerprint, organ_code, basis
),
likeness AS (
    SELECT
        ranked.submission_id,
        ranked.organ_code,
        ranked.report_year,
        ranked.form_code,
        original.organ_code AS original_code,
        original.basis AS original_basis,
        coalesce(organ.name, original.organ_code) AS original_name,
        ranked.basis = 'own' AND original.basis <> 'own' AS is_report
    FROM ranked
    JOIN claim AS mine
        ON mine.report_year = ranked.report_year AND mine.form_code = ranked.form_code
        AND mine.fingerprint = ranked.fingerprint AND mine.organ_code = ranked.organ_code AND mine.basis = ranked.basis
    JOIN claim AS original
        ON original.report_year = mine.report_year AND original.form_code = mine.form_code
        AND original.fingerprint = mine.fingerprint AND original.organ_code <> mine.organ_code AND original.is_in_play = 1
    LEFT JOIN stage.organ AS organ ON organ.organ_code = original.organ_code
    WHERE ranked.tells AND ranked.basis <> 'published' AND (
        (ranked.basis = 'own' AND original.basis <> 'own')
        OR (original.basis = ranked.basis AND original.first_sequence < mine.first_sequence)
    )
),
-- the leaves of a year that may have figures: who must file and whose official report is not empty, or is not in
leaf AS (
    SELECT report_year, form_code, organ_code FROM stage.duty WHERE basis = 'own'
    UNION
    SELECT report_year, form_code, organ_code FROM ranked WHERE basis = 'own'
),
empty_leaf AS (
    SELECT report_year, form_code, organ_code FROM ranked WHERE basis = 'own' AND is_official AND fingerprint IS NULL
),
other_leaf AS (
    SELECT DISTINCT likeness.submission_id, likeness.original_code
    FROM likeness
    JOIN leaf
        ON leaf.report_year = likeness.report_year AND leaf.form_code = likeness.form_code
        AND leaf.organ_code <> likeness.organ_code
    LEFT JOIN empty_leaf
        ON empty_leaf.report_year = leaf.report_year AND empty_leaf.form_code = leaf.form_code
        AND empty_leaf.organ_code = leaf.organ_code
    LEFT JOIN stage.organ_year AS spot
        ON spot.organ_code = leaf.organ_code AND spot.report_year = leaf.report_year
    WHERE likeness.is_report AND empty_leaf.organ_code IS NULL
        AND (likeness.original_basis = 'published' OR spot.district_code = likeness.original_code)
),
copy AS (
    SELECT
        likeness.submission_id,
        string_agg(
            concat(likeness.original_name, CASE WHEN likeness.is_report THEN '的汇总报告' ELSE '' END),
            '、' ORDER BY likeness.is_report DESC, likeness.original_code ASC
        ) AS names
    FROM likeness
    LEFT JOIN stage.organ_year AS spot
        ON spot.organ_code = likeness.organ_code AND spot.report_year = likeness.report_year
    LEFT JOIN other_leaf
        ON other_leaf.submission_id = likeness.submission_id AND other_leaf.original_code = likeness.original_code
    WHERE NOT likeness.is_report OR other_leaf.submission_id IS NOT NULL
        -- a report of a government that the organ is not below
        OR (likeness.original_basis = 'consolidated' AND spot.district_code IS DISTINCT FROM likeness.original_code)
    GROUP BY likeness.submission_id
)
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST('' AS VARCHAR) AS scope,
    CAST(CASE
        WHEN copy.submission_id IS NOT NULL THEN 'fail'
        WHEN submission.is_nil OR submission.basis = 'published' OR ranked.fingerprint IS NULL THEN 'not_assessable'
        ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(CASE
        WHEN copy.submission_id IS NOT NULL THEN ranked.figures WHEN submission.basis <> 'published' AND ranked.figures > 0 THEN 0
    END AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN submission.basis <> 'published' AND ranked.figures > 0 THEN 0 END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN submission.is_nil THEN '零报告'
        WHEN submission.basis = 'published' THEN '公布的汇总报告不问照搬'
        WHEN ranked.fingerprint IS NULL THEN '全表为零或空白'
        WHEN NOT ranked.tells THEN '数太少或太小，不足为凭'
        ELSE ''
    END AS VARCHAR) AS note,
    CAST('' AS VARCHAR) AS label,
    CAST(coalesce(copy.names, '') AS VARCHAR) AS gaps
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code AND edition.rule_id = $rule_id
JOIN ranked ON ranked.submission_id = submission.submission_id
LEFT JOIN copy ON copy.submission_id = submission.submission_id
