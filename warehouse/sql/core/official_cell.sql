-- grain: cell of the submissions that count now
SELECT
    c.submission_id,
    c.organ_code,
    c.report_year,
    c.form_code,
    c.indicator_code,
    c.applicant_kind,
    c.measure,
    c.value,
    c.derived_value,
    c.value_state,
    c.printed,
    c.sheet,
    c.address,
    c.note,
    c.confidence
FROM core.fct_cell AS c
JOIN core.fct_submission AS s ON s.submission_id = c.submission_id
WHERE s.is_official
