-- 2024 年度截止那天过完，哪些单位还没有可用的数？（没收到、被扣留，还是后来才补上）
-- Whose figures of 2024 did not count when the day of the deadline was over, and have they come since?
SELECT
    d.organ_code,
    o.name,
    d.due_on,
    count(DISTINCT c.submission_id) AS filed_by_then,
    count(DISTINCT CASE WHEN c.status = 'held' THEN c.submission_id END) AS of_these_held,
    min(n.official_from) AS counts_since
FROM core.reporting_duty AS d
JOIN core.dim_organ AS o ON o.organ_code = d.organ_code
LEFT JOIN core.submission_chain AS c
    ON c.organ_code = d.organ_code
    AND c.report_year = d.report_year
    AND c.form_code = d.form_code
    AND CAST(c.received_at AS DATE) <= d.due_on
LEFT JOIN core.submission_chain AS n
    ON n.organ_code = d.organ_code
    AND n.report_year = d.report_year
    AND n.form_code = d.form_code
    AND n.official_from IS NOT NULL
WHERE d.report_year = 2024
  AND d.basis = 'own'
  AND NOT EXISTS (
      SELECT 1
      FROM core.submission_chain AS e
      WHERE e.organ_code = d.organ_code
        AND e.report_year = d.report_year
        AND e.form_code = d.form_code
        AND CAST(e.official_from AS DATE) <= d.due_on
  )
GROUP BY d.organ_code, o.name, d.due_on
ORDER BY d.organ_code ASC
