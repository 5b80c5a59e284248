-- macro: who_moved(code, year, applicant_kind := NULL, measure := 'annual', slice_kind := 'city', slice_code := 'city')
-- probe: who_moved((SELECT min(indicator_code) FROM mart.year_over_year), (SELECT max(report_year) FROM mart.year_over_year))
-- zh: 某一年的增减是哪些机构造成的：每个机构和部分（可比、新增、退出、修订、口径）一行，贡献之和恰等于增减，按大小排列。
-- zh: 没有增减的（如合计不完整）只有一行，note 说明原因。code 同 series；代码或年度不认识时报错。
-- en: Who made the change of a year: one row per organ and part, adding up to the change exactly, the largest first. Where
-- en: there is no change (an incomplete total, say) there is one row whose note says why. code as in series(); an unknown
-- en: code, year or slice is an error, a NULL gives nothing.
WITH step AS (
    SELECT
        f.concept_code AS code,
        f.report_year,
        f.form_code,
        '' AS applicant_kind,
        'annual' AS measure,
        f.value,
        f.prior_value,
        f.change,
        f.change_pct,
        f.comparability,
        f.note
    FROM mart.concept_series AS f
    WHERE f.concept_code = code AND f.report_year = year AND f.slice_kind = slice_kind AND f.slice_code = slice_code
    UNION ALL
    SELECT
        y.indicator_code,
        y.report_year,
        y.form_code,
        y.applicant_kind,
        y.measure,
        y.value,
        y.prior_value,
        y.change,
        y.change_pct,
        y.comparability,
        y.note
    FROM mart.year_over_year AS y
    WHERE y.indicator_code = code
        AND y.report_year = year
        AND y.slice_kind = slice_kind
        AND y.slice_code = slice_code
        AND y.measure = measure
        AND (y.applicant_kind = applicant_kind OR (applicant_kind IS NULL AND y.applicant_kind IN ('', 'total')))
),

moved AS (
    SELECT f.form_code, '' AS applicant_kind, f.organ_code, f.part, f.contribution
    FROM mart.concept_contribution AS f
    WHERE f.concept_code = code AND f.report_year = year AND f.slice_kind = slice_kind AND f.slice_code = slice_code
    UNION ALL
    SELECT s.form_code, c.applicant_kind, c.organ_code, c.part, c.contribution
    FROM mart.contribution AS c
    JOIN step AS s ON s.applicant_kind = c.applicant_kind
    WHERE c.indicator_code = code
        AND c.report_year = year
        AND c.slice_kind = slice_kind
        AND c.slice_code = slice_code
        AND c.measure = measure
),

known AS (
    $known_codes
),

answer AS (
    SELECT
        s.code,
        s.report_year,
        s.form_code,
        s.applicant_kind,
        s.measure,
        m.organ_code,
        coalesce(n.name, o.name) AS name,
        m.part,
        m.contribution,
        TRY_CAST(
            round(100 * CAST(m.contribution AS DOUBLE) / nullif(CAST(s.change AS DOUBLE), 0), 4) AS DECIMAL(18, 4)
        ) AS share_of_change_pct,
        s.change,
        s.change_pct,
        s.prior_value,
        s.value,
        s.comparability,
        s.note
    FROM step AS s
    LEFT JOIN moved AS m ON m.form_code = s.form_code AND m.applicant_kind = s.applicant_kind
    LEFT JOIN core.dim_organ_year AS n ON n.organ_code = m.organ_code AND n.report_year = s.report_year
    LEFT JOIN core.dim_organ AS o ON o.organ_code = m.organ_code
    UNION ALL
    -- never a row: what was asked for and is not known stops the query here
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    WHERE CASE
        WHEN code IS NULL OR year IS NULL
            THEN FALSE
        WHEN code NOT IN (SELECT k.known_code FROM known AS k)
            THEN $unknown_code
        WHEN NOT EXISTS (
            SELECT 1 FROM mart.city_rollup AS r WHERE r.slice_kind = slice_kind AND r.slice_code = slice_code
        )
            THEN $unknown_slice
        WHEN NOT EXISTS (SELECT 1 FROM step)
            THEN error(
                '“' || code || '”' || CAST(year AS VARCHAR) || '年度在所选分组、申请人类别和期间里没有数'
                || ' / no figures of it in this year and slice, for this kind of applicant and measure'
            )
        ELSE FALSE
    END
)

SELECT a.*
FROM answer AS a
ORDER BY a.form_code ASC, a.applicant_kind ASC, abs(a.contribution) DESC NULLS LAST, a.organ_code ASC, a.part ASC
