-- every code that series() and who_moved() answer to
SELECT f.concept_code AS known_code FROM mart.concept_series AS f
UNION
SELECT i.indicator_code FROM core.dim_indicator AS i WHERE i.form_code <> '' AND i.value_kind <> 'heading'
