-- grain: year and cell that the city government published, beside the sum over the organs; NULL where no organ fills
-- in that cell (the city reports in another variant of the edition, or nobody must file).
WITH printed AS (
    SELECT c.report_year, c.form_code, c.indicator_code, c.applicant_kind, c.measure, c.value
    FROM core.official_cell AS c
    JOIN core.fct_submission AS s ON s.submission_id = c.submission_id
    JOIN core.dim_organ AS o ON o.organ_code = s.organ_code
    JOIN stage.form_cell AS f
        ON f.form_code = c.form_code
        AND f.indicator_code = c.indicator_code
        AND f.applicant_kind = c.applicant_kind
        AND f.measure = c.measure
    WHERE s.basis = 'published' AND o.kind = 'city_government'
),

coverage AS (
    SELECT DISTINCT report_year, form_code, is_complete
    FROM mart.city_rollup
    WHERE slice_kind = 'city'
)

SELECT
    p.report_year,
    p.form_code,
    p.indicator_code,
    p.applicant_kind,
    p.measure,
    p.value AS reported,
    r.value AS computed,
    TRY_CAST(CAST(p.value AS DECIMAL(38, 4)) - r.value AS DECIMAL(18, 4)) AS difference,
    coalesce(v.is_complete, FALSE) AS is_complete
FROM printed AS p
LEFT JOIN coverage AS v ON v.report_year = p.report_year AND v.form_code = p.form_code
LEFT JOIN mart.city_rollup AS r
    ON r.report_year = p.report_year
    AND r.slice_kind = 'city'
    AND r.form_code = p.form_code
    AND r.indicator_code = p.indicator_code
    AND r.applicant_kind = p.applicant_kind
    AND r.measure = p.measure
ORDER BY p.report_year, p.form_code, p.indicator_code, p.applicant_kind, p.measure
