-- 哪些单位重报过，改了几格，为什么，现在采用哪一版？
-- Which organs filed again, how many cells differ, why, and which version counts now?
SELECT
    c.organ_code,
    o.name,
    c.report_year,
    c.version,
    c.received_at,
    c.status,
    c.differs_in_cells,
    c.resubmission_reason,
    c.is_official
FROM core.submission_chain AS c
JOIN core.dim_organ AS o ON o.organ_code = c.organ_code
WHERE EXISTS (
    SELECT 1
    FROM core.submission_chain AS m
    WHERE m.organ_code = c.organ_code AND m.report_year = c.report_year AND m.form_code = c.form_code AND m.version > 1
)
ORDER BY c.organ_code ASC, c.report_year ASC, c.version ASC
