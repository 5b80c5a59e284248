-- 哪些合计在更正之后由升变降，或由降变升？（只看总计列；更正前后都有同比的）
-- Which totals turned from up to down, or the other way, after a correction?
SELECT
    m.release_no,
    r.report_year,
    coalesce(o.name, r.slice_code) AS place,
    i.label,
    r.value_before,
    r.value_after,
    r.change_before,
    r.change_after,
    r.change_pct_before,
    r.change_pct_after
FROM mart.revision_rollup AS r
JOIN meta.release AS m ON m.release_id = r.release_id
JOIN core.dim_indicator AS i ON i.form_code = r.form_code AND i.indicator_code = r.indicator_code
LEFT JOIN core.dim_organ AS o ON o.organ_code = r.slice_code
WHERE r.sign_changed AND r.applicant_kind IN ('', 'total') AND r.change_before IS NOT NULL AND r.change_after IS NOT NULL
ORDER BY m.release_no ASC, r.report_year ASC, r.slice_kind ASC, r.slice_code ASC, i.position ASC
