-- grain: year, slice, form and organ that must file figures of its own: who is in a total, and with which submission. An
-- organ counts where it stood in that year; one whose submission_id is NULL is missing.
WITH leaf AS (
    SELECT *
    FROM mart.rollup_source
    WHERE basis = 'own' AND used_as <> 'not_required'
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

SELECT
    report_year,
    slice_kind,
    slice_code,
    form_code,
    organ_code,
    submission_id,
    used_as = 'nil' AS is_nil,
    gates_total
FROM sliced
ORDER BY report_year, slice_kind, slice_code, form_code, organ_code
