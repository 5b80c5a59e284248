-- grain: row of mart.concept_series that has a change, organ and part of the change, zeros left out. The contributions of
-- a row add up exactly to its change; matched, entered, left and revision are as in mart.contribution.
-- definition is what the new edition counts otherwise: known only for an organ that filed the new edition for the year
-- before as well - its figure there in the new edition less the one in the old - and then taken out of matched. Of all
-- other organs nobody knows it, and their matched part contains it.
WITH compared AS (
    SELECT * FROM mart.concept_series WHERE change IS NOT NULL
),

-- each organ's figures of the releases in question
released AS (
    SELECT
        c.release_id,
        t.concept_code,
        c.report_year,
        c.form_code,
        c.organ_code,
        sum(coalesce(c.value, c.derived_value)) AS value
    FROM stage.release_cell AS c
    JOIN stage.concept_term AS t
        ON t.form_code = c.form_code AND t.indicator_code = c.indicator_code AND t.applicant_kind = c.applicant_kind
    WHERE c.measure = 'annual' AND c.release_id IN (SELECT prior_release_id FROM compared)
    GROUP BY c.release_id, t.concept_code, c.report_year, c.form_code, c.organ_code
),

-- both years of a row
side AS (
    SELECT *, report_year AS figure_year, form_code AS figure_form FROM compared
    UNION ALL
    SELECT *, report_year - 1 AS figure_year, prior_form_code AS figure_form FROM compared
),

-- and in each the organs of its total
member AS (
    SELECT
        s.concept_code,
        s.report_year,
        s.slice_kind,
        s.slice_code,
        s.form_code,
        s.prior_release_id,
        s.figure_year,
        s.figure_form,
        CASE WHEN s.figure_year = s.report_year THEN 1 ELSE 0 END AS is_current,
        m.organ_code,
        m.submission_id
    FROM side AS s
    JOIN mart.slice_organ AS m
        ON m.report_year = s.figure_year
        AND m.slice_kind = s.slice_kind
        AND m.slice_code = s.slice_code
        AND m.form_code = s.figure_form
        AND m.used_as IN ('summed', 'nil', 'missing')
),

figure AS (
    SELECT
        m.*,
        1 - m.is_current AS is_prior,
        CASE WHEN m.is_current = 1 THEN coalesce(o.value, 0) ELSE 0 END AS value,
        CASE WHEN m.is_current = 0 THEN coalesce(o.value, 0) ELSE 0 END AS prior_now,
        CAST(0 AS DECIMAL(18, 4)) AS prior_released
    FROM member AS m
    LEFT JOIN mart.concept_organ AS o ON o.concept_code = m.concept_code AND o.submission_id = m.submission_id
    WHERE m.submission_id IS NOT NULL
    UNION ALL
    SELECT m.*, 0, 0, 0, r.value
    FROM member AS m
    JOIN released AS r
        ON r.release_id = m.prior_release_id
        AND r.concept_code = m.concept_code
        AND r.organ_code = m.organ_code
        AND r.report_year = m.figure_year
        AND r.form_code = m.figure_form
    WHERE m.is_current = 0
),

organ_figure AS (
    SELECT
        concept_code,
        report_year,
        slice_kind,
        slice_code,
        form_code,
        organ_code,
        sum(value) AS value,
        sum(prior_now) AS prior_now,
        sum(prior_released) AS prior_released,
        max(is_current) AS is_current,
        max(is_prior) AS is_prior
    FROM figure
    GROUP BY concept_code, report_year, slice_kind, slice_code, form_code, organ_code
),

-- who filed the new edition for the year before as well
redefined AS (
    SELECT k.concept_code, k.report_year, k.slice_kind, k.slice_code, k.form_code, d.organ_code, d.value
    FROM compared AS k
    JOIN mart.concept_organ AS d
        ON d.concept_code = k.concept_code AND d.report_year = k.report_year - 1 AND d.form_code = k.form_code
    WHERE k.form_code <> k.prior_form_code AND d.value IS NOT NULL
),

measured AS (
    SELECT
        f.*,
        k.prior_release_id,
        CASE
            WHEN f.is_current = 1 AND f.is_prior = 1 THEN coalesce(d.value, f.prior_now) ELSE f.prior_now
        END AS redefined
    FROM organ_figure AS f
    JOIN compared AS k USING (concept_code, report_year, slice_kind, slice_code, form_code)
    LEFT JOIN redefined AS d
        ON d.concept_code = f.concept_code
        AND d.report_year = f.report_year
        AND d.slice_kind = f.slice_kind
        AND d.slice_code = f.slice_code
        AND d.form_code = f.form_code
        AND d.organ_code = f.organ_code
),

named AS (
    SELECT
        concept_code,
        report_year,
        slice_kind,
        slice_code,
        form_code,
        sum(prior_now - prior_released) AS contribution
    FROM measured
    GROUP BY concept_code, report_year, slice_kind, slice_code, form_code
),

contribution AS (
    SELECT
        concept_code,
        report_year,
        slice_kind,
        slice_code,
        form_code,
        organ_code,
        CASE WHEN is_current = 0 THEN 'left' WHEN is_prior = 0 THEN 'entered' ELSE 'matched' END AS part,
        value - redefined AS contribution
    FROM measured
    UNION ALL
    SELECT
        concept_code,
        report_year,
        slice_kind,
        slice_code,
        form_code,
        organ_code,
        'definition' AS part,
        redefined - prior_now AS contribution
    FROM measured
    UNION ALL
    SELECT
        concept_code,
        report_year,
        slice_kind,
        slice_code,
        form_code,
        organ_code,
        'revision' AS part,
        prior_now - prior_released AS contribution
    FROM measured
    WHERE prior_release_id IS NOT NULL
    UNION ALL
    SELECT
        k.concept_code,
        k.report_year,
        k.slice_kind,
        k.slice_code,
        k.form_code,
        '' AS organ_code,
        'revision' AS part,
        CAST(k.prior_value_now AS DECIMAL(38, 4)) - k.prior_value - coalesce(n.contribution, 0) AS contribution
    FROM compared AS k
    LEFT JOIN named AS n USING (concept_code, report_year, slice_kind, slice_code, form_code)
    WHERE k.prior_release_id IS NOT NULL
)

SELECT
    concept_code,
    report_year,
    slice_kind,
    slice_code,
    form_code,
    organ_code,
    part,
    CAST(contribution AS DECIMAL(38, 4)) AS contribution
FROM contribution
WHERE contribution <> 0
ORDER BY concept_code, report_year, slice_kind, slice_code, form_code, organ_code, part
