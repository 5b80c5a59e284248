-- grain: release and total of which the value or the year over year is not what it was in the release before. The
-- earlier releases' rows stand as they were logged.
WITH tonight AS (
    SELECT t.release_id
    FROM stage.release_tonight AS t
    JOIN meta.release AS r ON r.release_no = t.release_no
    WHERE t.release_no > 1
),

side AS (
    SELECT
        report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
        value AS value_before,
        NULL AS value_after,
        NULL AS change_before,
        NULL AS change_after,
        NULL AS change_pct_before,
        NULL AS change_pct_after
    FROM stage.release_rollup_spell
    WHERE until_no IS NULL
    UNION ALL
    SELECT
        report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
        NULL, value, NULL, NULL, NULL, NULL
    FROM mart.city_rollup
    UNION ALL
    SELECT
        report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
        NULL, NULL, change, NULL, change_pct, NULL
    FROM stage.release_year_over_year_spell
    WHERE until_no IS NULL
    UNION ALL
    SELECT
        report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
        NULL, NULL, NULL, change, NULL, change_pct
    FROM mart.year_over_year
),

compared AS (
    SELECT
        report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure,
        max(value_before) AS value_before,
        max(value_after) AS value_after,
        max(change_before) AS change_before,
        max(change_after) AS change_after,
        max(change_pct_before) AS change_pct_before,
        max(change_pct_after) AS change_pct_after
    FROM side
    GROUP BY report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure
    HAVING
        max(value_before) IS DISTINCT FROM max(value_after)
        OR max(change_before) IS DISTINCT FROM max(change_after)
        OR max(change_pct_before) IS DISTINCT FROM max(change_pct_after)
)

SELECT
    release_id, report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure, value_before,
    value_after, delta, change_before, change_after, change_pct_before, change_pct_after, sign_changed
FROM stage.release_revision_rollup
UNION ALL
SELECT
    t.release_id,
    c.report_year,
    c.slice_kind,
    c.slice_code,
    c.form_code,
    c.indicator_code,
    c.applicant_kind,
    c.measure,
    c.value_before,
    c.value_after,
    coalesce(CAST(c.value_after AS DECIMAL(38, 4)), 0) - coalesce(CAST(c.value_before AS DECIMAL(38, 4)), 0) AS delta,
    c.change_before,
    c.change_after,
    c.change_pct_before,
    c.change_pct_after,
    coalesce(sign(c.change_before) <> sign(c.change_after), FALSE) AS sign_changed
FROM compared AS c
CROSS JOIN tonight AS t
ORDER BY release_id, report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure
