-- 2024 年度各区收到的申请比上年增减多少？基数小、缺报的不算百分比，原因写在 note。
-- How did the requests of each district change in 2024? No percentage on a small base or an incomplete total: note says why.
SELECT o.name AS district, y.prior_value, y.value, y.change, y.change_pct, y.note
FROM mart.year_over_year AS y
JOIN core.dim_organ AS o ON o.organ_code = y.slice_code
WHERE y.report_year = 2024
  AND y.slice_kind = 'district'
  AND y.indicator_code = 'req_new'
  AND y.applicant_kind = 'total'
  AND y.measure = 'annual'
ORDER BY y.change_pct DESC NULLS LAST, y.slice_code ASC
