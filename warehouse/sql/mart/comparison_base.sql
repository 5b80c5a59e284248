-- grain: year, slice, form and form of the year before: the release that published the earlier total last before the
-- later year's first figures were released. Only a complete total has been published as one; no row where there is no
-- such release, or the later year has no figures yet. So a night without news leaves every row as it was.
WITH filed AS (
    SELECT DISTINCT report_year, slice_kind, slice_code, form_code
    FROM mart.slice_organ
    WHERE submission_id IS NOT NULL
),

released AS (
    SELECT DISTINCT
        n.night,
        r.release_id,
        r.report_year,
        r.slice_kind,
        r.slice_code,
        r.form_code,
        r.is_complete
    FROM stage.release_rollup AS r
    JOIN stage.release AS n ON n.release_id = r.release_id
    WHERE r.organs_reported + r.organs_nil > 0
),

appeared AS (
    SELECT report_year, slice_kind, slice_code, form_code, min(night) AS night
    FROM released
    GROUP BY report_year, slice_kind, slice_code, form_code
),

earlier AS (
    SELECT
        f.report_year,
        f.slice_kind,
        f.slice_code,
        f.form_code,
        r.form_code AS prior_form_code,
        r.release_id,
        row_number() OVER (
            PARTITION BY f.report_year, f.slice_kind, f.slice_code, f.form_code, r.form_code
            ORDER BY r.night DESC
        ) AS recency
    FROM filed AS f
    JOIN released AS r
        ON r.report_year = f.report_year - 1
        AND r.slice_kind = f.slice_kind
        AND r.slice_code = f.slice_code
        AND r.is_complete
    LEFT JOIN appeared AS a
        ON a.report_year = f.report_year
        AND a.slice_kind = f.slice_kind
        AND a.slice_code = f.slice_code
        AND a.form_code = f.form_code
    WHERE a.night IS NULL OR r.night < a.night
)

SELECT report_year, slice_kind, slice_code, form_code, prior_form_code, release_id AS prior_release_id
FROM earlier
WHERE recency = 1
ORDER BY report_year, slice_kind, slice_code, form_code, prior_form_code
