-- grain: organ and report year for which it owes a report, whatever the forms: deductions of all its forms count
-- together. The city's own report is not assessed. Where two forms have a rate, the one that could be computed is shown.
WITH owed AS (
    SELECT
        d.report_year,
        d.organ_code,
        max(d.mode) AS mode, -- live comes after backfill
        CAST(count(*) AS INTEGER) AS duties,
        CAST(count(CASE WHEN d.due_on < CAST(b.built_at AS DATE) THEN 1 END) AS INTEGER) AS duties_due
    FROM core.reporting_duty AS d
    CROSS JOIN stage.build AS b
    WHERE d.basis <> 'published'
    GROUP BY d.report_year, d.organ_code
),

filed AS (
    SELECT report_year, organ_code, max(CASE WHEN is_nil THEN 0 ELSE 1 END) AS has_figures
    FROM core.fct_submission
    WHERE is_official
    GROUP BY report_year, organ_code
),

ranked AS (
    SELECT
        report_year,
        organ_code,
        rate_code,
        numerator,
        denominator,
        rate,
        note,
        row_number() OVER (
            PARTITION BY report_year, organ_code, rate_code
            ORDER BY CASE WHEN rate IS NULL THEN 1 ELSE 0 END, CASE WHEN denominator IS NULL THEN 1 ELSE 0 END, form_code
        ) AS place
    FROM mart.assessment_rate
),

rate AS (
    SELECT
        report_year,
        organ_code,
        max(CASE WHEN rate_code = 'reply_open_rate' THEN rate END) AS reply_open_rate,
        max(CASE WHEN rate_code = 'reply_open_rate' THEN numerator END) AS reply_open_numerator,
        max(CASE WHEN rate_code = 'reply_open_rate' THEN denominator END) AS reply_open_denominator,
        max(CASE WHEN rate_code = 'reply_open_rate' THEN note END) AS reply_open_note,
        max(CASE WHEN rate_code = 'dispute_rate' THEN rate END) AS dispute_rate,
        max(CASE WHEN rate_code = 'dispute_rate' THEN numerator END) AS dispute_numerator,
        max(CASE WHEN rate_code = 'dispute_rate' THEN denominator END) AS dispute_denominator,
        max(CASE WHEN rate_code = 'dispute_rate' THEN note END) AS dispute_note,
        max(CASE WHEN rate_code = 'correction_rate' THEN rate END) AS correction_rate,
        max(CASE WHEN rate_code = 'correction_rate' THEN numerator END) AS correction_numerator,
        max(CASE WHEN rate_code = 'correction_rate' THEN denominator END) AS correction_denominator,
        max(CASE WHEN rate_code = 'correction_rate' THEN note END) AS correction_note,
        max(CASE WHEN rate_code = 'open_rate' THEN rate END) AS open_rate,
        max(CASE WHEN rate_code = 'open_rate' THEN numerator END) AS open_numerator,
        max(CASE WHEN rate_code = 'open_rate' THEN denominator END) AS open_denominator,
        max(CASE WHEN rate_code = 'open_rate' THEN note END) AS open_note
    FROM ranked
    WHERE place = 1
    GROUP BY report_year, organ_code
),

deducted AS (
    SELECT report_year, organ_code, count(*) AS deductions, sum(points) AS total_deduction
    FROM mart.assessment_deduction
    GROUP BY report_year, organ_code
),

-- where the year's full score and kinds of deduction are from, each source once
sourced AS (
    SELECT report_year, string_agg(DISTINCT points_status, '；' ORDER BY points_status) AS points_status
    FROM (
        SELECT o.report_year, s.points_status
        FROM (SELECT DISTINCT report_year FROM owed) AS o
        JOIN stage.full_score AS s
            ON o.report_year BETWEEN coalesce(s.valid_from_year, 0) AND coalesce(s.valid_to_year, 9999)
        UNION ALL
        SELECT o.report_year, d.points_status
        FROM (SELECT DISTINCT report_year FROM owed) AS o
        JOIN core.dim_deduction AS d
            ON o.report_year BETWEEN coalesce(d.valid_from_year, 0) AND coalesce(d.valid_to_year, 9999)
    ) AS source
    GROUP BY report_year
),

joined AS (
    SELECT
        o.*,
        y.name,
        y.organ_kind,
        y.district_code,
        CASE WHEN f.has_figures IS NULL THEN '没有正式数' WHEN f.has_figures = 0 THEN '零报告' ELSE '' END AS unfiled,
        coalesce(d.deductions, 0) AS deductions,
        coalesce(d.total_deduction, 0) AS total_deduction,
        s.full_score,
        coalesce(sourced.points_status, '') AS points_status
    FROM owed AS o
    JOIN core.dim_organ_year AS y ON y.organ_code = o.organ_code AND y.report_year = o.report_year
    LEFT JOIN filed AS f ON f.organ_code = o.organ_code AND f.report_year = o.report_year
    LEFT JOIN deducted AS d ON d.organ_code = o.organ_code AND d.report_year = o.report_year
    LEFT JOIN stage.full_score AS s
        ON o.report_year BETWEEN coalesce(s.valid_from_year, 0) AND coalesce(s.valid_to_year, 9999)
    LEFT JOIN sourced ON sourced.report_year = o.report_year
)

SELECT
    j.report_year,
    j.organ_code,
    j.name,
    j.organ_kind,
    j.district_code,
    j.mode,
    j.duties,
    j.duties_due,
    r.reply_open_rate,
    r.reply_open_numerator,
    r.reply_open_denominator,
    coalesce(r.reply_open_note, j.unfiled) AS reply_open_note,
    r.dispute_rate,
    r.dispute_numerator,
    r.dispute_denominator,
    coalesce(r.dispute_note, j.unfiled) AS dispute_note,
    r.correction_rate,
    r.correction_numerator,
    r.correction_denominator,
    coalesce(r.correction_note, j.unfiled) AS correction_note,
    r.open_rate,
    r.open_numerator,
    r.open_denominator,
    coalesce(r.open_note, j.unfiled) AS open_note,
    CAST(j.deductions AS INTEGER) AS deductions,
    CAST(j.total_deduction AS DECIMAL(18, 4)) AS total_deduction,
    j.full_score,
    CASE
        WHEN j.duties_due = 0 THEN NULL
        WHEN j.total_deduction > j.full_score THEN CAST(0 AS DECIMAL(18, 4))
        ELSE CAST(j.full_score - j.total_deduction AS DECIMAL(18, 4))
    END AS score,
    j.points_status
FROM joined AS j
LEFT JOIN rate AS r ON r.organ_code = j.organ_code AND r.report_year = j.report_year
ORDER BY j.report_year, j.organ_code
