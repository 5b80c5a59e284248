-- macro: compare(year_a, year_b, slice_kind := 'city', slice_code := 'city')
-- probe: compare((SELECT min(report_year) FROM mart.city_rollup), (SELECT max(report_year) FROM mart.city_rollup))
-- zh: 任意两个年度对照：每个指标族（跨表样衔接）和两年都有的指标一行，两年的数都取现行正式数，增减＝year_b－year_a。
-- zh: 可比性取两年之间各步中最差的一级；不完整、空白、口径不可比的不算增减，note 说明原因。没有数的年度报错。
-- en: Any two years side by side: one row per family of figures (kind 'concept', carried on across editions) and per
-- en: indicator, kind of applicant and measure; both years as official now, change = year_b - year_a. The class is the worst
-- en: of the steps between; no change of incomplete totals, of blanks, or of class C or D: note says why. A year without
-- en: figures or an unknown slice is an error, a NULL gives nothing.
WITH RECURSIVE covered AS (
    SELECT DISTINCT r.report_year, r.form_code, r.is_complete, r.organs_missing
    FROM mart.city_rollup AS r
    WHERE r.slice_kind = slice_kind AND r.slice_code = slice_code
),

-- organs in a total whose figure of the family is blank
concept_blank AS (
    SELECT o.concept_code, m.report_year, m.form_code, count(*) AS blanks
    FROM mart.slice_organ AS m
    JOIN mart.concept_organ AS o ON o.submission_id = m.submission_id
    WHERE m.slice_kind = slice_kind AND m.slice_code = slice_code AND m.report_year IN (year_a, year_b) AND o.value IS NULL
    GROUP BY o.concept_code, m.report_year, m.form_code
),

level AS (
    SELECT
        'concept' AS kind,
        f.concept_code AS code,
        '' AS applicant_kind,
        'annual' AS measure,
        f.report_year,
        f.form_code,
        f.value,
        coalesce(k.blanks, 0) AS blanks,
        f.prior_form_code,
        f.comparability
    FROM mart.concept_series AS f
    LEFT JOIN concept_blank AS k
        ON k.concept_code = f.concept_code AND k.report_year = f.report_year AND k.form_code = f.form_code
    WHERE f.slice_kind = slice_kind AND f.slice_code = slice_code
    UNION ALL
    SELECT
        'indicator',
        r.indicator_code,
        r.applicant_kind,
        r.measure,
        r.report_year,
        r.form_code,
        r.value,
        r.cells_blank,
        y.prior_form_code,
        y.comparability
    FROM mart.city_rollup AS r
    LEFT JOIN mart.year_over_year AS y
        ON y.report_year = r.report_year
        AND y.slice_kind = r.slice_kind
        AND y.slice_code = r.slice_code
        AND y.indicator_code = r.indicator_code
        AND y.applicant_kind = r.applicant_kind
        AND y.measure = r.measure
    WHERE r.slice_kind = slice_kind AND r.slice_code = slice_code
),

-- from the later year back to the earlier one, a step a year
walk AS (
    SELECT l.kind, l.code, l.applicant_kind, l.measure, l.form_code AS late_form, l.form_code, l.report_year, 'A' AS class
    FROM level AS l
    WHERE l.report_year = greatest(year_a, year_b)
    UNION ALL
    SELECT
        w.kind,
        w.code,
        w.applicant_kind,
        w.measure,
        w.late_form,
        l.prior_form_code,
        w.report_year - 1,
        greatest(w.class, l.comparability)
    FROM walk AS w
    JOIN level AS l
        ON l.kind = w.kind
        AND l.code = w.code
        AND l.applicant_kind = w.applicant_kind
        AND l.measure = w.measure
        AND l.form_code = w.form_code
        AND l.report_year = w.report_year
    WHERE w.report_year > least(year_a, year_b) AND l.prior_form_code IS NOT NULL
),

-- where no step leads back, the two years still stand side by side, without a class
pair AS (
    SELECT
        coalesce(late.kind, early.kind) AS kind,
        coalesce(late.code, early.code) AS code,
        coalesce(late.applicant_kind, early.applicant_kind) AS applicant_kind,
        coalesce(late.measure, early.measure) AS measure,
        early.form_code AS early_form,
        late.form_code AS late_form,
        early.value AS early_value,
        late.value AS late_value,
        early.blanks AS early_blanks,
        late.blanks AS late_blanks,
        w.class
    FROM (SELECT l.* FROM level AS l WHERE l.report_year = greatest(year_a, year_b)) AS late
    LEFT JOIN (SELECT s.* FROM walk AS s WHERE s.report_year = least(year_a, year_b)) AS w
        ON w.kind = late.kind
        AND w.code = late.code
        AND w.applicant_kind = late.applicant_kind
        AND w.measure = late.measure
        AND w.late_form = late.form_code
    FULL JOIN (SELECT l.* FROM level AS l WHERE l.report_year = least(year_a, year_b)) AS early
        ON early.kind = late.kind
        AND early.code = late.code
        AND early.applicant_kind = late.applicant_kind
        AND early.measure = late.measure
        AND early.form_code = coalesce(w.form_code, early.form_code)
),

ordered AS (
    SELECT
        p.kind,
        p.code,
        p.applicant_kind,
        p.measure,
        p.class,
        CASE WHEN year_a <= year_b THEN p.early_form ELSE p.late_form END AS form_a,
        CASE WHEN year_a <= year_b THEN p.late_form ELSE p.early_form END AS form_b,
        CASE WHEN year_a <= year_b THEN p.early_value ELSE p.late_value END AS value_a,
        CASE WHEN year_a <= year_b THEN p.late_value ELSE p.early_value END AS value_b,
        CASE WHEN year_a <= year_b THEN p.early_blanks ELSE p.late_blanks END AS blanks_a,
        CASE WHEN year_a <= year_b THEN p.late_blanks ELSE p.early_blanks END AS blanks_b
    FROM pair AS p
),

noted AS (
    SELECT
        o.*,
        va.is_complete AS is_complete_a,
        vb.is_complete AS is_complete_b,
        CASE
            WHEN o.form_a IS NULL THEN CAST(year_a AS VARCHAR) || '年度没有这一项，不计算增减'
            WHEN o.form_b IS NULL THEN CAST(year_b AS VARCHAR) || '年度没有这一项，不计算增减'
            WHEN o.class IS NULL THEN '两个年度之间不能逐年衔接，不计算增减'
            WHEN o.class = 'C' THEN '表样不同，两年口径只可对照，不计算增减'
            WHEN o.class = 'D' THEN '表样不同，口径不可比，不计算增减'
            WHEN NOT va.is_complete
                THEN CAST(year_a AS VARCHAR) || '年度合计不完整，缺' || CAST(va.organs_missing AS VARCHAR) || '家，不计算增减'
            WHEN NOT vb.is_complete
                THEN CAST(year_b AS VARCHAR) || '年度合计不完整，缺' || CAST(vb.organs_missing AS VARCHAR) || '家，不计算增减'
            WHEN o.blanks_a > 0
                THEN CAST(year_a AS VARCHAR) || '年度有' || CAST(o.blanks_a AS VARCHAR) || '家空白，不计算增减'
            WHEN o.blanks_b > 0
                THEN CAST(year_b AS VARCHAR) || '年度有' || CAST(o.blanks_b AS VARCHAR) || '家空白，不计算增减'
            WHEN o.value_a IS NULL THEN CAST(year_a AS VARCHAR) || '年度没有数值，不计算增减'
            WHEN o.value_b IS NULL THEN CAST(year_b AS VARCHAR) || '年度没有数值，不计算增减'
            ELSE ''
        END AS reason
    FROM ordered AS o
    LEFT JOIN covered AS va ON va.report_year = year_a AND va.form_code = o.form_a
    LEFT JOIN covered AS vb ON vb.report_year = year_b AND vb.form_code = o.form_b
    -- of a year and NULL the greater is the year
    WHERE year_a IS NOT NULL AND year_b IS NOT NULL
),

answer AS (
    SELECT
        n.kind,
        n.code,
        CASE n.kind WHEN 'concept' THEN w.word ELSE coalesce(ib.label, ia.label) END AS label,
        n.applicant_kind,
        n.measure,
        n.form_a,
        n.form_b,
        n.value_a,
        n.value_b,
        CASE WHEN n.reason = '' THEN TRY_CAST(CAST(n.value_b AS DECIMAL(38, 4)) - n.value_a AS DECIMAL(18, 4)) END AS change,
        CASE
            WHEN n.reason = '' AND n.value_a <> 0 AND abs(n.value_a) >= $smallest_base
                THEN TRY_CAST(
                    round(100 * CAST(CAST(n.value_b AS DECIMAL(38, 4)) - n.value_a AS DOUBLE) / CAST(n.value_a AS DOUBLE), 4)
                    AS DECIMAL(18, 4)
                )
        END AS change_pct,
        n.class AS comparability,
        n.is_complete_a,
        n.is_complete_b,
        CASE
            WHEN n.reason <> '' THEN n.reason
            WHEN n.value_a = 0 THEN CAST(year_a AS VARCHAR) || '年度为零，不计算百分比'
            WHEN abs(n.value_a) < $smallest_base THEN CAST(year_a AS VARCHAR) || '年度基数过小，不计算百分比'
            ELSE ''
        END AS note,
        coalesce(ib.position, ia.position) AS place
    FROM noted AS n
    LEFT JOIN core.dim_indicator AS ia ON ia.form_code = n.form_a AND ia.indicator_code = n.code
    LEFT JOIN core.dim_indicator AS ib ON ib.form_code = n.form_b AND ib.indicator_code = n.code
    LEFT JOIN (VALUES $concept_words) AS w (concept_code, word) ON w.concept_code = n.code
    UNION ALL
    -- never a row: what was asked for and is not known stops the query here
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    WHERE CASE
        WHEN year_a IS NULL OR year_b IS NULL
            THEN FALSE
        WHEN NOT EXISTS (SELECT 1 FROM covered)
            THEN $unknown_slice
        WHEN year_a NOT IN (SELECT v.report_year FROM covered AS v)
            OR year_b NOT IN (SELECT v.report_year FROM covered AS v)
            THEN error(
                CAST(year_a AS VARCHAR) || '或' || CAST(year_b AS VARCHAR) || '年度没有数，有数的年度是 / no figures of'
                || ' one of the years, there are: '
                || (
                    SELECT string_agg(CAST(d.report_year AS VARCHAR), ', ' ORDER BY d.report_year ASC)
                    FROM (SELECT DISTINCT v.report_year FROM covered AS v) AS d
                )
            )
        ELSE FALSE
    END
)

SELECT a.* EXCLUDE (place)
FROM answer AS a
ORDER BY
    a.kind ASC,
    a.form_b ASC NULLS LAST,
    a.form_a ASC NULLS LAST,
    a.place ASC NULLS FIRST,
    a.code ASC,
    a.measure ASC,
    a.applicant_kind ASC
