-- grain: organ of the register
SELECT
    organ_code,
    name,
    kind,
    parent_code,
    district_code,
    level,
    organ_kind,
    valid_from_year,
    valid_to_year,
    code_status
FROM stage.organ
ORDER BY organ_code
