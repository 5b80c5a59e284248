-- grain: organ, report year and kind of deduction for which it lost points, all its forms together
-- Only reports whose last day is over are looked at, never the city's own. One missed deadline is one deduction: what
-- lay held when it passed is held_at_deadline, what is still not there not_filed, all else days_late; none of them nor a
-- resubmission exists in a backfill year. Findings are those of the official report, or of the last one where none is;
-- an uncertain or waived one never counts. What is mended before the deadline leaves no trace, and neither does the
-- correction of a held report: only figures that had counted are resubmitted.
WITH owed AS (
    SELECT
        s.report_year,
        s.organ_code,
        s.form_code,
        f.short_title,
        s.status,
        s.due_on,
        s.days_late,
        s.received_at,
        s.mode = 'live' AS is_live
    FROM mart.submission_status AS s
    JOIN core.dim_form AS f ON f.form_code = s.form_code
    JOIN stage.build AS b ON s.due_on < CAST(b.built_at AS DATE)
    WHERE s.status <> 'not_due' AND s.basis <> 'published'
),

kind AS (
    SELECT o.report_year, d.*
    FROM (SELECT DISTINCT report_year FROM owed) AS o
    JOIN core.dim_deduction AS d
        ON o.report_year BETWEEN coalesce(d.valid_from_year, 0) AND coalesce(d.valid_to_year, 9999)
),

filed AS (
    SELECT
        o.*,
        c.submission_id,
        c.version,
        c.status AS verdict,
        c.is_official,
        c.received_at AS filed_at,
        c.repeats,
        c.differs_in_cells,
        s.receipt_no,
        s.is_nil,
        min(CASE WHEN c.status <> 'held' THEN c.version END)
            OVER (PARTITION BY c.report_year, c.organ_code, c.form_code) AS first_accepted,
        row_number() OVER (
            PARTITION BY c.report_year, c.organ_code, c.form_code
            ORDER BY CASE WHEN c.is_official THEN 0 ELSE 1 END, c.version DESC
        ) AS place
    FROM owed AS o
    JOIN core.submission_chain AS c
        ON c.report_year = o.report_year AND c.organ_code = o.organ_code AND c.form_code = o.form_code
    JOIN core.fct_submission AS s ON s.submission_id = c.submission_id
),

-- the last report that lay there when the deadline passed, where nothing was accepted by then
held AS (
    SELECT report_year, organ_code, form_code, short_title, due_on, filed_at, receipt_no
    FROM (
        SELECT
            filed.*,
            row_number() OVER (PARTITION BY report_year, organ_code, form_code ORDER BY version DESC) AS recency
        FROM filed
        WHERE is_live AND days_late > 0 AND verdict = 'held' AND CAST(filed_at AS DATE) <= due_on
    ) AS by_then
    WHERE recency = 1
),

-- an explanation in force is of the very values of its finding
explained AS (
    SELECT DISTINCT f.finding_id
    FROM core.fct_finding AS f
    JOIN core.fct_decision AS d
        ON d.organ_code = f.organ_code AND d.rule_id = f.rule_id AND d.scope = f.scope
        AND d.report_year IS NOT DISTINCT FROM f.report_year AND d.form_code IS NOT DISTINCT FROM f.form_code
        AND d.lhs IS NOT DISTINCT FROM f.lhs AND d.rhs IS NOT DISTINCT FROM f.rhs
        AND (f.lhs IS NOT NULL OR f.rhs IS NOT NULL OR d.message = f.message)
    WHERE d.decision = 'explain' AND d.effect = 'in_force'
),

-- what failed in the report that stands for the organ; of no submission are the rules on an organ and year, which speak
-- of its official report
finding AS (
    SELECT
        s.report_year,
        s.organ_code,
        s.is_official,
        s.receipt_no,
        f.finding_id,
        f.rule_id,
        f.severity,
        rtrim(f.message, '。') AS message,
        e.finding_id IS NOT NULL AS is_explained
    FROM (
        SELECT s.submission_id, f.finding_id
        FROM core.fct_finding AS f
        JOIN filed AS s ON s.submission_id = f.submission_id AND s.place = 1
        UNION ALL
        SELECT s.submission_id, f.finding_id
        FROM core.fct_finding AS f
        JOIN filed AS s
            ON s.organ_code = f.organ_code AND s.report_year = f.report_year AND s.form_code = f.form_code
            AND s.is_official
        WHERE f.submission_id IS NULL AND f.file_id IS NULL
    ) AS m
    JOIN core.fct_finding AS f ON f.finding_id = m.finding_id
    JOIN filed AS s ON s.submission_id = m.submission_id
    LEFT JOIN explained AS e ON e.finding_id = f.finding_id
    WHERE f.outcome = 'fail' AND f.state <> 'waived'
),

-- requests of the organ in other reports than the nil one: of the same year, or of a neighbouring one that carries over
shown AS (
    SELECT
        n.report_year,
        n.organ_code,
        n.receipt_no,
        n.short_title,
        t.short_title AS shown_in,
        c.report_year AS shown_of,
        c.value,
        c.label
    FROM filed AS n
    JOIN (
        SELECT
            organ_code,
            report_year,
            form_code,
            value,
            CASE concept_code
                WHEN 'requests_received' THEN '收到申请'
                WHEN 'requests_carried_in' THEN '上年结转'
                ELSE '结转下年度继续办理'
            END AS label,
            CASE concept_code
                WHEN 'requests_received' THEN 0 WHEN 'requests_carried_in' THEN -1 ELSE 1
            END AS of_years_later
        FROM mart.concept_organ
        WHERE concept_code IN ('requests_received', 'requests_carried_in', 'requests_carried_out')
        UNION ALL
        SELECT organ_code, report_year, form_code, value, '受理申请' AS label, 0 AS of_years_later
        FROM core.official_cell
        WHERE indicator_code = 'sup_req_accepted'
    ) AS c
        ON c.organ_code = n.organ_code AND c.report_year + c.of_years_later = n.report_year AND c.value > 0
    JOIN core.dim_form AS t ON t.form_code = c.form_code
    WHERE n.is_official AND n.is_nil
),

rated AS (
    SELECT
        o.report_year,
        o.organ_code,
        r.rate_code,
        r.numerator,
        r.denominator,
        r.rate,
        t.limit_value AS smallest_base,
        s.receipt_no
    FROM owed AS o
    JOIN mart.assessment_rate AS r
        ON r.report_year = o.report_year AND r.organ_code = o.organ_code AND r.form_code = o.form_code
    JOIN filed AS s
        ON s.report_year = o.report_year AND s.organ_code = o.organ_code AND s.form_code = o.form_code AND s.is_official
    JOIN stage.threshold AS t ON t.threshold_code = 'smallest_base' AND r.denominator >= t.limit_value
    WHERE r.rate IS NOT NULL
),

-- each thing that is counted: how much it counts for, the sentence about it, what proves it
counted AS (
    SELECT
        k.report_year,
        o.organ_code,
        k.deduction_code,
        CAST(o.days_late AS BIGINT) AS amount,
        concat(
            o.short_title, '截止', CAST(o.due_on AS VARCHAR),
            CASE
                WHEN o.status = 'held' THEN '，此后报送的至今扣留'
                ELSE concat('，', CAST(CAST(o.received_at AS DATE) AS VARCHAR), '才有被接受的报表')
            END,
            '，逾期', CAST(o.days_late AS VARCHAR), '天'
        ) AS told,
        concat(
            '截止', CAST(o.due_on AS VARCHAR), '；',
            CASE WHEN o.status = 'held' THEN '首次收到' ELSE '首次接受' END, CAST(o.received_at AS VARCHAR),
            '；现行回执', s.receipt_no
        ) AS proof
    FROM owed AS o
    JOIN kind AS k ON k.report_year = o.report_year AND k.counted_as = 'days_late'
    JOIN filed AS s
        ON s.report_year = o.report_year AND s.organ_code = o.organ_code AND s.form_code = o.form_code AND s.place = 1
    LEFT JOIN held AS h
        ON h.report_year = o.report_year AND h.organ_code = o.organ_code AND h.form_code = o.form_code
    WHERE o.is_live AND o.days_late > 0 AND h.organ_code IS NULL
    UNION ALL
    SELECT
        k.report_year,
        o.organ_code,
        k.deduction_code,
        1 AS amount,
        concat(
            o.short_title, '截止', CAST(o.due_on AS VARCHAR),
            CASE WHEN o.status = 'received' THEN '，收到的文件未能读取' ELSE '，至今没有报送' END
        ) AS told,
        concat(
            '截止', CAST(o.due_on AS VARCHAR),
            CASE WHEN o.status = 'received' THEN concat('；收到文件', CAST(o.received_at AS VARCHAR)) ELSE '' END
        ) AS proof
    FROM owed AS o
    JOIN kind AS k ON k.report_year = o.report_year AND k.counted_as = 'not_filed'
    WHERE o.is_live AND o.status IN ('missing', 'received')
    UNION ALL
    SELECT
        k.report_year,
        h.organ_code,
        k.deduction_code,
        1 AS amount,
        concat(
            h.short_title, '截止', CAST(h.due_on AS VARCHAR), '，此前收到的报表（',
            CAST(CAST(h.filed_at AS DATE) AS VARCHAR), '）有错误，到截止时仍被扣留'
        ) AS told,
        concat('截止', CAST(h.due_on AS VARCHAR), '；收到', CAST(h.filed_at AS VARCHAR), '；回执', h.receipt_no) AS proof
    FROM held AS h
    JOIN kind AS k ON k.report_year = h.report_year AND k.counted_as = 'held_at_deadline'
    UNION ALL
    SELECT
        k.report_year,
        s.organ_code,
        k.deduction_code,
        1 AS amount,
        concat(
            s.short_title, '截止', CAST(s.due_on AS VARCHAR), '，', CAST(CAST(s.filed_at AS DATE) AS VARCHAR),
            '重报（第', CAST(s.version AS VARCHAR), '次报送，改动', CAST(s.differs_in_cells AS VARCHAR), '格）'
        ) AS told,
        concat('收到', CAST(s.filed_at AS VARCHAR), '；回执', s.receipt_no) AS proof
    FROM filed AS s
    JOIN kind AS k ON k.report_year = s.report_year AND k.counted_as = 'resubmissions'
    WHERE s.is_live AND CAST(s.filed_at AS DATE) > s.due_on AND s.verdict <> 'held' AND s.repeats IS NULL
        AND s.version > s.first_accepted
    UNION ALL
    SELECT
        k.report_year,
        f.organ_code,
        k.deduction_code,
        1 AS amount,
        f.message AS told,
        concat(f.rule_id, '（问题', f.finding_id, '，回执', f.receipt_no, '）') AS proof
    FROM finding AS f
    JOIN kind AS k
        ON k.report_year = f.report_year
        AND (
            (k.counted_as = 'findings' AND concat(';', k.rules, ';') LIKE concat('%;', f.rule_id, ';%'))
            OR (k.counted_as = 'error_findings' AND f.severity = 'error' AND f.is_official)
        )
    LEFT JOIN kind AS other
        ON other.report_year = f.report_year AND k.counted_as = 'error_findings' AND other.counted_as = 'findings'
        AND concat(';', other.rules, ';') LIKE concat('%;', f.rule_id, ';%')
    WHERE other.deduction_code IS NULL AND NOT (k.is_explained_free AND f.is_explained)
    UNION ALL
    SELECT
        k.report_year,
        r.organ_code,
        k.deduction_code,
        1 AS amount,
        concat(
            regexp_replace(CAST(r.numerator AS VARCHAR), '\.?0+$', ''), '÷',
            regexp_replace(CAST(r.denominator AS VARCHAR), '\.?0+$', ''), '＝',
            regexp_replace(CAST(r.rate AS VARCHAR), '\.?0+$', ''),
            CASE WHEN k.counted_as = 'rate_above' THEN '，高于' ELSE '，低于' END,
            regexp_replace(CAST(k.limit_value AS VARCHAR), '\.?0+$', '')
        ) AS told,
        concat('回执', r.receipt_no, '；分母不少于', regexp_replace(CAST(r.smallest_base AS VARCHAR), '\.?0+$', '')) AS proof
    FROM rated AS r
    JOIN kind AS k
        ON k.report_year = r.report_year AND k.rate_code = r.rate_code
        AND (
            (k.counted_as = 'rate_above' AND r.rate > k.limit_value)
            OR (k.counted_as = 'rate_below' AND r.rate < k.limit_value)
        )
    UNION ALL
    SELECT
        k.report_year,
        s.organ_code,
        k.deduction_code,
        1 AS amount,
        concat(
            s.short_title, '为零报告，而', CAST(s.shown_of AS VARCHAR), '年度', s.shown_in, '的“', s.label, '”是',
            regexp_replace(CAST(s.value AS VARCHAR), '\.?0+$', ''), '件'
        ) AS told,
        concat('回执', s.receipt_no) AS proof
    FROM shown AS s
    JOIN kind AS k ON k.report_year = s.report_year AND k.counted_as = 'nil_contradicted'
),

placed AS (
    SELECT
        counted.*,
        row_number() OVER (PARTITION BY report_year, organ_code, deduction_code ORDER BY proof, told) AS place
    FROM counted
),

grouped AS (
    SELECT
        report_year,
        organ_code,
        deduction_code,
        CAST(sum(amount) AS BIGINT) AS counted,
        count(*) AS things,
        string_agg(CASE WHEN place <= 3 THEN told END, '；' ORDER BY place) AS told,
        string_agg(CASE WHEN place <= 20 THEN proof END, '；' ORDER BY place) AS proof
    FROM placed
    GROUP BY report_year, organ_code, deduction_code
),

priced AS (
    SELECT
        g.report_year,
        g.organ_code,
        g.counted,
        g.things,
        g.told,
        g.proof,
        k.deduction_code,
        k.deduction_name,
        k.deduction_unit,
        k.is_per_unit,
        k.points_each,
        k.points_cap,
        k.points_status,
        CAST(k.points_each * CASE WHEN k.is_per_unit THEN g.counted ELSE 1 END AS DECIMAL(18, 4)) AS points_uncapped
    FROM grouped AS g
    JOIN kind AS k ON k.report_year = g.report_year AND k.deduction_code = g.deduction_code
)

SELECT
    report_year,
    organ_code,
    deduction_code,
    deduction_name,
    counted,
    deduction_unit,
    points_each,
    points_uncapped,
    points_cap,
    least(points_uncapped, points_cap) AS points,
    concat(
        deduction_name, '：', told,
        CASE WHEN things > 3 THEN concat('；等', CAST(things AS VARCHAR), '处') ELSE '' END,
        '。',
        CASE
            WHEN is_per_unit
                THEN concat(
                    regexp_replace(CAST(points_each AS VARCHAR), '\.?0+$', ''), '分×', CAST(counted AS VARCHAR), '＝',
                    regexp_replace(CAST(points_uncapped AS VARCHAR), '\.?0+$', ''), '分',
                    CASE
                        WHEN points_uncapped > points_cap
                            THEN concat('，封顶', regexp_replace(CAST(points_cap AS VARCHAR), '\.?0+$', ''), '分')
                        ELSE ''
                    END,
                    '，'
                )
            ELSE ''
        END,
        '扣', regexp_replace(CAST(least(points_uncapped, points_cap) AS VARCHAR), '\.?0+$', ''), '分。'
    ) AS reason,
    proof AS evidence,
    points_status
FROM priced
ORDER BY report_year, organ_code, deduction_code
