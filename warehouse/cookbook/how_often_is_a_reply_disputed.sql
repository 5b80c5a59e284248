-- 答复被复议、诉讼的有多少，其中被纠正的又有多少？（市本级与区以下、政府与部门分开；率由分子之和除以分母之和）
-- How often are replies taken to review or court, and how often corrected there? Sums over organs divided, with their bases.
SELECT
    r.report_year,
    r.form_code,
    u.level,
    u.organ_kind,
    r.rate_code,
    count(*) AS organs_with_a_base,
    sum(r.numerator) AS numerator,
    sum(r.denominator) AS denominator,
    CAST(round(100 * sum(r.numerator) / nullif(sum(r.denominator), 0), 2) AS DECIMAL(5, 2)) AS rate_pct
FROM mart.assessment_rate AS r
JOIN mart.rollup_source AS u
    ON u.report_year = r.report_year AND u.form_code = r.form_code AND u.organ_code = r.organ_code AND u.used_as = 'summed'
WHERE r.rate_code IN ('dispute_rate', 'correction_rate') AND r.numerator IS NOT NULL AND r.denominator > 0
GROUP BY r.report_year, r.form_code, u.level, u.organ_kind, r.rate_code
ORDER BY r.report_year ASC, r.form_code ASC, r.rate_code ASC, u.level ASC, u.organ_kind ASC
