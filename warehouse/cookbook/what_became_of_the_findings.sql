-- 每一夜新发现、了结了多少问题？（open 未了结，waived 按原表采用，lapsed 准予已失效，gone 已不再有）
-- How many findings were found, waived, lapsed or gone, night by night?
SELECT h.night, h.state, count(*) AS findings
FROM core.finding_history AS h
GROUP BY h.night, h.state
ORDER BY h.night ASC, h.state ASC
