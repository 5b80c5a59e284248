-- 2017 年全市主动公开数的增减，哪十家单位贡献最大？
-- Which ten organs contributed most to the change of what the city opened in 2017?
SELECT o.name, c.part, c.contribution
FROM mart.contribution AS c
JOIN core.dim_organ_year AS o ON o.organ_code = c.organ_code AND o.report_year = c.report_year
WHERE c.report_year = 2017
  AND c.slice_kind = 'city'
  AND c.indicator_code = 'fj_open_total'
  AND c.measure = 'annual'
ORDER BY abs(c.contribution) DESC, o.name ASC, c.part ASC
LIMIT 10
