-- grain: year, slice and cell, compared with the same cell of the year before.
-- A change needs two complete totals without a blank and of comparable meaning, a percentage a base that is not zero and no more digits than
-- a value has; else a note says why.
WITH pair AS (
    SELECT
        cur.*,
        prior.form_code AS prior_form,
        prior.value AS prior_value,
        prior.is_complete AS prior_is_complete,
        prior.organs_missing AS prior_missing,
        prior.cells_blank AS prior_blank,
        CASE WHEN prior.form_code = cur.form_code THEN 'A' ELSE coalesce(b.comparability, 'D') END AS class
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
),

-- years in which the slice was collected at all: tells a break between editions from a year that is not on file
collected AS (
    SELECT DISTINCT report_year, slice_kind, slice_code FROM mart.city_rollup
),

noted AS (
    SELECT
        p.*,
        CASE
            WHEN p.prior_form IS NULL AND c.report_year IS NULL THEN '上年没有数据，不计算同比'
            WHEN p.prior_form IS NULL THEN '上年的表样没有这一项，口径不同，不计算同比'
            WHEN p.class IN ('C', 'D') THEN '上年表样不同，口径不可比，不计算同比'
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
            WHEN p.prior_value IS NULL THEN '上年没有数值，不计算同比'
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
        CASE WHEN n.reason = '' THEN TRY_CAST(n.value - n.prior_value AS DECIMAL(18, 4)) END AS change,
        CASE
            WHEN n.reason = '' AND n.prior_value <> 0
                THEN TRY_CAST(
                    round(100 * CAST(n.value - n.prior_value AS DOUBLE) / CAST(n.prior_value AS DOUBLE), 4)
                    AS DECIMAL(18, 4)
                )
        END AS change_pct
    FROM noted AS n
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
    CASE WHEN class IN ('A', 'B') THEN prior_value END AS prior_value,
    change,
    change_pct,
    CASE WHEN prior_form IS NOT NULL THEN class END AS comparability,
    CASE
        WHEN reason <> '' THEN reason
        WHEN prior_value = 0 THEN '上年为零，不计算百分比'
        WHEN change_pct IS NULL THEN '百分比过大，不计算百分比'
        ELSE ''
    END AS note
FROM changed
ORDER BY report_year, slice_kind, slice_code, indicator_code, applicant_kind, measure
