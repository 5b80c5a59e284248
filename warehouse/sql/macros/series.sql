-- macro: series(code, applicant_kind := NULL, measure := 'annual', slice_kind := 'city', slice_code := 'city')
-- probe: series((SELECT min(indicator_code) FROM mart.year_over_year))
-- zh: 一个指标族或指标历年的数：本年、上年、增减、可比性、覆盖情况和不计算的原因。code 是指标族代码（如 requests_received，跨表样衔接）或
-- zh: 指标代码（如 req_new）；有申请人类别的指标默认取总计；默认全市，也可指定分组。代码不认识时报错。
-- en: A family of figures (requests_received, carried on across editions) or an indicator (req_new) over the years: the
-- en: figure, the year before, change, class, coverage, and a note where there is no change. The kind of applicant is the
-- en: total unless it is named; the slice is the city's. An unknown code or slice is an error, a NULL gives nothing.
WITH line AS (
    SELECT
        f.concept_code AS code,
        f.report_year,
        f.form_code,
        '' AS applicant_kind,
        'annual' AS measure,
        f.value,
        f.prior_form_code,
        f.prior_value,
        f.change,
        f.change_pct,
        f.comparability,
        f.note
    FROM mart.concept_series AS f
    WHERE f.concept_code = code AND f.slice_kind = slice_kind AND f.slice_code = slice_code
    UNION ALL
    SELECT
        y.indicator_code,
        y.report_year,
        y.form_code,
        y.applicant_kind,
        y.measure,
        y.value,
        y.prior_form_code,
        y.prior_value,
        y.change,
        y.change_pct,
        y.comparability,
        y.note
    FROM mart.year_over_year AS y
    WHERE y.indicator_code = code
        AND y.slice_kind = slice_kind
        AND y.slice_code = slice_code
        AND y.measure = measure
        AND (y.applicant_kind = applicant_kind OR (applicant_kind IS NULL AND y.applicant_kind IN ('', 'total')))
),

covered AS (
    SELECT DISTINCT
        r.report_year,
        r.form_code,
        r.organs_expected,
        r.organs_reported,
        r.organs_nil,
        r.organs_missing,
        r.coverage,
        r.is_complete
    FROM mart.city_rollup AS r
    WHERE r.slice_kind = slice_kind AND r.slice_code = slice_code
),

known AS (
    $known_codes
),

answer AS (
    SELECT
        l.code,
        l.report_year,
        l.form_code,
        l.applicant_kind,
        l.measure,
        l.value,
        l.prior_value,
        l.change,
        l.change_pct,
        l.comparability,
        l.prior_form_code,
        v.is_complete,
        v.organs_expected,
        v.organs_reported,
        v.organs_nil,
        v.organs_missing,
        v.coverage,
        l.note
    FROM line AS l
    JOIN covered AS v ON v.report_year = l.report_year AND v.form_code = l.form_code
    UNION ALL
    -- never a row: what was asked for and is not known stops the query here
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    WHERE CASE
        WHEN code IS NULL
            THEN FALSE
        WHEN code NOT IN (SELECT k.known_code FROM known AS k)
            THEN $unknown_code
        WHEN NOT EXISTS (SELECT 1 FROM covered)
            THEN $unknown_slice
        WHEN NOT EXISTS (SELECT 1 FROM line)
            THEN error(
                '“' || code || '”在所选分组、申请人类别和期间里没有数'
                || ' / no figures of it in this slice, for this kind of applicant and measure'
            )
        ELSE FALSE
    END
)

SELECT a.* FROM answer AS a ORDER BY a.report_year ASC, a.form_code ASC, a.applicant_kind ASC
