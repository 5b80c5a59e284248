-- 收到的文件里，哪些没有采用，为什么？（读不了的、重复的）
-- Which files were received and not taken, and why: unreadable ones, and the same bytes sent again?
SELECT f.folder, o.name, f.inbox_path, f.received_at, f.outcome, f.reason
FROM core.fct_file AS f
LEFT JOIN core.dim_organ AS o ON o.organ_code = f.folder
WHERE f.outcome IN ('rejected', 'duplicate')
ORDER BY f.received_at ASC, f.inbox_path ASC
