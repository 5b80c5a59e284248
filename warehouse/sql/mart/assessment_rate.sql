-- grain: organ, year, form and rate. The terms of each rate are data (schemas/rates.csv); an edition that lacks them
-- has a row with no rate and a note; so has a side with a blank: part of a sum is not the side.
WITH filed AS (
    SELECT submission_id, organ_code, report_year, form_code
    FROM core.fct_submission
    WHERE is_official AND NOT is_nil
),

wanted AS (
    SELECT f.*, r.rate_code
    FROM filed AS f
    CROSS JOIN (SELECT DISTINCT rate_code FROM stage.rate_term) AS r
    WHERE f.form_code IN (SELECT form_code FROM stage.rate_term)
),

side AS (
    SELECT
        w.submission_id,
        w.rate_code,
        t.side,
        sum(coalesce(c.value, c.derived_value)) AS known,
        count(*) FILTER (coalesce(c.value, c.derived_value) IS NULL) AS unknown
    FROM wanted AS w
    JOIN stage.rate_term AS t ON t.rate_code = w.rate_code AND t.form_code = w.form_code
    LEFT JOIN core.official_cell AS c
        ON c.submission_id = w.submission_id
        AND c.indicator_code = t.indicator_code
        AND c.applicant_kind = t.applicant_kind
        AND c.measure = 'annual'
    GROUP BY w.submission_id, w.rate_code, t.side
),

both_sides AS (
    SELECT
        w.report_year,
        w.organ_code,
        w.form_code,
        w.rate_code,
        CASE WHEN n.unknown = 0 THEN n.known END AS numerator,
        CASE WHEN d.unknown = 0 THEN d.known END AS denominator,
        n.submission_id IS NULL AS is_absent,
        coalesce(n.unknown, 0) + coalesce(d.unknown, 0) AS unknown
    FROM wanted AS w
    LEFT JOIN side AS n
        ON n.submission_id = w.submission_id AND n.rate_code = w.rate_code AND n.side = 'numerator'
    LEFT JOIN side AS d
        ON d.submission_id = w.submission_id AND d.rate_code = w.rate_code AND d.side = 'denominator'
),

divided AS (
    SELECT
        b.*,
        CASE
            WHEN b.denominator <> 0
                THEN TRY_CAST(round(CAST(b.numerator AS DOUBLE) / CAST(b.denominator AS DOUBLE), 4) AS DECIMAL(18, 4))
        END AS rate
    FROM both_sides AS b
)

SELECT
    report_year,
    organ_code,
    form_code,
    rate_code,
    TRY_CAST(numerator AS DECIMAL(18, 4)) AS numerator,
    TRY_CAST(denominator AS DECIMAL(18, 4)) AS denominator,
    rate,
    CASE
        WHEN is_absent THEN '该表样没有此项数据'
        WHEN unknown > 0 THEN '有空白格，不计算'
        WHEN denominator = 0 THEN '分母为零，不计算'
        WHEN rate IS NULL THEN '比值过大，不计算'
        ELSE ''
    END AS note
FROM divided
ORDER BY report_year, organ_code, form_code, rate_code
