-- grain: official submission and family of figures that its form has: the organ's figure, as the crosswalk's sum of
-- cells. Part of a sum is not the sum: with a blank among the cells it is NULL. What does not apply is no blank, and an
-- organ to which none of the cells applies has no row; zero where the organ has nothing to report.
SELECT
    t.concept_code,
    c.report_year,
    c.form_code,
    c.organ_code,
    c.submission_id,
    CASE
        WHEN count(*) FILTER (c.value_state <> 'not_applicable') = count(coalesce(c.value, c.derived_value))
            THEN TRY_CAST(sum(coalesce(c.value, c.derived_value)) AS DECIMAL(18, 4))
    END AS value
FROM core.official_cell AS c
JOIN stage.concept_term AS t
    ON t.form_code = c.form_code AND t.indicator_code = c.indicator_code AND t.applicant_kind = c.applicant_kind
WHERE c.measure = 'annual'
GROUP BY t.concept_code, c.report_year, c.form_code, c.organ_code, c.submission_id
HAVING count(*) FILTER (c.value_state <> 'not_applicable') > 0
UNION ALL
SELECT DISTINCT
    t.concept_code,
    s.report_year,
    s.form_code,
    s.organ_code,
    s.submission_id,
    CAST(0 AS DECIMAL(18, 4)) AS value
FROM core.fct_submission AS s
JOIN stage.concept_term AS t ON t.form_code = s.form_code
WHERE s.is_official AND s.is_nil
ORDER BY concept_code, report_year, form_code, organ_code
