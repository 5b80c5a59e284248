-- 厦门市自然资源和规划局 2024 年度收到和办结的申请，按申请人分是怎样的？（年报第三部分的表，零行略去）
-- What was asked of one organ in 2024, by whom, and how did it end? The matrix of its report, without rows that are zero.
SELECT label, natural_person, business, research, public_interest, legal_service, other_org, total
FROM view.gb_2021_requests
WHERE organ_code = 'XM00126' AND report_year = 2024 AND (total <> 0 OR total IS NULL)
ORDER BY position ASC
