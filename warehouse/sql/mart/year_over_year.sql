-- grain: year, slice and cell, compared with the same cell of the year before as last released (mart.comparison_base), or
-- as official now where it was not.
-- A change needs two complete totals without a blank and of comparable meaning, a percentage a base that is not small and
-- no more digits than a value has; else a note says why. Of class C both levels are shown and no change.
WITH released AS (
    SELECT
        b.report_year,
        b.slice_kind,
        b.slice_code,
        b.form_code,
        b.prior_form_code,
        b.prior_release_id AS release_id,
        r.indicator_code,
        r.applicant_kind,
        r.measure,
        r.value
    FROM mart.comparison_base AS b
    JOIN stage.release_rollup AS r
        ON r.release_id = b.prior_release_id
        AND r.report_year = b.report_year - 1
        AND r.slice_kind = b.slice_kind
        AND r.slice_code = b.slice_code
        AND r.form_code = b.prior_form_code
    WHERE r.value IS NOT NULL
),

-- a sum with a blank in it is no base
released_blank AS (
    SELECT DISTINCT
        b.report_year,
        b.slice_kind,
        b.slice_code,
        b.form_code,
        b.prior_form_code,
        c.indicator_code,
        c.applicant_kind,
        c.measure
    FROM mart.comparison_base AS b
    JOIN mart.slice_organ AS m
        ON m.report_year = b.report_year - 1
        AND m.slice_kind = b.slice_kind
        AND m.slice_code = b.slice_code
        AND m.form_code = b.prior_form_code
        AND m.used_as IN ('summed', 'nil', 'missing')
    JOIN stage.release_cell AS c
        ON c.release_id = b.prior_release_id
        AND c.organ_code = m.organ_code
        AND c.report_year = m.report_year
        AND c.form_code = m.form_code
    WHERE c.value IS NULL AND c.derived_value IS NULL AND c.value_state <> 'not_applicable'
),

pair AS (
    SELECT
        cur.*,
        prior.form_code AS prior_form_code,
        prior.value AS prior_value_now,
        CASE WHEN k.report_year IS NULL THEN r.release_id END AS prior_release_id,
        CASE WHEN k.report_year IS NULL THEN coalesce(r.value, prior.value) ELSE prior.value END AS prior_value,
        prior.is_complete AS prior_is_complete,
        prior.organs_missing AS prior_missing,
        prior.cells_blank AS prior_blank,
        CASE WHEN prior.form_code = cur.form_code THEN 'A' ELSE coalesce(b.comparability, 'D') END AS class,
        coalesce(b.remark, '') AS remark
    FROM mart.city_rollup AS cur
    LEFT JOIN mart.city_rollup AS prior
        ON prior.report_year = cur.report_year - 1
        AND prior.slice_kind = cur.slice_kind
        AND prior.slice_code = cur.slice_code
        AND prior.indicator_code = cur.indicator_code
        AND prior.applicant_kind = cur.applicant_kind
        AND prior.measure = cur.measure
    LEFT JOIN stage.comparability AS b
        ON b.from_form = prior.form_code
        AND b.to_form = cur.form_code
        AND b.indicator_code = cur.indicator_code
    LEFT JOIN released AS r
        ON r.report_year = cur.report_year
        AND r.slice_kind = cur.slice_kind
        AND r.slice_code = cur.slice_code
        AND r.form_code = cur.form_code
        AND r.prior_form_code = prior.form_code
        AND r.indicator_code = cur.indicator_code
        AND r.applicant_kind = cur.applicant_kind
        AND r.measure = cur.measure
    LEFT JOIN released_blank AS k
        ON k.report_year = cur.report_year
        AND k.slice_kind = cur.slice_kind
        AND k.slice_code = cur.slice_code
        AND k.form_code = cur.form_code
        AND k.prior_form_code = prior.form_code
        AND k.indicator_code = cur.indicator_code
        AND k.applicant_kind = cur.applicant_kind
        AND k.measure = cur.measure
),

-- years in which the slice was collected at all: tells a break between editions from a year that is not on file
collected AS (
    SELECT DISTINCT report_year, slice_kind, slice_code FROM mart.city_rollup
),

noted AS (
    SELECT
        p.*,
        CASE
            WHEN p.prior_form_code IS NULL AND c.report_year IS NULL THEN '上年没有数据，不计算同比'
            WHEN p.prior_form_code IS NULL THEN '上年的表样没有这一项，口径不同，不计算同比'
            WHEN p.class = 'C'
                THEN '上年表样不同，两年口径只可对照，不计算同比' || CASE WHEN p.remark <> '' THEN '：' ELSE '' END || p.remark
            WHEN p.class = 'D'
                THEN '上年表样不同，口径不可比，不计算同比' || CASE WHEN p.remark <> '' THEN '：' ELSE '' END || p.remark
            WHEN NOT p.is_complete
                THEN '本年合计不完整，缺' || CAST(p.organs_missing AS VARCHAR) || '家，不计算同比'
            WHEN NOT p.prior_is_complete
                THEN '上年合计不完整，缺' || CAST(p.prior_missing AS VARCHAR) || '家，不计算同比'
            -- a blank is no zero: with one on either side the change would be the blank's as well
            WHEN p.cells_blank > 0
                THEN '本年有' || CAST(p.cells_blank AS VARCHAR) || '家该格空白，不计算同比'
            WHEN p.prior_blank > 0
                THEN '上年有' || CAST(p.prior_blank AS VARCHAR) || '家该格空白，不计算同比'
            WHEN p.value IS NULL THEN '本年没有数值，不计算同比'
            WHEN p.prior_value_now IS NULL THEN '上年没有数值，不计算同比'
            ELSE ''
        END AS reason
    FROM pair AS p
    LEFT JOIN collected AS c
        ON c.report_year = p.report_year - 1
        AND c.slice_kind = p.slice_kind
        AND c.slice_code = p.slice_code
),

changed AS (
    SELECT
        n.*,
        t.limit_value AS smallest_base,
        CASE WHEN n.reason = '' THEN TRY_CAST(CAST(n.value AS DECIMAL(38, 4)) - n.prior_value AS DECIMAL(18, 4)) END AS change,
        CASE
            WHEN n.reason = '' AND n.prior_value <> 0 AND abs(n.prior_value) >= t.limit_value
                THEN TRY_CAST(
                    round(100 * CAST(CAST(n.value AS DECIMAL(38, 4)) - n.prior_value AS DOUBLE) / CAST(n.prior_value AS DOUBLE), 4)
                    AS DECIMAL(18, 4)
                )
        END AS change_pct
    FROM noted AS n
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
    value,
    CASE WHEN class <> 'D' THEN prior_value END AS prior_value,
    CASE WHEN class <> 'D' THEN prior_value_now END AS prior_value_now,
    change,
    CASE WHEN change IS NOT NULL THEN change_pct END AS change_pct,
    CASE WHEN prior_form_code IS NOT NULL THEN class END AS comparability,
    CASE
        WHEN reason <> '' THEN reason
        WHEN change IS NULL THEN '增减过大，不计算同比'
        WHEN prior_value = 0 THEN '上年为零，不计算百分比'
        WHEN abs(prior_value) < smallest_base
            THEN '上年基数过小（' || regexp_replace(CAST(prior_value AS VARCHAR), '\.?0+$', '') || '），不计算百分比'
        WHEN change_pct IS NULL THEN '百分比过大，不计算百分比'
        ELSE ''
    END AS note,
    prior_form_code,
    CASE WHEN class <> 'D' THEN prior_release_id END AS prior_release_id
FROM changed
ORDER BY report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure
