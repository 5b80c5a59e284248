-- grain: organ of the register and collected year, as the organ then was; also in years in which it does not exist, under
-- its latest name, so that a report filed all the same has a name and a place
SELECT organ_code, report_year, name, parent_code, district_code, level, organ_kind, does_exist
FROM stage.organ_year
ORDER BY report_year, organ_code
