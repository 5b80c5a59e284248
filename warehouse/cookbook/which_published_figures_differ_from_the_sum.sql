-- 市里公布的数，哪些不等于各单位之和，差多少？合计不完整的，差额里有缺报单位的数。
-- Which figures that the city published are not the sum of the organs, and by how much? Where the sum is not complete,
-- the difference has the missing organs in it.
SELECT
    r.report_year,
    i.label,
    r.applicant_kind,
    r.measure,
    r.reported,
    r.computed,
    r.difference,
    r.is_complete
FROM mart.reported_vs_computed AS r
JOIN core.dim_indicator AS i ON i.form_code = r.form_code AND i.indicator_code = r.indicator_code
WHERE r.difference <> 0 AND r.applicant_kind IN ('', 'total')
ORDER BY r.report_year ASC, abs(r.difference) DESC, r.indicator_code ASC, r.measure ASC
