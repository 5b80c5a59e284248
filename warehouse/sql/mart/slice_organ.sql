-- grain: year, slice, form and organ that must file figures of its own: who is in a total, and with which submission. An
-- organ counts where it stood in that year; one whose submission_id is NULL is missing.
WITH leaf AS (
    SELECT
        d.report_year,
        d.form_code,
        d.organ_code,
        d.gates_total,
        o.level,
        o.organ_kind,
        o.district_code,
        s.submission_id,
        coalesce(s.is_nil, FALSE) AS is_nil
    FROM core.reporting_duty AS d
    JOIN core.dim_organ_year AS o ON o.organ_code = d.organ_code AND o.report_year = d.report_year
    LEFT JOIN core.fct_submission AS s
        ON s.organ_code = d.organ_code
        AND s.report_year = d.report_year
        AND s.form_code = d.form_code
        AND s.is_official
    WHERE d.basis = 'own'
),

sliced AS (
    SELECT 'city' AS slice_kind, 'city' AS slice_code, leaf.* FROM leaf
    UNION ALL
    SELECT 'level' AS slice_kind, leaf.level AS slice_code, leaf.* FROM leaf
    UNION ALL
    SELECT 'organ_kind' AS slice_kind, leaf.organ_kind AS slice_code, leaf.* FROM leaf
    UNION ALL
    SELECT 'district' AS slice_kind, leaf.district_code AS slice_code, leaf.* FROM leaf
    WHERE leaf.district_code IS NOT NULL
)

SELECT report_year, slice_kind, slice_code, form_code, organ_code, submission_id, is_nil, gates_total
FROM sliced
ORDER BY report_year, slice_kind, slice_code, form_code, organ_code
