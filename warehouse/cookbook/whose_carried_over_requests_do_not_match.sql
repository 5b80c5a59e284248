-- 哪些单位 2024 年填的“上年结转”与它 2023 年填的“结转下年”不一致，哪些没有两年的数、无从核对？
-- Which organs carried other numbers into 2024 than out of 2023, and which lack one of the two? No row says that they differ
-- in the samples: all that is listed could not be compared. (Merged organs are compared with their predecessors by X01.)
SELECT
    coalesce(i.organ_code, p.organ_code) AS organ_code,
    o.name,
    p.value AS carried_out_of_2023,
    i.value AS carried_into_2024,
    i.value - p.value AS difference,
    CASE
        WHEN p.organ_code IS NULL THEN '2023年没有报表'
        WHEN i.organ_code IS NULL THEN '2024年没有可用的报表'
        WHEN i.value IS NULL OR p.value IS NULL THEN '有一年是空白'
        ELSE '两年都有，对不上'
    END AS why
FROM (
    SELECT c.organ_code, coalesce(c.value, c.derived_value) AS value
    FROM core.official_cell AS c
    WHERE c.report_year = 2024 AND c.indicator_code = 'req_carried_in' AND c.applicant_kind = 'total'
) AS i
FULL JOIN (
    SELECT c.organ_code, coalesce(c.value, c.derived_value) AS value
    FROM core.official_cell AS c
    WHERE c.report_year = 2023 AND c.indicator_code = 'req_carried_out' AND c.applicant_kind = 'total'
) AS p
    ON p.organ_code = i.organ_code
JOIN core.dim_organ AS o ON o.organ_code = coalesce(i.organ_code, p.organ_code)
WHERE i.value <> p.value OR i.value IS NULL OR p.value IS NULL
ORDER BY why ASC, coalesce(i.organ_code, p.organ_code) ASC
