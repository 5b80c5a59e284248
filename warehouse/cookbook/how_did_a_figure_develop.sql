-- 主动公开数历年是多少，能不能逐年相比，合计完整吗？（series：任一指标或指标族）
-- How did the number of documents opened develop, which steps may be compared, and are the totals complete?
SELECT report_year, form_code, value, prior_value, change, change_pct, comparability, is_complete, organs_missing, note
FROM series('opened')
ORDER BY report_year ASC, form_code ASC
