-- 哪些单位合并、拆分、撤销了，由谁承接，数字能不能接上？（share 为空＝没有写明份额，不拆不分）
-- Which organs were merged, split or abolished, who took over, and may the figures be carried on? No stated share, no figures.
SELECT e.effective_year, e.event, o.name AS organ, s.name AS successor, e.share, e.carries, e.source_kind
FROM core.organ_event AS e
JOIN core.dim_organ AS o ON o.organ_code = e.organ_code
LEFT JOIN core.dim_organ AS s ON s.organ_code = e.successor_code
WHERE e.event IN ('merged', 'split', 'abolished', 'function_moved')
ORDER BY e.effective_year ASC, e.organ_code ASC, e.successor_code ASC, e.event ASC
