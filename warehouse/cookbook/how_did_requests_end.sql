-- 2023、2024 年度全市的申请是怎样办结的，各占多少？（分母是办理结果总计；2024 年度缺单位，见 is_complete）
-- How did the city's requests end, and in what shares of all results? The figures of 2024 lack organs: see is_complete.
SELECT
    p.report_year,
    CASE p.concept_code
        WHEN 'granted' THEN '予以公开'
        WHEN 'partly_granted' THEN '部分公开'
        WHEN 'refused' THEN '不予公开'
        WHEN 'unable' THEN '无法提供'
        WHEN 'declined' THEN '不予处理'
        ELSE '其他处理'
    END AS outcome,
    p.value,
    t.value AS all_results,
    CAST(round(100 * p.value / nullif(t.value, 0), 2) AS DECIMAL(5, 2)) AS share_pct,
    p.is_complete
FROM mart.concept_series AS p
JOIN mart.concept_series AS t
    ON t.concept_code = 'answered'
    AND t.report_year = p.report_year
    AND t.form_code = p.form_code
    AND t.slice_kind = p.slice_kind
    AND t.slice_code = p.slice_code
WHERE p.slice_kind = 'city'
  AND p.form_code = 'gb_2021'
  AND p.concept_code IN ('granted', 'partly_granted', 'refused', 'unable', 'declined', 'other_handled')
ORDER BY p.report_year ASC, p.value DESC, p.concept_code ASC
