-- 2025 年 3 月 10 日当天，全市和各区 2024 年度的申请数是多少？与 3 月 20 日差在哪里？
-- What was said on 10 March 2025 about the requests of 2024, and what on 20 March?
SELECT
    b.slice_kind,
    coalesce(o.name, b.slice_code) AS place,
    a.value AS on_10_march,
    b.value AS on_20_march,
    b.value - a.value AS difference,
    a.organs_missing AS missing_on_10_march,
    b.organs_missing AS missing_on_20_march
FROM mart.city_rollup_as_of(DATE '2025-03-20') AS b
LEFT JOIN mart.city_rollup_as_of(DATE '2025-03-10') AS a
    ON a.report_year = b.report_year
    AND a.slice_kind = b.slice_kind
    AND a.slice_code = b.slice_code
    AND a.form_code = b.form_code
    AND a.indicator_code = b.indicator_code
    AND a.applicant_kind = b.applicant_kind
    AND a.measure = b.measure
LEFT JOIN core.dim_organ AS o ON o.organ_code = b.slice_code
WHERE b.report_year = 2024
  AND b.indicator_code = 'req_new'
  AND b.applicant_kind = 'total'
  AND b.slice_kind IN ('city', 'district')
ORDER BY b.slice_kind ASC, b.slice_code ASC
