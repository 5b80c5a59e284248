-- 2024 年度不予公开、无法提供、不予处理的理由各有几件？
-- For which reasons were requests of 2024 refused, not answerable or not handled?
SELECT
    i.label,
    r.value,
    sum(r.value) OVER () AS all_such,
    CAST(round(100 * r.value / nullif(sum(r.value) OVER (), 0), 2) AS DECIMAL(5, 2)) AS share_pct,
    r.organs_missing
FROM mart.city_rollup AS r
JOIN core.dim_indicator AS i ON i.form_code = r.form_code AND i.indicator_code = r.indicator_code
WHERE r.report_year = 2024
  AND r.form_code = 'gb_2021'
  AND r.slice_kind = 'city'
  AND r.applicant_kind = 'total'
  AND (r.indicator_code LIKE 'res!_refused!_%' ESCAPE '!'
       OR r.indicator_code LIKE 'res!_unable!_%' ESCAPE '!'
       OR r.indicator_code LIKE 'res!_declined!_%' ESCAPE '!')
ORDER BY r.value DESC, i.position ASC
