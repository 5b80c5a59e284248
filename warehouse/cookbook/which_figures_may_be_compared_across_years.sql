-- 哪些指标族逐年可比，等级如何？（A 同口径，B 相加后可比，C 只看方向，D 不可比；空＝没有上年）
-- Which families of figures may be compared with the year before, and in which class? Empty: there is no year before.
SELECT
    concept_code,
    count(*) AS years,
    min(report_year) AS first_year,
    max(report_year) AS last_year,
    count(CASE WHEN comparability = 'A' THEN 1 END) AS steps_a,
    count(CASE WHEN comparability = 'B' THEN 1 END) AS steps_b,
    count(CASE WHEN comparability = 'C' THEN 1 END) AS steps_c,
    count(CASE WHEN comparability = 'D' THEN 1 END) AS steps_d,
    count(CASE WHEN comparability IS NULL THEN 1 END) AS no_year_before
FROM mart.concept_series
WHERE slice_kind = 'city'
GROUP BY concept_code
ORDER BY concept_code ASC
