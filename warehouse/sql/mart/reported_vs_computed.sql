-- grain: year and cell that the city government published, beside the sum over the organs
SELECT
    p.report_year,
    p.form_code,
    p.indicator_code,
    p.applicant_kind,
    p.measure,
    p.value AS reported,
    r.value AS computed,
    CAST(p.value - r.value AS DECIMAL(18, 4)) AS difference,
    r.is_complete
FROM core.official_cell AS p
JOIN core.fct_submission AS s ON s.submission_id = p.submission_id
JOIN core.dim_organ AS o ON o.organ_code = s.organ_code
JOIN mart.city_rollup AS r
    ON r.report_year = p.report_year
    AND r.slice_kind = 'city'
    AND r.form_code = p.form_code
    AND r.indicator_code = p.indicator_code
    AND r.applicant_kind = p.applicant_kind
    AND r.measure = p.measure
WHERE s.basis = 'published' AND o.kind = 'city_government'
ORDER BY p.report_year, p.form_code, p.indicator_code, p.applicant_kind, p.measure
