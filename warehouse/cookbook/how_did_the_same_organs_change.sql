-- 合并、撤销、迟报的单位不计在内，同样的单位与上年相比如何？（前身单位的数字合并计算）
-- How did the same organs change, with merged ones beside the sum of their predecessors?
SELECT
    l.report_year,
    l.slice_kind,
    l.slice_code,
    y.change_pct AS as_reported_pct,
    l.change_pct AS like_for_like_pct,
    l.organs_in_panel,
    l.organs_entered,
    l.organs_left,
    l.organs_excluded,
    l.note
FROM mart.year_over_year_like_for_like AS l
JOIN mart.year_over_year AS y
    USING (report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure)
WHERE l.indicator_code IN ('fj_req_total', 'req_new') AND l.applicant_kind IN ('', 'total') AND l.measure = 'annual'
ORDER BY l.report_year ASC, l.slice_kind ASC, l.slice_code ASC
