-- 2024 年度各区、市本级的“上年结转”与上年报表的“结转下年”接得上吗？收、转入与办结、转出平吗？
-- Does what was carried into 2024 equal what 2023 carried out, and does the year balance? By district and level.
WITH figure AS (
    SELECT
        slice_kind,
        slice_code,
        is_complete,
        max(CASE WHEN concept_code = 'requests_carried_out' THEN prior_value_now END) AS carried_out_last_year,
        max(CASE WHEN concept_code = 'requests_carried_in' THEN value END) AS carried_in,
        max(CASE WHEN concept_code = 'requests_received' THEN value END) AS received,
        max(CASE WHEN concept_code = 'answered' THEN value END) AS results,
        max(CASE WHEN concept_code = 'requests_carried_out' THEN value END) AS carried_out
    FROM mart.concept_series
    WHERE report_year = 2024 AND form_code = 'gb_2021' AND (slice_kind IN ('city', 'district') OR slice_code = 'own')
    GROUP BY slice_kind, slice_code, is_complete
)

SELECT
    CASE f.slice_code WHEN 'city' THEN '全市' WHEN 'own' THEN '市本级' ELSE d.name END AS place,
    f.carried_out_last_year,
    f.carried_in,
    f.received,
    f.results,
    f.carried_out,
    f.carried_in - f.carried_out_last_year AS carried_in_more,
    f.received + f.carried_in - f.results - f.carried_out AS out_of_balance,
    f.is_complete
FROM figure AS f
LEFT JOIN core.dim_organ AS d ON d.organ_code = f.slice_code
ORDER BY f.slice_kind ASC, f.slice_code ASC
