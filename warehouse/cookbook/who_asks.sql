-- 2023、2024 年度是谁在申请？自然人和各类组织各占多少？
-- Who asks: natural persons and kinds of organisations, with their shares of the requests received?
SELECT
    r.report_year,
    r.applicant_kind,
    r.value,
    t.value AS all_requests,
    CAST(round(100 * r.value / nullif(t.value, 0), 2) AS DECIMAL(5, 2)) AS share_pct,
    r.is_complete
FROM mart.city_rollup AS r
JOIN mart.city_rollup AS t
    ON t.report_year = r.report_year
    AND t.slice_kind = r.slice_kind
    AND t.slice_code = r.slice_code
    AND t.form_code = r.form_code
    AND t.indicator_code = r.indicator_code
    AND t.measure = r.measure
    AND t.applicant_kind = 'total'
WHERE r.form_code = 'gb_2021' AND r.slice_kind = 'city' AND r.indicator_code = 'req_new' AND r.applicant_kind <> 'total'
ORDER BY r.report_year ASC, r.value DESC, r.applicant_kind ASC
