-- 2024 年度各区、市本级的报表收到了多少？（只数计入汇总的单位，区政府的汇总报告不在内）
-- How far is the collection of 2024, by district and for the city's own level? Organs that are summed only.
SELECT
    coalesce(d.name, '市本级') AS place,
    count(*) AS expected,
    count(CASE WHEN s.status IN ('accepted', 'late') THEN 1 END) AS reported,
    count(CASE WHEN s.status = 'nil' THEN 1 END) AS nil,
    count(CASE WHEN s.status = 'held' THEN 1 END) AS held,
    count(CASE WHEN s.status IN ('missing', 'due', 'received') THEN 1 END) AS not_in,
    CAST(round(100.0 * count(CASE WHEN s.status IN ('accepted', 'late', 'nil') THEN 1 END) / count(*), 1) AS DECIMAL(5, 1))
        AS in_pct
FROM mart.submission_status AS s
LEFT JOIN core.dim_organ AS d ON d.organ_code = s.district_code
WHERE s.report_year = 2024 AND s.basis = 'own' AND s.status <> 'not_due'
GROUP BY coalesce(d.name, '市本级')
ORDER BY in_pct ASC, place ASC
