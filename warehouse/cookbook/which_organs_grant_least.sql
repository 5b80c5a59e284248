-- 2024 年度哪些单位公开得最少？（只比答复在 10 件以上的；件数太少的率说明不了什么）
-- Which organs grant the smallest share in 2024? Only those with ten results or more: a rate on fewer says nothing.
SELECT
    r.organ_code,
    o.name,
    r.numerator AS granted_in_whole_or_part,
    r.denominator AS all_results,
    CAST(round(100 * r.rate, 1) AS DECIMAL(5, 1)) AS share_pct
FROM mart.assessment_rate AS r
JOIN core.dim_organ AS o ON o.organ_code = r.organ_code
JOIN mart.rollup_source AS u
    ON u.report_year = r.report_year AND u.form_code = r.form_code AND u.organ_code = r.organ_code AND u.used_as = 'summed'
WHERE r.report_year = 2024 AND r.form_code = 'gb_2021' AND r.rate_code = 'reply_open_rate' AND r.denominator >= 10
ORDER BY r.rate ASC, r.denominator DESC, r.organ_code ASC
LIMIT 10
