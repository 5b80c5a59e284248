-- 哪些报表是零报告，哪些是全填了零，哪些有空白格？三者不是一回事。
-- Which reports say that there is nothing to report, which are full of zeros, and which have blanks? These are not the same.
WITH counted AS (
    SELECT
        s.organ_code,
        s.report_year,
        s.form_code,
        s.basis,
        s.is_nil,
        count(CASE WHEN c.value_state = 'reported' THEN 1 END) AS cells_with_a_figure,
        count(CASE WHEN c.value = 0 THEN 1 END) AS zeros,
        count(CASE WHEN c.value_state = 'blank' THEN 1 END) AS blanks,
        count(CASE WHEN c.value_state = 'not_applicable' THEN 1 END) AS not_applicable
    FROM core.fct_submission AS s
    LEFT JOIN core.official_cell AS c ON c.submission_id = s.submission_id
    WHERE s.is_official
    GROUP BY s.organ_code, s.report_year, s.form_code, s.basis, s.is_nil
)

SELECT
    n.report_year,
    n.form_code,
    o.name,
    CASE
        WHEN n.is_nil THEN '零报告'
        WHEN n.blanks > 0 THEN '有空白'
        WHEN n.not_applicable > 0 THEN '有不适用'
        ELSE '全是零'
    END AS what,
    n.cells_with_a_figure,
    n.zeros,
    n.blanks,
    n.not_applicable
FROM counted AS n
JOIN core.dim_organ AS o ON o.organ_code = n.organ_code
WHERE n.is_nil OR n.blanks > 0 OR n.not_applicable > 0 OR n.zeros = n.cells_with_a_figure
ORDER BY n.report_year ASC, n.form_code ASC, n.organ_code ASC
