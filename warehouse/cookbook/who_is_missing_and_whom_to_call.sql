-- 2024 年度还有哪些单位的数没有到位，该打电话给谁，说什么？
-- Which organs' figures of 2024 are not in, whom to call, and what to say?
SELECT
    s.organ_code,
    s.name,
    d.name AS district,
    s.status,
    s.due_on,
    CASE s.status
        WHEN 'held' THEN '已报，' || s.waits_for
        WHEN 'received' THEN '文件读不了：' || s.waits_for
        ELSE '没有收到任何文件'
    END AS say
FROM mart.submission_status AS s
LEFT JOIN core.dim_organ AS d ON d.organ_code = s.district_code
WHERE s.report_year = 2024 AND s.status IN ('missing', 'due', 'held', 'received')
ORDER BY s.status ASC, s.organ_code ASC
