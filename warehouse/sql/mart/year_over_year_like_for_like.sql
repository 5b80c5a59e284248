-- grain: row of mart.year_over_year of class A or B: the same organs in both years, both years as official now. Whoever
-- took over an organ is compared with the sum of its own figures and its predecessors', wherever they then counted, by
-- the shares that the register states (stage.succession); an organ that was moved takes its year before along. An organ
-- that gave or took a part that is not stated, lacks its own or a predecessor's report of either year, or has a blank on
-- either side is left out and counted in organs_excluded; nothing is divided by guess. The change stands also where a total is incomplete: it is
-- that of the organs_in_panel, and a note says so.
WITH member AS (
    SELECT * FROM mart.slice_organ WHERE used_as IN ('summed', 'nil', 'missing')
),

leaf AS (
    SELECT report_year, form_code, organ_code, submission_id, used_as = 'nil' AS is_nil
    FROM member
    WHERE slice_kind = 'city'
),

compared AS (
    SELECT
        report_year,
        slice_kind,
        slice_code,
        indicator_code,
        applicant_kind,
        measure,
        form_code,
        prior_form_code,
        comparability
    FROM mart.year_over_year
    WHERE comparability IN ('A', 'B')
),

cell AS (
    SELECT DISTINCT report_year, form_code, prior_form_code, indicator_code, applicant_kind, measure FROM compared
),

column_pair AS (
    SELECT DISTINCT report_year, form_code, prior_form_code, measure FROM compared
),

target AS (
    SELECT p.report_year, p.form_code, p.prior_form_code, p.measure, l.organ_code, l.submission_id, l.is_nil
    FROM column_pair AS p
    JOIN leaf AS l ON l.report_year = p.report_year AND l.form_code = p.form_code
),

given AS (
    SELECT report_year, measure, organ_code, coalesce(sum(share), 0) AS share, count(*) - count(share) AS unstated
    FROM stage.succession
    GROUP BY report_year, measure, organ_code
),

-- whose figures of the year before are the organ's: its own, but for what it gave away, and its predecessors'
source AS (
    SELECT
        t.report_year,
        t.form_code,
        t.prior_form_code,
        t.measure,
        t.organ_code,
        t.submission_id IS NULL AS is_missing,
        s.organ_code AS source_code,
        s.submission_id,
        s.is_nil,
        CAST(1 - coalesce(g.share, 0) AS DECIMAL(18, 8)) AS share,
        coalesce(g.unstated, 0) > 0 AS is_unstated
    FROM target AS t
    JOIN leaf AS s
        ON s.report_year = t.report_year - 1
        AND s.form_code = t.prior_form_code
        AND s.organ_code = t.organ_code
    LEFT JOIN given AS g
        ON g.report_year = t.report_year AND g.measure = t.measure AND g.organ_code = t.organ_code
    WHERE coalesce(g.share, 0) < 1
    UNION ALL
    SELECT
        t.report_year,
        t.form_code,
        t.prior_form_code,
        t.measure,
        t.organ_code,
        t.submission_id IS NULL AS is_missing,
        u.organ_code AS source_code,
        s.submission_id,
        s.is_nil,
        u.share,
        u.share IS NULL AS is_unstated
    FROM target AS t
    JOIN stage.succession AS u
        ON u.report_year = t.report_year AND u.measure = t.measure AND u.successor_code = t.organ_code
    LEFT JOIN leaf AS s
        ON s.report_year = t.report_year - 1
        AND s.form_code = t.prior_form_code
        AND s.organ_code = u.organ_code
),

traced AS (
    SELECT
        report_year,
        form_code,
        prior_form_code,
        measure,
        organ_code,
        count(*) FILTER (submission_id IS NULL OR is_unstated OR is_missing) = 0 AS is_known
    FROM source
    GROUP BY report_year, form_code, prior_form_code, measure, organ_code
),

prior_figure AS (
    SELECT
        k.report_year,
        k.form_code,
        k.prior_form_code,
        k.indicator_code,
        k.applicant_kind,
        k.measure,
        s.organ_code,
        -- wide enough for the product
        sum(s.share * CAST(CASE WHEN s.is_nil THEN 0 ELSE coalesce(c.value, c.derived_value) END AS DECIMAL(26, 4))) AS value,
        count(*) FILTER (NOT s.is_nil AND c.value IS NULL AND c.derived_value IS NULL) AS blanks
    FROM cell AS k
    JOIN traced AS d
        ON d.report_year = k.report_year
        AND d.form_code = k.form_code
        AND d.prior_form_code = k.prior_form_code
        AND d.measure = k.measure
        AND d.is_known
    JOIN source AS s
        ON s.report_year = d.report_year
        AND s.form_code = d.form_code
        AND s.prior_form_code = d.prior_form_code
        AND s.measure = d.measure
        AND s.organ_code = d.organ_code
    LEFT JOIN core.official_cell AS c
        ON c.submission_id = s.submission_id
        AND c.indicator_code = k.indicator_code
        AND c.applicant_kind = k.applicant_kind
        AND c.measure = k.measure
    GROUP BY
        k.report_year, k.form_code, k.prior_form_code, k.indicator_code, k.applicant_kind, k.measure, s.organ_code
),

panel AS (
    SELECT p.*, CASE WHEN t.is_nil THEN 0 ELSE coalesce(c.value, c.derived_value) END AS current_value
    FROM prior_figure AS p
    JOIN target AS t
        ON t.report_year = p.report_year
        AND t.form_code = p.form_code
        AND t.prior_form_code = p.prior_form_code
        AND t.measure = p.measure
        AND t.organ_code = p.organ_code
    LEFT JOIN core.official_cell AS c
        ON c.submission_id = t.submission_id
        AND c.indicator_code = p.indicator_code
        AND c.applicant_kind = p.applicant_kind
        AND c.measure = p.measure
    WHERE p.blanks = 0 AND (t.is_nil OR coalesce(c.value, c.derived_value) IS NOT NULL)
),

total AS (
    SELECT
        m.report_year,
        m.slice_kind,
        m.slice_code,
        p.form_code,
        p.prior_form_code,
        p.indicator_code,
        p.applicant_kind,
        p.measure,
        sum(p.current_value) AS value,
        sum(p.value) AS prior_value,
        count(*) AS organs
    FROM panel AS p
    JOIN member AS m
        ON m.report_year = p.report_year AND m.form_code = p.form_code AND m.organ_code = p.organ_code
    GROUP BY
        m.report_year,
        m.slice_kind,
        m.slice_code,
        p.form_code,
        p.prior_form_code,
        p.indicator_code,
        p.applicant_kind,
        p.measure
),

-- whoever of the slice has a year before, and who is new: nobody's figures of the year before are its own
filed AS (
    SELECT
        m.report_year,
        m.slice_kind,
        m.slice_code,
        t.form_code,
        t.prior_form_code,
        t.measure,
        count(d.organ_code) AS traced,
        count(*) FILTER (d.organ_code IS NULL AND t.submission_id IS NOT NULL) AS entered
    FROM target AS t
    JOIN member AS m
        ON m.report_year = t.report_year AND m.form_code = t.form_code AND m.organ_code = t.organ_code
    LEFT JOIN traced AS d
        ON d.report_year = t.report_year
        AND d.form_code = t.form_code
        AND d.prior_form_code = t.prior_form_code
        AND d.measure = t.measure
        AND d.organ_code = t.organ_code
    GROUP BY m.report_year, m.slice_kind, m.slice_code, t.form_code, t.prior_form_code, t.measure
),

-- and who has left it: no part of its figures is with an organ of the slice
stayed AS (
    SELECT DISTINCT
        m.report_year, m.slice_kind, m.slice_code, s.form_code, s.prior_form_code, s.measure, s.source_code
    FROM source AS s
    JOIN member AS m
        ON m.report_year = s.report_year AND m.form_code = s.form_code AND m.organ_code = s.organ_code
),

gone AS (
    SELECT
        p.report_year, m.slice_kind, m.slice_code, p.form_code, p.prior_form_code, p.measure, count(*) AS organs
    FROM column_pair AS p
    JOIN member AS m
        ON m.report_year = p.report_year - 1 AND m.form_code = p.prior_form_code AND m.submission_id IS NOT NULL
    LEFT JOIN stayed AS s
        ON s.report_year = p.report_year
        AND s.slice_kind = m.slice_kind
        AND s.slice_code = m.slice_code
        AND s.form_code = p.form_code
        AND s.prior_form_code = p.prior_form_code
        AND s.measure = p.measure
        AND s.source_code = m.organ_code
    WHERE s.source_code IS NULL
    GROUP BY p.report_year, m.slice_kind, m.slice_code, p.form_code, p.prior_form_code, p.measure
),

-- the same words about an incomplete total as in mart.year_over_year
missing AS (
    SELECT DISTINCT report_year, slice_kind, slice_code, form_code, organs_missing AS organs
    FROM mart.city_rollup
    WHERE NOT is_complete
),

joined AS (
    SELECT
        k.*,
        TRY_CAST(t.value AS DECIMAL(18, 4)) AS value,
        TRY_CAST(round(t.prior_value, 4) AS DECIMAL(18, 4)) AS prior_value,
        coalesce(t.organs, 0) AS organs_in_panel,
        coalesce(n.entered, 0) AS organs_entered,
        coalesce(g.organs, 0) AS organs_left,
        coalesce(n.traced, 0) - coalesce(t.organs, 0) AS organs_excluded,
        coalesce(c.organs, 0) AS missing,
        coalesce(b.organs, 0) AS prior_missing
    FROM compared AS k
    LEFT JOIN total AS t
        USING (
            report_year, slice_kind, slice_code, form_code, prior_form_code, indicator_code, applicant_kind, measure
        )
    LEFT JOIN filed AS n USING (report_year, slice_kind, slice_code, form_code, prior_form_code, measure)
    LEFT JOIN gone AS g USING (report_year, slice_kind, slice_code, form_code, prior_form_code, measure)
    LEFT JOIN missing AS c USING (report_year, slice_kind, slice_code, form_code)
    LEFT JOIN missing AS b
        ON b.report_year = k.report_year - 1
        AND b.slice_kind = k.slice_kind
        AND b.slice_code = k.slice_code
        AND b.form_code = k.prior_form_code
),

changed AS (
    SELECT
        j.*,
        t.limit_value AS smallest_base,
        TRY_CAST(CAST(j.value AS DECIMAL(38, 4)) - j.prior_value AS DECIMAL(18, 4)) AS change,
        CASE
            WHEN j.prior_value <> 0 AND abs(j.prior_value) >= t.limit_value
                THEN TRY_CAST(
                    round(100 * CAST(CAST(j.value AS DECIMAL(38, 4)) - j.prior_value AS DOUBLE) / CAST(j.prior_value AS DOUBLE), 4)
                    AS DECIMAL(18, 4)
                )
        END AS change_pct
    FROM joined AS j
    JOIN stage.threshold AS t ON t.threshold_code = 'smallest_base'
)

SELECT
    report_year,
    slice_kind,
    slice_code,
    indicator_code,
    applicant_kind,
    measure,
    form_code,
    prior_form_code,
    value,
    prior_value,
    change,
    CASE WHEN change IS NOT NULL THEN change_pct END AS change_pct,
    comparability,
    CAST(organs_in_panel AS INTEGER) AS organs_in_panel,
    CAST(organs_entered AS INTEGER) AS organs_entered,
    CAST(organs_left AS INTEGER) AS organs_left,
    CAST(organs_excluded AS INTEGER) AS organs_excluded,
    CASE
        WHEN organs_in_panel = 0 THEN '没有两年可比的机构，不计算同比'
        WHEN change IS NULL THEN '数值过大，不计算同比'
        WHEN prior_value = 0 THEN '上年为零，不计算百分比'
        WHEN abs(prior_value) < smallest_base
            THEN '上年基数过小（' || regexp_replace(CAST(prior_value AS VARCHAR), '\.?0+$', '') || '），不计算百分比'
        WHEN change_pct IS NULL THEN '百分比过大，不计算百分比'
        WHEN missing > 0
            THEN '本年合计不完整，缺' || CAST(missing AS VARCHAR) || '家，只比较两年可比的'
                || CAST(organs_in_panel AS VARCHAR) || '家'
        WHEN prior_missing > 0
            THEN '上年合计不完整，缺' || CAST(prior_missing AS VARCHAR) || '家，只比较两年可比的'
                || CAST(organs_in_panel AS VARCHAR) || '家'
        ELSE ''
    END AS note
FROM changed
ORDER BY report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure
