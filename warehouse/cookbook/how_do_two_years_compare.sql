-- 2016 年与 2018 年比，各项主要指标增减多少？（compare：任意两个年度）
-- How do the main figures of 2016 and 2018 compare? The macro takes any two years.
SELECT code, value_a, value_b, change, change_pct, comparability, note
FROM compare(2016, 2018)
WHERE kind = 'concept'
ORDER BY code ASC
