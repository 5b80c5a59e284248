-- 2017 年全市行政诉讼 23 件是哪些单位的，各在哪个文件的哪一格？
-- Which organs make up the city's 23 lawsuits of 2017, and in which cell does each stand? They add up to the total.
SELECT o.name, coalesce(c.value, c.derived_value) AS value, s.file_name, c.sheet, c.address
FROM mart.slice_organ AS m
JOIN core.official_cell AS c ON c.submission_id = m.submission_id
JOIN core.fct_submission AS s ON s.submission_id = m.submission_id
JOIN core.dim_organ AS o ON o.organ_code = m.organ_code
WHERE m.report_year = 2017
  AND m.slice_kind = 'city'
  AND m.form_code = 'fj_annex_2017'
  AND m.used_as = 'summed'
  AND c.indicator_code = 'fj_suits'
  AND c.measure = 'annual'
  AND coalesce(c.value, c.derived_value) <> 0
ORDER BY value DESC, m.organ_code ASC
