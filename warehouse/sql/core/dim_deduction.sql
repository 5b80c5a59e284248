-- grain: kind of deduction of the assessment and years in which it holds
SELECT
    deduction_code,
    valid_from_year,
    valid_to_year,
    deduction_name,
    counted_as,
    deduction_unit,
    is_per_unit,
    points_each,
    points_cap,
    rules,
    is_explained_free,
    rate_code,
    limit_value,
    points_status
FROM stage.deduction
ORDER BY deduction_code, valid_from_year NULLS FIRST
