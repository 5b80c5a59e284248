-- 市里公布的 2017 年报自己前后矛盾在哪里？（正文与附表、各项之和与合计、所占百分比）
-- Where does the city's published report of 2017 contradict itself: prose and table, parts and total, shares?
SELECT f.rule_id, f.severity, f.lhs, f.rhs, f.difference, f.message
FROM core.fct_finding AS f
JOIN core.fct_submission AS s ON s.submission_id = f.submission_id
WHERE s.basis = 'published' AND s.report_year = 2017 AND s.is_official AND f.difference <> 0
ORDER BY f.severity ASC, f.rule_id ASC, f.scope ASC
