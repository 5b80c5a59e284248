-- grain: year, form and organ: what each organ's figures are used for. Of what must be filed the official `own`
-- submissions are summed; a nil one adds zero. A consolidated or published report is compared with its members, never
-- added to them, and never stands in for one that is missing. Only where the register says so (summed_basis, use_rule) is
-- a district's consolidated report summed and its members' own figures replaced - also while the report is not in: then it
-- is missing, and nobody falls back on the members. Organs that exist and owe nothing, and those that filed all the same,
-- are not required.
WITH collected AS (
    SELECT DISTINCT report_year, form_code FROM core.reporting_duty
),

official AS (
    SELECT report_year, form_code, organ_code, submission_id, is_nil, basis FROM core.fct_submission WHERE is_official
),

expected AS (
    SELECT report_year, form_code, organ_code, basis, gates_total, summed_basis, use_rule FROM core.reporting_duty
    UNION ALL
    SELECT
        y.report_year,
        c.form_code,
        y.organ_code,
        CASE o.kind WHEN 'city_government' THEN 'published' WHEN 'district_government' THEN 'consolidated' ELSE 'own' END,
        NULL AS gates_total,
        'own' AS summed_basis,
        '' AS use_rule
    FROM core.dim_organ_year AS y
    JOIN core.dim_organ AS o ON o.organ_code = y.organ_code
    JOIN collected AS c ON c.report_year = y.report_year
    LEFT JOIN core.reporting_duty AS d
        ON d.report_year = y.report_year AND d.form_code = c.form_code AND d.organ_code = y.organ_code
    LEFT JOIN official AS s
        ON s.report_year = y.report_year AND s.form_code = c.form_code AND s.organ_code = y.organ_code
    WHERE d.organ_code IS NULL AND (y.does_exist OR s.submission_id IS NOT NULL)
)

SELECT
    e.report_year,
    e.form_code,
    e.organ_code,
    y.level,
    y.organ_kind,
    y.district_code,
    e.basis,
    s.submission_id,
    CASE
        WHEN e.gates_total IS NULL THEN 'not_required'
        WHEN e.basis = 'own' AND e.summed_basis <> 'own' THEN 'replaced'
        WHEN s.submission_id IS NULL THEN 'missing'
        WHEN e.basis <> e.summed_basis THEN 'compared'
        WHEN s.is_nil THEN 'nil'
        ELSE 'summed'
    END AS used_as,
    coalesce(e.gates_total, FALSE) AS gates_total,
    e.summed_basis,
    e.use_rule
FROM expected AS e
-- where the organ stood in that year
JOIN core.dim_organ_year AS y ON y.organ_code = e.organ_code AND y.report_year = e.report_year
LEFT JOIN official AS s
    ON s.organ_code = e.organ_code AND s.report_year = e.report_year AND s.form_code = e.form_code
ORDER BY e.report_year, e.form_code, e.organ_code
