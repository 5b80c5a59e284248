-- 哪些单位的申请数，更正前比上年多、更正后比上年少（或反过来）？
-- Which organs' requests were up on the year before, and are down after a correction, or the other way?
SELECT
    m.release_no,
    r.organ_code,
    o.name,
    r.report_year,
    p.value AS year_before,
    r.value_before AS before_correction,
    r.value_after AS after_correction,
    r.value_before - p.value AS change_before,
    r.value_after - p.value AS change_after
FROM mart.revision AS r
JOIN meta.release AS m ON m.release_id = r.release_id
JOIN core.dim_organ AS o ON o.organ_code = r.organ_code
JOIN (
    SELECT
        c.organ_code,
        c.report_year,
        c.form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        coalesce(c.value, c.derived_value) AS value
    FROM core.official_cell AS c
) AS p
    ON p.organ_code = r.organ_code
    AND p.report_year = r.report_year - 1
    AND p.form_code = r.form_code
    AND p.indicator_code = r.indicator_code
    AND p.applicant_kind = r.applicant_kind
    AND p.measure = r.measure
WHERE r.is_summed
  AND r.indicator_code IN ('req_new', 'fj_req_total')
  AND r.applicant_kind IN ('', 'total')
  AND r.measure = 'annual'
  AND sign(r.value_before - p.value) <> sign(r.value_after - p.value)
ORDER BY m.release_no ASC, r.organ_code ASC, r.report_year ASC
