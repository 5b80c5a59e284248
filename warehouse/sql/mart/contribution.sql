-- grain: row of mart.year_over_year that has a change, organ and part of the change, zeros left out. The contributions
-- of a row add up exactly to its change:
--   matched   organ in both years: its figure less its official one of the year before
--   entered   organ in this year only: its figure; a successor too, whose predecessors have left
--   left      organ in the year before only: its official figure, negative
--   revision  the organ's official figure of the year before less the released one; organ_code '' has what organs brought
--             or took along that the register has since put into or out of the slice
-- In a year are the organs with an official submission; one with nothing to report is in it with zero.
WITH compared AS (
    SELECT * FROM mart.year_over_year WHERE change IS NOT NULL
),

released AS (
    SELECT * FROM stage.release_cell WHERE release_id IN (SELECT prior_release_id FROM compared)
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
        s.report_year,
        s.slice_kind,
        s.slice_code,
        s.indicator_code,
        s.applicant_kind,
        s.measure,
        s.form_code,
        s.prior_form_code,
        s.prior_release_id,
        s.figure_year,
        s.figure_form,
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
        CASE WHEN m.figure_year = m.report_year THEN coalesce(c.value, c.derived_value) ELSE 0 END AS value,
        CASE WHEN m.figure_year < m.report_year THEN coalesce(c.value, c.derived_value) ELSE 0 END AS prior_now,
        CAST(0 AS DECIMAL(18, 4)) AS prior_released
    FROM member AS m
    JOIN core.official_cell AS c
        ON c.submission_id = m.submission_id
        AND c.indicator_code = m.indicator_code
        AND c.applicant_kind = m.applicant_kind
        AND c.measure = m.measure
    WHERE coalesce(c.value, c.derived_value) <> 0
    UNION ALL
    SELECT m.*, 0, 0, coalesce(c.value, c.derived_value)
    FROM member AS m
    JOIN released AS c
        ON c.release_id = m.prior_release_id
        AND c.organ_code = m.organ_code
        AND c.report_year = m.figure_year
        AND c.form_code = m.figure_form
        AND c.indicator_code = m.indicator_code
        AND c.applicant_kind = m.applicant_kind
        AND c.measure = m.measure
    WHERE m.figure_year < m.report_year AND coalesce(c.value, c.derived_value) <> 0
),

organ_figure AS (
    SELECT
        report_year,
        slice_kind,
        slice_code,
        indicator_code,
        applicant_kind,
        measure,
        form_code,
        prior_form_code,
        organ_code,
        sum(value) AS value,
        sum(prior_now) AS prior_now,
        sum(prior_released) AS prior_released
    FROM figure
    GROUP BY
        report_year,
        slice_kind,
        slice_code,
        indicator_code,
        applicant_kind,
        measure,
        form_code,
        prior_form_code,
        organ_code
),

part AS (
    SELECT
        f.report_year,
        f.slice_kind,
        f.slice_code,
        f.indicator_code,
        f.applicant_kind,
        f.measure,
        f.organ_code,
        CASE
            WHEN cur.submission_id IS NULL THEN 'left'
            WHEN prior.submission_id IS NULL THEN 'entered'
            ELSE 'matched'
        END AS part,
        f.value - f.prior_now AS contribution
    FROM organ_figure AS f
    LEFT JOIN mart.slice_organ AS cur
        ON cur.report_year = f.report_year
        AND cur.slice_kind = f.slice_kind
        AND cur.slice_code = f.slice_code
        AND cur.form_code = f.form_code
        AND cur.organ_code = f.organ_code
    LEFT JOIN mart.slice_organ AS prior
        ON prior.report_year = f.report_year - 1
        AND prior.slice_kind = f.slice_kind
        AND prior.slice_code = f.slice_code
        AND prior.form_code = f.prior_form_code
        AND prior.organ_code = f.organ_code
),

revision AS (
    SELECT
        f.report_year,
        f.slice_kind,
        f.slice_code,
        f.indicator_code,
        f.applicant_kind,
        f.measure,
        f.organ_code,
        f.prior_now - f.prior_released AS contribution
    FROM organ_figure AS f
    JOIN compared AS k USING (report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure)
    WHERE k.prior_release_id IS NOT NULL
),

named AS (
    SELECT
        report_year,
        slice_kind,
        slice_code,
        indicator_code,
        applicant_kind,
        measure,
        sum(contribution) AS contribution
    FROM revision
    GROUP BY report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure
),

contribution AS (
    SELECT * FROM part
    UNION ALL
    SELECT
        report_year,
        slice_kind,
        slice_code,
        indicator_code,
        applicant_kind,
        measure,
        organ_code,
        'revision' AS part,
        contribution
    FROM revision
    UNION ALL
    SELECT
        k.report_year,
        k.slice_kind,
        k.slice_code,
        k.indicator_code,
        k.applicant_kind,
        k.measure,
        '' AS organ_code,
        'revision' AS part,
        CAST(k.prior_value_now AS DECIMAL(38, 4)) - k.prior_value - coalesce(n.contribution, 0) AS contribution
    FROM compared AS k
    LEFT JOIN named AS n USING (report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure)
    WHERE k.prior_release_id IS NOT NULL
)

SELECT
    report_year,
    slice_kind,
    slice_code,
    indicator_code,
    applicant_kind,
    measure,
    organ_code,
    part,
    CAST(contribution AS DECIMAL(38, 4)) AS contribution
FROM contribution
WHERE contribution <> 0
ORDER BY report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure, organ_code, part
