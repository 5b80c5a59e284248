-- 2024 年度哪些单位被复议或诉讼纠正过？审结几件，纠正几件？
-- Which organs were corrected by review or court in 2024, out of how many cases decided?
SELECT r.organ_code, o.name, r.numerator AS corrected, r.denominator AS decided
FROM mart.assessment_rate AS r
JOIN core.dim_organ AS o ON o.organ_code = r.organ_code
JOIN mart.rollup_source AS u
    ON u.report_year = r.report_year AND u.form_code = r.form_code AND u.organ_code = r.organ_code AND u.used_as = 'summed'
WHERE r.report_year = 2024 AND r.rate_code = 'correction_rate' AND r.numerator > 0
ORDER BY r.numerator DESC, r.denominator DESC, r.organ_code ASC
