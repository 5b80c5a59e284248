-- grain: year, slice, form and organ that the total is made of (mart.rollup_source), and those that owe nothing: as what
-- and with which submission. An organ counts where it stood in that year. A consolidated report that is summed cannot be
-- divided into governments and departments: there it is undivided. submission_id is the one that counts in the slice: NULL
-- for whoever is missing, undivided, or owes nothing, whatever was filed.
WITH leaf AS (
    SELECT * FROM mart.rollup_source WHERE basis = summed_basis
),

sliced AS (
    SELECT 'city' AS slice_kind, 'city' AS slice_code, leaf.used_as AS used_here, leaf.* FROM leaf
    UNION ALL
    SELECT 'level' AS slice_kind, leaf.level AS slice_code, leaf.used_as AS used_here, leaf.* FROM leaf
    UNION ALL
    SELECT
        'organ_kind' AS slice_kind,
        kind.slice_code,
        CASE WHEN leaf.basis <> 'own' AND leaf.used_as = 'summed' THEN 'undivided' ELSE leaf.used_as END AS used_here,
        leaf.*
    FROM leaf
    JOIN (SELECT 'government' AS slice_code UNION ALL SELECT 'department' AS slice_code) AS kind
        ON kind.slice_code = leaf.organ_kind OR leaf.basis <> 'own'
    UNION ALL
    SELECT 'district' AS slice_kind, leaf.district_code AS slice_code, leaf.used_as AS used_here, leaf.* FROM leaf
    WHERE leaf.district_code IS NOT NULL
)

SELECT
    report_year,
    slice_kind,
    slice_code,
    form_code,
    organ_code,
    CASE WHEN used_here IN ('summed', 'nil') THEN submission_id END AS submission_id,
    used_here AS used_as,
    gates_total
FROM sliced
ORDER BY report_year, slice_kind, slice_code, form_code, organ_code
