-- 厦门市 2017 年“不予公开答复数”是从哪个文件、哪张表、哪一格读来的，原文是什么？
-- From which file, sheet and cell was the city's number of refusals of 2017 read, and what was printed there?
SELECT c.indicator_code, c.measure, c.value, c.printed, s.basis, s.file_name, c.sheet, c.address, s.received_at
FROM core.official_cell AS c
JOIN core.fct_submission AS s ON s.submission_id = c.submission_id
WHERE c.organ_code = 'XMP00001' AND c.report_year = 2017 AND c.indicator_code IN ('fj_reply_refused', 'nar_reply_refused')
ORDER BY c.indicator_code ASC, c.measure ASC
