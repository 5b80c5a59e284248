-- 同比里有多少格没有百分比，为什么？（上年为零、基数过小、合计不完整、口径不同）
-- How many year-over-year cells carry no percentage, and why?
WITH cell AS (
    SELECT
        report_year,
        slice_kind,
        CASE
            WHEN note = '' THEN '（有百分比）'
            WHEN note LIKE '上年基数过小%' THEN '上年基数过小，不计算百分比'
            WHEN note LIKE '本年合计不完整%' THEN '本年合计不完整，不计算同比'
            WHEN note LIKE '上年合计不完整%' THEN '上年合计不完整，不计算同比'
            ELSE note
        END AS why
    FROM mart.year_over_year
    WHERE slice_kind IN ('city', 'district')
)

SELECT report_year, slice_kind, why, count(*) AS cells
FROM cell
GROUP BY report_year, slice_kind, why
ORDER BY report_year ASC, slice_kind ASC, cells DESC, why ASC
