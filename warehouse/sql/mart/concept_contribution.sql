-- grain: row of mart.concept_series that has a change, organ and part of the change, zeros left out. The contributions of
-- a row add up exactly to its change; matched, entered, left and revision are as in mart.contribution.
-- definition is what the new edition counts otherwise: known only for an organ that filed the new edition for the year
-- before as well - its figure there in the new edition less the one in the old - and then taken out of matched. Of all
-- other organs nobody knows it, and their matched part contains it.
WITH compared AS (
    SELECT * FROM mart.concept_series WHERE change IS NOT NULL
),

figure AS (
    SELECT
        k.concept_code,
        k.report_year,
        k.slice_kind,
        k.slice_code,
        k.form_code,
        m.organ_code,
        coalesce(o.value, 0) AS value,
        CAST(0 AS DECIMAL(18, 4)) AS prior_now,
        CAST(0 AS DECIMAL(18, 4)) AS prior_released,
        1 AS is_current,
        0 AS is_prior
    FROM compared AS k
    JOIN mart.slice_organ AS m
        ON m.report_year = k.report_year
        AND m.slice_kind = k.slice_kind
        AND m.slice_code = k.slice_code
        AND m.form_code = k.form_code
        AND m.submission_id IS NOT NULL
    LEFT JOIN mart.concept_organ AS o ON o.concept_code = k.concept_code AND o.submission_id = m.submission_id
    UNION ALL
    SELECT
        k.concept_code,
        k.report_year,
        k.slice_kind,
        k.slice_code,
        k.form_code,
        m.organ_code,
        0,
        coalesce(o.value, 0),
        0,
        0,
        1
    FROM compared AS k
    JOIN mart.slice_organ AS m
        ON m.report_year = k.report_year - 1
        AND m.slice_kind = k.slice_kind
        AND m.slice_code = k.slice_code
        AND m.form_code = k.prior_form_code
        AND m.submission_id IS NOT NULL
    LEFT JOIN mart.concept_organ AS o ON o.concept_code = k.concept_code AND o.submission_id = m.submission_id
    UNION ALL
    SELECT
        k.concept_code,
        k.report_year,
        k.slice_kind,
        k.slice_code,
        k.form_code,
        m.organ_code,
        0,
        0,
        coalesce(c.value, c.derived_value),
        0,
        0
    FROM compared AS k
    JOIN mart.slice_organ AS m
        ON m.report_year = k.report_year - 1
        AND m.slice_kind = k.slice_kind
        AND m.slice_code = k.slice_code
        AND m.form_code = k.prior_form_code
    JOIN stage.concept_term AS t ON t.concept_code = k.concept_code AND t.form_code = k.prior_form_code
    JOIN stage.release_cell AS c
        ON c.release_id = k.prior_release_id
        AND c.organ_code = m.organ_code
        AND c.report_year = m.report_year
        AND c.form_code = m.form_code
        AND c.indicator_code = t.indicator_code
        AND c.applicant_kind = t.applicant_kind
        AND c.measure = 'annual'
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

-- redefined: the figure of the year before in the new edition, where the organ filed both
measured AS (
    SELECT f.*, k.prior_release_id, coalesce(d.value, f.prior_now) AS redefined
    FROM organ_figure AS f
    JOIN compared AS k USING (concept_code, report_year, slice_kind, slice_code, form_code)
    LEFT JOIN mart.concept_organ AS d
        ON d.concept_code = f.concept_code
        AND d.report_year = f.report_year - 1
        AND d.organ_code = f.organ_code
        AND d.form_code = f.form_code
        AND f.form_code <> k.prior_form_code
        AND f.is_current = 1
        AND f.is_prior = 1
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
