-- 出错的格子在哪个文件、哪张表、哪一格，填的是什么，推算应是多少？（推算数只供核对，从不入库）
-- In which file, sheet and cell is the likelier wrong figure, and what would close the sums? Never stored as a figure.
SELECT
    f.organ_code,
    f.report_year,
    f.rule_id,
    s.file_name,
    c.sheet,
    c.address,
    i.label,
    c.applicant_kind,
    c.printed,
    c.suggested_value,
    c.role
FROM core.finding_cell AS c
JOIN core.fct_finding AS f ON f.finding_id = c.finding_id
JOIN core.fct_submission AS s ON s.submission_id = f.submission_id
JOIN core.dim_indicator AS i ON i.indicator_code = c.indicator_code AND i.form_code IN (f.form_code, '')
WHERE c.role IN ('likelier_wrong', 'tied') AND f.severity = 'error' AND f.state <> 'waived'
  AND NOT EXISTS (
      SELECT 1
      FROM core.fct_submission AS later
      WHERE later.organ_code = s.organ_code
        AND later.report_year = s.report_year
        AND later.form_code = s.form_code
        AND later.sequence > s.sequence
  )
ORDER BY f.organ_code ASC, f.report_year ASC, f.rule_id ASC, f.scope ASC, c.position ASC
