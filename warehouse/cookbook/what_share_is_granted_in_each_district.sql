-- 2024 年度各区、市本级公开了答复中的多少？（予以公开加部分公开，除以办理结果总计；分子分母都列出，缺报的注明）
-- What share of the results is granted in each district and at the city's own level? Sums divided, never rates averaged.
SELECT
    coalesce(o.name, '市本级') AS place,
    g.value + p.value AS granted_in_whole_or_part,
    t.value AS all_results,
    CAST(round(100 * (g.value + p.value) / nullif(t.value, 0), 1) AS DECIMAL(5, 1)) AS share_pct,
    t.is_complete
FROM mart.concept_series AS t
JOIN mart.concept_series AS g
    ON g.concept_code = 'granted'
    AND g.report_year = t.report_year
    AND g.form_code = t.form_code
    AND g.slice_kind = t.slice_kind
    AND g.slice_code = t.slice_code
JOIN mart.concept_series AS p
    ON p.concept_code = 'partly_granted'
    AND p.report_year = t.report_year
    AND p.form_code = t.form_code
    AND p.slice_kind = t.slice_kind
    AND p.slice_code = t.slice_code
LEFT JOIN core.dim_organ AS o ON o.organ_code = t.slice_code
WHERE t.concept_code = 'answered'
  AND t.report_year = 2024
  AND (t.slice_kind = 'district' OR (t.slice_kind = 'level' AND t.slice_code = 'own'))
ORDER BY share_pct DESC, place ASC
