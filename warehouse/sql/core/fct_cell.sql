-- grain: cell of every submission ever read
SELECT
    c.submission_id,
    s.organ_code,
    s.report_year,
    s.form_code,
    c.indicator_code,
    c.applicant_kind,
    c.measure,
    c.value,
    d.derived_value,
    c.value_state,
    c.printed,
    c.sheet,
    c.address,
    c.note,
    c.confidence
FROM stage.cell AS c
JOIN core.fct_submission AS s ON s.submission_id = c.submission_id
LEFT JOIN stage.derived_value AS d
    ON d.submission_id = c.submission_id
    AND d.indicator_code = c.indicator_code
    AND d.applicant_kind = c.applicant_kind
    AND d.measure = c.measure
ORDER BY s.report_year, s.form_code, s.organ_code, c.submission_id, c.position
