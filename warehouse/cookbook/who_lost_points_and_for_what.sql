-- 2024 年度考核，哪些单位被扣分，扣的是什么？（分值是虚构的，见 points_status；换成本市的办法以前不要拿来评价单位）
-- Which organs lose points in the assessment of 2024, and for what? The points are made up until the city's own are put in.
SELECT d.organ_code, o.name, d.deduction_code, d.deduction_name, d.counted, d.points, d.points_status
FROM mart.assessment_deduction AS d
JOIN core.dim_organ AS o ON o.organ_code = d.organ_code
WHERE d.report_year = 2024
ORDER BY d.points DESC, d.organ_code ASC, d.deduction_code ASC
