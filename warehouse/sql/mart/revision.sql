-- grain: release, organ, year, form and cell whose official figure, or place in the totals, is not what it was in the
-- release before. The earlier releases' rows stand as they were logged; tonight's are the difference between what the
-- last release said and the tables of the night. A consolidated report that is summed is in no organ_kind. The first
-- release revises nothing.
WITH tonight AS (
    SELECT t.release_id, t.closed_sequence
    FROM stage.release_tonight AS t
    JOIN meta.release AS r ON r.release_no = t.release_no
    WHERE t.release_no > 1
),

-- the cells that a total of the year has
summed_before AS (
    SELECT DISTINCT report_year, form_code, indicator_code, applicant_kind, measure
    FROM stage.release_rollup_spell
    WHERE until_no IS NULL AND slice_kind = 'city'
),

summed_after AS (
    SELECT DISTINCT report_year, form_code, indicator_code, applicant_kind, measure
    FROM mart.city_rollup
    WHERE slice_kind = 'city'
),

before AS (
    SELECT
        c.organ_code,
        c.report_year,
        c.form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        c.submission_id,
        coalesce(c.value, c.derived_value) AS amount,
        y.organ_code IS NOT NULL AND r.report_year IS NOT NULL AS is_summed,
        CASE WHEN r.report_year IS NOT NULL THEN y.level END AS level,
        CASE WHEN r.report_year IS NOT NULL AND d.basis = 'own' THEN y.organ_kind END AS organ_kind,
        CASE WHEN r.report_year IS NOT NULL THEN y.district_code END AS district_code
    FROM stage.release_cell_spell AS c
    LEFT JOIN stage.release_duty_spell AS d
        ON d.organ_code = c.organ_code
        AND d.report_year = c.report_year
        AND d.form_code = c.form_code
        -- a release from before there were rules summed the members
        AND d.basis = coalesce(d.summed_basis, 'own')
        AND d.until_no IS NULL
    LEFT JOIN stage.release_organ_year_spell AS y
        ON y.organ_code = d.organ_code AND y.report_year = d.report_year AND y.until_no IS NULL
    LEFT JOIN summed_before AS r
        ON r.report_year = c.report_year
        AND r.form_code = c.form_code
        AND r.indicator_code = c.indicator_code
        AND r.applicant_kind = c.applicant_kind
        AND r.measure = c.measure
    WHERE c.until_no IS NULL
),

after AS (
    SELECT
        c.organ_code,
        c.report_year,
        c.form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        c.submission_id,
        coalesce(c.value, c.derived_value) AS amount,
        y.organ_code IS NOT NULL AND r.report_year IS NOT NULL AS is_summed,
        CASE WHEN r.report_year IS NOT NULL THEN y.level END AS level,
        CASE WHEN r.report_year IS NOT NULL AND d.basis = 'own' THEN y.organ_kind END AS organ_kind,
        CASE WHEN r.report_year IS NOT NULL THEN y.district_code END AS district_code
    FROM core.official_cell AS c
    LEFT JOIN core.reporting_duty AS d
        ON d.organ_code = c.organ_code
        AND d.report_year = c.report_year
        AND d.form_code = c.form_code
        AND d.basis = d.summed_basis
    LEFT JOIN core.dim_organ_year AS y ON y.organ_code = d.organ_code AND y.report_year = d.report_year
    LEFT JOIN summed_after AS r
        ON r.report_year = c.report_year
        AND r.form_code = c.form_code
        AND r.indicator_code = c.indicator_code
        AND r.applicant_kind = c.applicant_kind
        AND r.measure = c.measure
),

-- grouping takes NULL as equal: an organ of no district meets itself
compared AS (
    SELECT
        organ_code, report_year, form_code, indicator_code, applicant_kind, measure, is_summed, level, organ_kind,
        district_code,
        max(submission_before) AS submission_before,
        max(submission_after) AS submission_after,
        max(value_before) AS value_before,
        max(value_after) AS value_after
    FROM (
        SELECT *, submission_id AS submission_before, NULL AS submission_after, amount AS value_before, NULL AS value_after
        FROM before
        UNION ALL
        SELECT *, NULL AS submission_before, submission_id AS submission_after, NULL AS value_before, amount AS value_after
        FROM after
    ) AS both_sides
    GROUP BY
        organ_code, report_year, form_code, indicator_code, applicant_kind, measure, is_summed, level, organ_kind,
        district_code
    HAVING
        max(value_before) IS DISTINCT FROM max(value_after)
        OR count(submission_before) <> count(submission_after)
),

-- what counted and what counts, by organ, year and form: why anything changed
counted AS (
    SELECT organ_code, report_year, form_code, max(submission_id) AS submission_id
    FROM stage.release_cell_spell
    WHERE until_no IS NULL
    GROUP BY organ_code, report_year, form_code
),

waived AS (
    SELECT DISTINCT submission_id
    FROM core.fct_finding
    WHERE state = 'waived' AND severity = 'error' AND submission_id IS NOT NULL
),

reason AS (
    SELECT
        coalesce(s.organ_code, b.organ_code) AS organ_code,
        coalesce(s.report_year, b.report_year) AS report_year,
        coalesce(s.form_code, b.form_code) AS form_code,
        CASE
            WHEN s.submission_id IS NULL THEN 'no_longer_official'
            WHEN s.submission_id = b.submission_id THEN 'recomputed'
            -- since the last closed night
            WHEN s.sequence > t.closed_sequence AND s.supersedes IS NULL THEN 'first_filing'
            WHEN s.sequence > t.closed_sequence THEN 'resubmission'
            WHEN w.submission_id IS NOT NULL THEN 'waiver_accepted'
            ELSE 'judged_anew'
        END AS reason
    FROM (SELECT * FROM core.fct_submission WHERE is_official) AS s
    FULL JOIN counted AS b
        ON b.organ_code = s.organ_code AND b.report_year = s.report_year AND b.form_code = s.form_code
    LEFT JOIN waived AS w ON w.submission_id = s.submission_id
    CROSS JOIN tonight AS t
)

SELECT
    release_id, report_year, organ_code, form_code, indicator_code, applicant_kind, measure, is_summed, level, organ_kind,
    district_code, submission_before, submission_after, value_before, value_after, delta, reason
FROM stage.release_revision
UNION ALL
SELECT
    t.release_id,
    c.report_year,
    c.organ_code,
    c.form_code,
    c.indicator_code,
    c.applicant_kind,
    c.measure,
    c.is_summed,
    c.level,
    c.organ_kind,
    c.district_code,
    c.submission_before,
    c.submission_after,
    c.value_before,
    c.value_after,
    coalesce(CAST(c.value_after AS DECIMAL(38, 4)), 0) - coalesce(CAST(c.value_before AS DECIMAL(38, 4)), 0) AS delta,
    -- the same file on one side only: its cells left one place and entered another
    CASE
        WHEN r.reason = 'recomputed' AND (c.submission_before IS NULL OR c.submission_after IS NULL) THEN 'register_changed'
        ELSE r.reason
    END AS reason
FROM compared AS c
JOIN reason AS r ON r.organ_code = c.organ_code AND r.report_year = c.report_year AND r.form_code = c.form_code
CROSS JOIN tonight AS t
ORDER BY release_id, report_year, organ_code, form_code, indicator_code, applicant_kind, measure, is_summed
