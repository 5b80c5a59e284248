-- 公布数与汇总数逐年核对：几格相等，几格不等，几格一边没有数？
-- Published against computed, year by year: how many cells agree, differ, or lack a figure on one side?
SELECT
    report_year,
    form_code,
    is_complete AS sum_is_complete,
    count(*) AS cells,
    count(CASE WHEN difference = 0 THEN 1 END) AS agree,
    count(CASE WHEN difference <> 0 THEN 1 END) AS differ,
    count(CASE WHEN reported IS NULL THEN 1 END) AS not_published,
    count(CASE WHEN reported IS NOT NULL AND computed IS NULL THEN 1 END) AS not_computed
FROM mart.reported_vs_computed
GROUP BY report_year, form_code, is_complete
ORDER BY report_year ASC, form_code ASC
