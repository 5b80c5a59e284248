-- grain: spelling of an organ's name and the years in which it was in use
SELECT organ_code, name, kind AS name_kind, from_year AS valid_from_year, to_year AS valid_to_year
FROM stage.organ_name
ORDER BY organ_code, from_year NULLS FIRST, name_kind, name
