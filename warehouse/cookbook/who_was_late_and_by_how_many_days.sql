-- 2024 年度谁迟报了，迟了几天？（只列已收到的；还没收到的见第一问）
-- Who filed late for 2024, and by how many days? Those who have filed nothing yet are another question.
SELECT organ_code, name, basis, due_on, received_at, days_late
FROM mart.submission_status
WHERE report_year = 2024 AND status IN ('late', 'nil') AND days_late > 0
ORDER BY days_late DESC, organ_code ASC
