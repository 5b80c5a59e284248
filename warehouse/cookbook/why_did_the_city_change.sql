-- 全市主动公开数、申请数比上年增减多少，是哪几个部分造成的？各部分之和恰等于增减。
-- How much did the city's figure change, and which parts of the change made it so? The parts add up exactly.
SELECT
    y.report_year,
    i.label,
    y.prior_value,
    y.value,
    y.change,
    y.change_pct,
    c.part,
    count(*) AS organs,
    sum(c.contribution) AS contribution
FROM mart.year_over_year AS y
JOIN mart.contribution AS c
    ON c.report_year = y.report_year
    AND c.slice_kind = y.slice_kind
    AND c.slice_code = y.slice_code
    AND c.indicator_code = y.indicator_code
    AND c.applicant_kind = y.applicant_kind
    AND c.measure = y.measure
JOIN core.dim_indicator AS i ON i.form_code = y.form_code AND i.indicator_code = y.indicator_code
WHERE y.slice_kind = 'city' AND y.measure = 'annual' AND y.indicator_code IN ('fj_open_total', 'fj_req_total', 'req_new')
  AND y.applicant_kind IN ('', 'total')
GROUP BY y.report_year, i.label, y.prior_value, y.value, y.change, y.change_pct, c.part
ORDER BY y.report_year ASC, i.label ASC, c.part ASC
