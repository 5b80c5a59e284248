-- grain: indicator of a form edition; prose figures (nar_*) have form_code ''
SELECT form_code, indicator_code, label, unit, parent_code, position, value_kind, label_status, variant
FROM stage.indicator
ORDER BY form_code, position, indicator_code
