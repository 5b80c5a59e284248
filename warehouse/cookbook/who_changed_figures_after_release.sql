-- 发布以后，谁的数字变了，变了几格，为什么？申请数从多少变到多少？
-- Whose figures changed after a release, in how many cells, and why? With the requests received before and after.
SELECT
    m.release_no,
    r.organ_code,
    o.name,
    r.report_year,
    r.reason,
    count(*) AS cells,
    max(CASE WHEN r.indicator_code = 'req_new' AND r.applicant_kind = 'total' THEN r.value_before END) AS requests_before,
    max(CASE WHEN r.indicator_code = 'req_new' AND r.applicant_kind = 'total' THEN r.value_after END) AS requests_after
FROM mart.revision AS r
JOIN meta.release AS m ON m.release_id = r.release_id
JOIN core.dim_organ AS o ON o.organ_code = r.organ_code
GROUP BY m.release_no, r.organ_code, o.name, r.report_year, r.reason
ORDER BY m.release_no ASC, r.organ_code ASC, r.report_year ASC, r.reason ASC
