-- grain: year, slice, form and cell: the sum over the official `own` submissions of the organs that must file.
-- Consolidated and published reports are compared with it, never added. A blank is no zero: it adds nothing and is
-- counted; an organ that states "nothing to report" adds zero. Prose figures and codes that no variant of the edition
-- prints are not summed. A sum beyond the 14 digits of a value is NULL.
WITH coverage AS (
    SELECT
        report_year,
        slice_kind,
        slice_code,
        form_code,
        CAST(count(*) AS INTEGER) AS organs_expected,
        CAST(count(submission_id) FILTER (NOT is_nil) AS INTEGER) AS organs_reported,
        CAST(count(submission_id) FILTER (is_nil) AS INTEGER) AS organs_nil,
        CAST(count(*) FILTER (submission_id IS NULL) AS INTEGER) AS organs_missing,
        count(*) FILTER (submission_id IS NULL AND gates_total) = 0 AS is_complete
    FROM mart.slice_organ
    GROUP BY report_year, slice_kind, slice_code, form_code
),

total AS (
    SELECT
        s.report_year,
        s.slice_kind,
        s.slice_code,
        s.form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        sum(coalesce(c.value, c.derived_value)) AS value,
        CAST(count(*) FILTER (c.value IS NULL AND c.derived_value IS NOT NULL) AS INTEGER) AS cells_derived,
        CAST(count(*) FILTER (c.value IS NULL AND c.derived_value IS NULL) AS INTEGER) AS cells_blank
    FROM mart.slice_organ AS s
    JOIN core.official_cell AS c ON c.submission_id = s.submission_id
    JOIN stage.form_cell AS f
        ON f.form_code = c.form_code
        AND f.indicator_code = c.indicator_code
        AND f.applicant_kind = c.applicant_kind
        AND f.measure = c.measure
    GROUP BY s.report_year, s.slice_kind, s.slice_code, s.form_code, c.indicator_code, c.applicant_kind, c.measure
),

-- every cell of the edition has a row, also where nobody has filed yet; a variant's own cells where somebody has
grid AS (
    SELECT v.report_year, v.slice_kind, v.slice_code, v.form_code, f.indicator_code, f.applicant_kind, f.measure
    FROM coverage AS v
    JOIN stage.form_cell AS f ON f.form_code = v.form_code AND f.is_prescribed
    UNION
    SELECT report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure FROM total
)

SELECT
    g.report_year,
    g.slice_kind,
    g.slice_code,
    g.form_code,
    g.indicator_code,
    g.applicant_kind,
    g.measure,
    TRY_CAST(coalesce(t.value, CASE WHEN v.organs_nil > 0 THEN 0 END) AS DECIMAL(18, 4)) AS value,
    v.organs_expected,
    v.organs_reported,
    v.organs_nil,
    v.organs_missing,
    CAST(
        (v.organs_reported + v.organs_nil) / nullif(CAST(v.organs_expected AS DOUBLE), 0) AS DECIMAL(18, 4)
    ) AS coverage,
    v.is_complete,
    coalesce(t.cells_derived, 0) AS cells_derived,
    coalesce(t.cells_blank, 0) AS cells_blank
FROM grid AS g
JOIN coverage AS v USING (report_year, slice_kind, slice_code, form_code)
LEFT JOIN total AS t
    USING (report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure)
ORDER BY g.report_year, g.slice_kind, g.slice_code, g.form_code, g.indicator_code, g.applicant_kind, g.measure
