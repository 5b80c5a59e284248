-- grain: family of figures, year, slice and form: the family's total across editions, and the step from the year before.
-- Of several forms of the year before the same one is taken, else the best comparable; a pair of editions that the
-- crosswalk does not name is class D. prior_value is as last released (mart.comparison_base), or as official now where it
-- was not. A change needs two complete totals without a blank and class A or B; of C both levels stand side by side, and D
-- ends the line.
WITH coverage AS (
    SELECT DISTINCT report_year, slice_kind, slice_code, form_code, is_complete, organs_missing FROM mart.city_rollup
),

level AS (
    SELECT
        f.concept_code,
        m.report_year,
        m.slice_kind,
        m.slice_code,
        m.form_code,
        TRY_CAST(sum(o.value) AS DECIMAL(18, 4)) AS value,
        v.organs_missing,
        v.is_complete,
        count(o.submission_id) - count(o.value) AS organs_blank
    FROM mart.slice_organ AS m
    JOIN coverage AS v
        ON v.report_year = m.report_year
        AND v.slice_kind = m.slice_kind
        AND v.slice_code = m.slice_code
        AND v.form_code = m.form_code
    JOIN (SELECT DISTINCT concept_code, form_code FROM stage.concept_term) AS f ON f.form_code = m.form_code
    LEFT JOIN mart.concept_organ AS o ON o.concept_code = f.concept_code AND o.submission_id = m.submission_id
    GROUP BY
        f.concept_code, m.report_year, m.slice_kind, m.slice_code, m.form_code, v.organs_missing, v.is_complete
),

candidate AS (
    SELECT
        cur.concept_code,
        cur.report_year,
        cur.slice_kind,
        cur.slice_code,
        cur.form_code,
        prior.form_code AS prior_form_code,
        prior.value AS prior_value_now,
        prior.is_complete AS prior_is_complete,
        prior.organs_missing AS prior_missing,
        prior.organs_blank AS prior_blank,
        CASE WHEN prior.form_code = cur.form_code THEN 'A' ELSE coalesce(s.comparability, 'D') END AS class,
        coalesce(s.remark, '') AS remark
    FROM level AS cur
    JOIN level AS prior
        ON prior.concept_code = cur.concept_code
        AND prior.report_year = cur.report_year - 1
        AND prior.slice_kind = cur.slice_kind
        AND prior.slice_code = cur.slice_code
    LEFT JOIN stage.concept_step AS s
        ON s.concept_code = cur.concept_code AND s.from_form = prior.form_code AND s.to_form = cur.form_code
),

step AS (
    SELECT
        candidate.*,
        row_number() OVER (
            PARTITION BY concept_code, report_year, slice_kind, slice_code, form_code
            ORDER BY class ASC, CASE WHEN prior_form_code = form_code THEN 0 ELSE 1 END ASC, prior_form_code ASC
        ) AS place
    FROM candidate
),

released AS (
    SELECT
        s.concept_code,
        s.report_year,
        s.slice_kind,
        s.slice_code,
        s.form_code,
        b.prior_release_id AS release_id,
        sum(r.value) AS value,
        count(*) - count(r.value) AS unknown
    FROM step AS s
    JOIN mart.comparison_base AS b
        ON b.report_year = s.report_year
        AND b.slice_kind = s.slice_kind
        AND b.slice_code = s.slice_code
        AND b.form_code = s.form_code
        AND b.prior_form_code = s.prior_form_code
    JOIN stage.concept_term AS t ON t.concept_code = s.concept_code AND t.form_code = s.prior_form_code
    JOIN stage.release_rollup AS r
        ON r.release_id = b.prior_release_id
        AND r.report_year = s.report_year - 1
        AND r.slice_kind = s.slice_kind
        AND r.slice_code = s.slice_code
        AND r.form_code = t.form_code
        AND r.indicator_code = t.indicator_code
        AND r.applicant_kind = t.applicant_kind
        AND r.measure = 'annual'
    WHERE s.place = 1
    GROUP BY s.concept_code, s.report_year, s.slice_kind, s.slice_code, s.form_code, b.prior_release_id
),

-- a sum with a blank in it is no base
released_blank AS (
    SELECT DISTINCT s.concept_code, s.report_year, s.slice_kind, s.slice_code, s.form_code
    FROM step AS s
    JOIN released AS b USING (concept_code, report_year, slice_kind, slice_code, form_code)
    JOIN mart.slice_organ AS m
        ON m.report_year = s.report_year - 1
        AND m.slice_kind = s.slice_kind
        AND m.slice_code = s.slice_code
        AND m.form_code = s.prior_form_code
        AND m.used_as IN ('summed', 'nil', 'missing')
    JOIN stage.concept_term AS t ON t.concept_code = s.concept_code AND t.form_code = s.prior_form_code
    JOIN stage.release_cell AS c
        ON c.release_id = b.release_id
        AND c.organ_code = m.organ_code
        AND c.report_year = m.report_year
        AND c.form_code = m.form_code
        AND c.indicator_code = t.indicator_code
        AND c.applicant_kind = t.applicant_kind
        AND c.measure = 'annual'
    WHERE s.place = 1 AND c.value IS NULL AND c.derived_value IS NULL AND c.value_state <> 'not_applicable'
),

based AS (
    SELECT r.concept_code, r.report_year, r.slice_kind, r.slice_code, r.form_code, r.release_id,
        TRY_CAST(r.value AS DECIMAL(18, 4)) AS value
    FROM released AS r
    LEFT JOIN released_blank AS k USING (concept_code, report_year, slice_kind, slice_code, form_code)
    WHERE r.unknown = 0 AND k.concept_code IS NULL AND TRY_CAST(r.value AS DECIMAL(18, 4)) IS NOT NULL
),

noted AS (
    SELECT
        l.*,
        s.prior_form_code,
        s.class,
        s.prior_value_now,
        coalesce(b.value, s.prior_value_now) AS prior_value,
        b.release_id AS prior_release_id,
        CASE
            WHEN s.concept_code IS NULL THEN '上年没有数据，不计算同比'
            WHEN s.class = 'C'
                THEN '上年表样不同，两年口径只可对照，不计算同比' || CASE WHEN s.remark <> '' THEN '：' ELSE '' END || s.remark
            WHEN s.class = 'D'
                THEN '上年表样不同，口径不可比，不计算同比' || CASE WHEN s.remark <> '' THEN '：' ELSE '' END || s.remark
            WHEN NOT l.is_complete
                THEN '本年合计不完整，缺' || CAST(l.organs_missing AS VARCHAR) || '家，不计算同比'
            WHEN NOT s.prior_is_complete
                THEN '上年合计不完整，缺' || CAST(s.prior_missing AS VARCHAR) || '家，不计算同比'
            WHEN l.organs_blank > 0
                THEN '本年有' || CAST(l.organs_blank AS VARCHAR) || '家有空白格，不计算同比'
            WHEN s.prior_blank > 0
                THEN '上年有' || CAST(s.prior_blank AS VARCHAR) || '家有空白格，不计算同比'
            WHEN l.value IS NULL THEN '本年没有数值，不计算同比'
            WHEN s.prior_value_now IS NULL THEN '上年没有数值，不计算同比'
            ELSE ''
        END AS reason
    FROM level AS l
    LEFT JOIN step AS s
        ON s.concept_code = l.concept_code
        AND s.report_year = l.report_year
        AND s.slice_kind = l.slice_kind
        AND s.slice_code = l.slice_code
        AND s.form_code = l.form_code
        AND s.place = 1
    LEFT JOIN based AS b
        ON b.concept_code = l.concept_code
        AND b.report_year = l.report_year
        AND b.slice_kind = l.slice_kind
        AND b.slice_code = l.slice_code
        AND b.form_code = l.form_code
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
    concept_code,
    report_year,
    slice_kind,
    slice_code,
    form_code,
    value,
    class AS comparability,
    prior_form_code,
    CASE WHEN class <> 'D' THEN prior_value END AS prior_value,
    CASE WHEN class <> 'D' THEN prior_value_now END AS prior_value_now,
    change,
    CASE WHEN change IS NOT NULL THEN change_pct END AS change_pct,
    is_complete,
    CASE
        WHEN reason <> '' THEN reason
        WHEN change IS NULL THEN '增减过大，不计算同比'
        WHEN prior_value = 0 THEN '上年为零，不计算百分比'
        WHEN abs(prior_value) < smallest_base
            THEN '上年基数过小（' || regexp_replace(CAST(prior_value AS VARCHAR), '\.?0+$', '') || '），不计算百分比'
        WHEN change_pct IS NULL THEN '百分比过大，不计算百分比'
        ELSE ''
    END AS note,
    CASE WHEN class <> 'D' THEN prior_release_id END AS prior_release_id
FROM changed
ORDER BY concept_code, report_year, slice_kind, slice_code, form_code
