-- grain: year, slice, form and organ that files figures of its own: who is in a total, as what, and with which submission.
-- An organ counts where it stood in that year. submission_id is that which counts: NULL for an organ that is missing, and
-- for one that owes nothing, whatever it filed.
WITH leaf AS (
    SELECT *, CASE WHEN used_as IN ('summed', 'nil') THEN submission_id END AS counting_id
    FROM mart.rollup_source
    WHERE basis = 'own'
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
    counting_id AS submission_id,
    used_as,
    gates_total
FROM sliced
ORDER BY report_year, slice_kind, slice_code, form_code, organ_code
