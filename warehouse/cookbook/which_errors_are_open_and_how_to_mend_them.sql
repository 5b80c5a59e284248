-- 哪些错误还没有改，怎样改？（后来又报过的，只看最新一份；不属于哪一份报表的，如汇总与所属单位之和不符，也在内）
-- Which errors are open, and how are they mended? Of an organ's last report only; those of no single report are in too.
SELECT f.organ_code, o.name, f.report_year, f.rule_id, f.message, f.mend
FROM core.fct_finding AS f
JOIN core.dim_organ AS o ON o.organ_code = f.organ_code
LEFT JOIN core.submission_chain AS c ON c.submission_id = f.submission_id
WHERE f.severity = 'error'
  AND f.outcome = 'fail'
  AND f.state IN ('open', 'lapsed')
  AND NOT EXISTS (
      SELECT 1
      FROM core.submission_chain AS later
      WHERE later.organ_code = c.organ_code
        AND later.report_year = c.report_year
        AND later.form_code = c.form_code
        AND later.version > c.version
  )
ORDER BY f.organ_code ASC, f.report_year ASC, f.rule_id ASC, f.scope ASC
