-- grain: year, slice, form and cell: the sum over the official `own` submissions of the organs that must file, or a
-- district's consolidated one in their place where the register says so; the others are compared with it, never added
-- (mart.rollup_source tells of every organ). A slice that such a report cannot be divided into is incomplete. A blank
-- is no zero: it adds nothing and is counted, apart from what does not apply; an organ that states "nothing to report"
-- adds zero. Prose figures and codes that no variant of the edition prints are not summed. A sum beyond the 14 digits of a
-- value is NULL. coverage_volume: of the year before's figures of the same cell (or of a comparable one, class A or B, of
-- the edition before), the part whose organs are in this year, or those that took it over (stage.succession); a member
-- is in by the district's report that replaces it, and NULL stands where such a report is not divided.
WITH counted AS (
    SELECT
        s.report_year,
        s.slice_kind,
        s.slice_code,
        s.form_code,
        CAST(count(*) FILTER (s.used_as <> 'not_required') AS INTEGER) AS organs_expected,
        CAST(count(*) FILTER (s.used_as = 'summed') AS INTEGER) AS organs_reported,
        CAST(count(*) FILTER (s.used_as = 'nil') AS INTEGER) AS organs_nil,
        CAST(count(*) FILTER (s.used_as IN ('missing', 'undivided')) AS INTEGER) AS organs_missing,
        CAST(count(*) FILTER (s.used_as = 'not_required') AS INTEGER) AS organs_not_required,
        count(*) FILTER (s.gates_total) AS gating,
        count(*) FILTER (s.gates_total AND s.used_as IN ('summed', 'nil')) AS gating_in,
        count(*) FILTER (s.used_as = 'undivided') AS undivided
    FROM mart.slice_organ AS s
    GROUP BY s.report_year, s.slice_kind, s.slice_code, s.form_code
),

coverage AS (
    SELECT
        c.*,
        coalesce(g.min_coverage, 1) AS min_coverage,
        c.gating_in >= coalesce(g.min_coverage, 1) * c.gating AND c.undivided = 0 AS is_complete
    FROM counted AS c
    LEFT JOIN stage.gate AS g ON g.report_year = c.report_year AND g.form_code = c.form_code
    WHERE c.organs_expected > 0
),

figure AS (
    SELECT c.*, coalesce(c.value, c.derived_value) AS counts
    FROM core.official_cell AS c
    JOIN stage.form_cell AS f
        ON f.form_code = c.form_code
        AND f.indicator_code = c.indicator_code
        AND f.applicant_kind = c.applicant_kind
        AND f.measure = c.measure
),

total AS (
    SELECT
        s.report_year,
        s.slice_kind,
        s.slice_code,
        s.form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        sum(c.counts) AS value,
        CAST(count(c.value) AS INTEGER) AS cells_reported,
        CAST(count(*) FILTER (c.value = 0) AS INTEGER) AS cells_zero,
        CAST(count(*) FILTER (c.value IS NULL AND c.derived_value IS NOT NULL) AS INTEGER) AS cells_derived,
        CAST(count(*) FILTER (c.counts IS NULL AND c.value_state <> 'not_applicable') AS INTEGER) AS cells_blank,
        CAST(count(*) FILTER (c.counts IS NULL AND c.value_state = 'not_applicable') AS INTEGER) AS cells_not_applicable
    FROM mart.slice_organ AS s
    JOIN figure AS c ON c.submission_id = s.submission_id
    WHERE s.used_as = 'summed'
    GROUP BY s.report_year, s.slice_kind, s.slice_code, s.form_code, c.indicator_code, c.applicant_kind, c.measure
),

-- who is in a year's totals, with a submission or by one that stands for it
present AS (
    SELECT report_year, form_code, organ_code FROM mart.slice_organ WHERE slice_kind = 'city' AND submission_id IS NOT NULL
    UNION
    SELECT m.report_year, m.form_code, m.organ_code
    FROM mart.rollup_source AS m
    JOIN mart.slice_organ AS d
        ON d.report_year = m.report_year
        AND d.form_code = m.form_code
        AND d.slice_kind = 'city'
        AND d.organ_code = m.district_code
        AND d.submission_id IS NOT NULL
    WHERE m.used_as = 'replaced'
    UNION
    -- a district that is summed by its members, all of them
    SELECT report_year, form_code, slice_code
    FROM coverage
    WHERE slice_kind = 'district' AND organs_missing = 0
),

-- whose the figures of the year before are now: what was handed on, and what was kept
heir AS (
    SELECT report_year, measure, organ_code, successor_code, share FROM stage.succession
    UNION ALL
    SELECT report_year, measure, organ_code, organ_code, CASE WHEN count(share) = count(*) THEN 1 - sum(share) END
    FROM stage.succession
    GROUP BY report_year, measure, organ_code
    HAVING count(share) < count(*) OR sum(share) < 1
),

collected AS (
    SELECT DISTINCT report_year, form_code FROM coverage
),

-- the part of them that is in; of a part that is not stated, if all are that may have some of it
handed_on AS (
    SELECT
        y.report_year,
        y.form_code,
        h.measure,
        h.organ_code,
        CAST(
            coalesce(sum(h.share) FILTER (p.organ_code IS NOT NULL), 0)
            + CASE
                WHEN count(*) FILTER (h.share IS NULL AND p.organ_code IS NULL) = 0 THEN 1 - coalesce(sum(h.share), 0)
                ELSE 0
            END
            AS DECIMAL(18, 8)
        ) AS part
    FROM collected AS y
    JOIN heir AS h ON h.report_year = y.report_year
    LEFT JOIN present AS p
        ON p.report_year = y.report_year AND p.form_code = y.form_code AND p.organ_code = h.successor_code
    GROUP BY y.report_year, y.form_code, h.measure, h.organ_code
),

volume AS (
    SELECT
        y.report_year,
        s.slice_kind,
        s.slice_code,
        y.form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        sum(c.counts) AS volume,
        -- wide enough for the product
        sum(CAST(c.counts AS DECIMAL(26, 4)) * coalesce(h.part, CASE WHEN p.organ_code IS NOT NULL THEN 1 ELSE 0 END))
            AS covered
    FROM mart.slice_organ AS s
    JOIN figure AS c ON c.submission_id = s.submission_id
    JOIN collected AS y ON y.report_year = s.report_year + 1
    LEFT JOIN stage.comparability AS b
        ON b.from_form = s.form_code AND b.to_form = y.form_code AND b.indicator_code = c.indicator_code
    LEFT JOIN handed_on AS h
        ON h.report_year = y.report_year
        AND h.form_code = y.form_code
        AND h.measure = c.measure
        AND h.organ_code = s.organ_code
    LEFT JOIN present AS p
        ON p.report_year = y.report_year AND p.form_code = y.form_code AND p.organ_code = s.organ_code
    WHERE s.used_as = 'summed' AND (y.form_code = s.form_code OR b.comparability IN ('A', 'B'))
    GROUP BY y.report_year, s.slice_kind, s.slice_code, y.form_code, c.indicator_code, c.applicant_kind, c.measure
),

-- every cell of the edition has a row, also where nobody has filed yet; a variant's own cells where somebody has
grid AS (
    SELECT v.report_year, v.slice_kind, v.slice_code, v.form_code, f.indicator_code, f.applicant_kind, f.measure
    FROM coverage AS v
    JOIN stage.form_cell AS f ON f.form_code = v.form_code AND f.is_prescribed
    UNION
    SELECT report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure FROM total
)

SELECT
    g.report_year,
    g.slice_kind,
    g.slice_code,
    g.form_code,
    g.indicator_code,
    g.applicant_kind,
    g.measure,
    TRY_CAST(coalesce(t.value, CASE WHEN v.organs_nil > 0 THEN 0 END) AS DECIMAL(18, 4)) AS value,
    v.organs_expected,
    v.organs_reported,
    v.organs_nil,
    v.organs_missing,
    v.organs_not_required,
    CAST(
        (v.organs_reported + v.organs_nil) / nullif(CAST(v.organs_expected AS DOUBLE), 0) AS DECIMAL(18, 4)
    ) AS coverage,
    CASE
        WHEN v.undivided = 0
            THEN TRY_CAST(CAST(w.covered AS DOUBLE) / nullif(CAST(w.volume AS DOUBLE), 0) AS DECIMAL(18, 4))
    END AS coverage_volume,
    CAST(v.min_coverage AS DECIMAL(18, 4)) AS min_coverage,
    v.is_complete,
    coalesce(t.cells_reported, 0) AS cells_reported,
    coalesce(t.cells_zero, 0) AS cells_zero,
    coalesce(t.cells_derived, 0) AS cells_derived,
    coalesce(t.cells_blank, 0) AS cells_blank,
    coalesce(t.cells_not_applicable, 0) AS cells_not_applicable
FROM grid AS g
JOIN coverage AS v USING (report_year, slice_kind, slice_code, form_code)
LEFT JOIN total AS t
    USING (report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure)
LEFT JOIN volume AS w
    USING (report_year, slice_kind, slice_code, form_code, indicator_code, applicant_kind, measure)
ORDER BY g.report_year, g.slice_kind, g.slice_code, g.form_code, g.indicator_code, g.applicant_kind, g.measure
