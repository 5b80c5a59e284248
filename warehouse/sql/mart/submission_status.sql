-- grain: year, organ and form: every duty, and not_due for the organs that owe nothing (existing ones, those that ended
-- the year before or begin the year after, and whoever filed all the same); as of the date on which the night began.
-- In this order: an official submission is nil, late or accepted, late by its organ's first accepted one, so that a
-- correction is never late; a submission that is not official is held; a file that could not be read is received;
-- nothing at all is due, or missing when due_on has passed. A night judges all that it reads, so a file that waits for
-- its judgement does not exist. An unreadable file tells neither year nor form: it counts for the live duties of its
-- folder's organ for which nothing else came, when it came from 1 December of the report year on, a year long.
WITH today AS (
    SELECT CAST(built_at AS DATE) AS day FROM stage.build
),

collected AS (
    SELECT DISTINCT report_year, form_code FROM core.reporting_duty
),

expected AS (
    SELECT report_year, organ_code, form_code FROM core.reporting_duty
    UNION
    SELECT y.report_year, y.organ_code, c.form_code
    FROM core.dim_organ_year AS y
    JOIN core.dim_organ AS o ON o.organ_code = y.organ_code
    JOIN collected AS c ON c.report_year = y.report_year
    WHERE y.does_exist OR o.valid_to_year = y.report_year - 1 OR o.valid_from_year = y.report_year + 1
    UNION
    SELECT report_year, organ_code, form_code FROM core.fct_submission
),

filed AS (
    SELECT
        report_year,
        organ_code,
        form_code,
        CAST(count(*) AS INTEGER) AS submissions,
        min(received_at) AS first_received_at,
        min(CASE WHEN status <> 'held' THEN received_at END) AS first_accepted_at,
        max(CASE WHEN is_official THEN sequence END) AS official_sequence,
        max(CASE WHEN status = 'held' THEN sequence END) AS held_sequence
    FROM core.fct_submission
    GROUP BY report_year, organ_code, form_code
),

error AS (
    SELECT
        submission_id,
        message,
        count(*) OVER (PARTITION BY submission_id) AS errors,
        row_number() OVER (PARTITION BY submission_id ORDER BY rule_id, scope, finding_id) AS place
    FROM core.fct_finding
    WHERE severity = 'error' AND outcome = 'fail' AND state <> 'waived'
),

-- the last submission that is held, unless a later one became official
waiting AS (
    SELECT
        s.report_year,
        s.organ_code,
        s.form_code,
        s.receipt_no,
        CASE WHEN f.official_sequence IS NOT NULL THEN '更正稿（回执' || s.receipt_no || '）' ELSE '' END
            || '有' || CAST(coalesce(e.errors, 0) AS VARCHAR) || '处错误待改正：' || coalesce(e.message, '') AS waits_for
    FROM core.fct_submission AS s
    JOIN filed AS f
        ON f.report_year = s.report_year
        AND f.organ_code = s.organ_code
        AND f.form_code = s.form_code
        AND f.held_sequence = s.sequence
    LEFT JOIN error AS e ON e.submission_id = s.submission_id AND e.place = 1
    WHERE f.official_sequence IS NULL OR f.official_sequence < f.held_sequence
),

unreadable AS (
    SELECT
        d.report_year,
        d.organ_code,
        d.form_code,
        f.reason,
        min(f.received_at) OVER (PARTITION BY d.report_year, d.organ_code, d.form_code) AS first_received_at,
        row_number() OVER (PARTITION BY d.report_year, d.organ_code, d.form_code ORDER BY f.sequence DESC) AS recency
    FROM core.reporting_duty AS d
    JOIN core.fct_file AS f
        ON f.folder = d.organ_code
        AND f.outcome = 'rejected'
        AND f.received_at >= make_date(d.report_year, 12, 1)
        AND f.received_at < make_date(d.report_year + 1, 12, 1)
    WHERE d.mode = 'live'
),

-- why there is no duty: how the organ began or ended
told AS (
    SELECT
        o.organ_code,
        string_agg(
            CASE WHEN e.event = 'created' AND e.effective_year = o.valid_from_year THEN e.sentence END, '；'
        ) AS begun,
        string_agg(
            CASE
                WHEN e.event IN ('abolished', 'merged', 'split') AND e.effective_year = o.valid_to_year + 1
                    THEN e.sentence
            END,
            '；' ORDER BY e.event, e.successor_code
        ) AS ended
    FROM core.dim_organ AS o
    JOIN core.organ_event AS e ON e.organ_code = o.organ_code
    GROUP BY o.organ_code
),

joined AS (
    SELECT
        x.report_year,
        x.organ_code,
        x.form_code,
        d.due_on,
        d.basis,
        d.mode,
        d.period_from,
        d.period_to,
        d.organ_code IS NOT NULL AS is_owed,
        c.form_code IS NOT NULL AS is_collected,
        coalesce(y.name, o.name) AS name,
        CASE WHEN y.organ_code IS NULL THEN o.district_code ELSE y.district_code END AS district_code,
        o.valid_from_year,
        o.valid_to_year,
        told.begun,
        told.ended,
        s.is_nil,
        coalesce(s.receipt_no, w.receipt_no) AS receipt_no,
        coalesce(f.submissions, 0) AS submissions,
        f.first_accepted_at,
        coalesce(f.first_accepted_at, f.first_received_at, u.first_received_at) AS received_at,
        f.organ_code IS NOT NULL AS is_filed,
        u.organ_code IS NOT NULL AS is_unreadable,
        CASE
            WHEN w.waits_for IS NOT NULL THEN w.waits_for
            WHEN f.organ_code IS NULL AND u.organ_code IS NOT NULL THEN '收到的文件未能读取：' || u.reason
            ELSE ''
        END AS waits_for,
        today.day AS today
    FROM expected AS x
    CROSS JOIN today
    JOIN core.dim_organ AS o ON o.organ_code = x.organ_code
    LEFT JOIN core.dim_organ_year AS y ON y.organ_code = x.organ_code AND y.report_year = x.report_year
    LEFT JOIN collected AS c ON c.report_year = x.report_year AND c.form_code = x.form_code
    LEFT JOIN core.reporting_duty AS d
        ON d.report_year = x.report_year AND d.organ_code = x.organ_code AND d.form_code = x.form_code
    LEFT JOIN filed AS f
        ON f.report_year = x.report_year AND f.organ_code = x.organ_code AND f.form_code = x.form_code
    LEFT JOIN core.fct_submission AS s
        ON s.report_year = x.report_year
        AND s.organ_code = x.organ_code
        AND s.form_code = x.form_code
        AND s.is_official
    LEFT JOIN waiting AS w
        ON w.report_year = x.report_year AND w.organ_code = x.organ_code AND w.form_code = x.form_code
    LEFT JOIN unreadable AS u
        ON u.report_year = x.report_year
        AND u.organ_code = x.organ_code
        AND u.form_code = x.form_code
        AND u.recency = 1
    LEFT JOIN told ON told.organ_code = x.organ_code
),

measured AS (
    SELECT
        joined.*,
        CASE
            WHEN mode = 'live'
                THEN greatest(0, date_diff('day', due_on, coalesce(CAST(first_accepted_at AS DATE), today)))
        END AS days_late
    FROM joined
)

SELECT
    report_year,
    organ_code,
    form_code,
    CASE
        WHEN NOT is_owed THEN 'not_due'
        WHEN is_nil THEN 'nil'
        WHEN is_nil IS NOT NULL AND days_late > 0 THEN 'late'
        WHEN is_nil IS NOT NULL THEN 'accepted'
        WHEN is_filed THEN 'held'
        WHEN is_unreadable THEN 'received'
        WHEN due_on < today THEN 'missing'
        ELSE 'due'
    END AS status,
    due_on,
    received_at,
    CAST(days_late AS INTEGER) AS days_late,
    name,
    district_code,
    basis,
    mode,
    submissions,
    receipt_no,
    waits_for,
    CASE
        WHEN is_owed AND period_from = make_date(report_year, 1, 1) AND period_to = make_date(report_year, 12, 31) THEN ''
        WHEN is_owed
            THEN '统计期' || CAST(period_from AS VARCHAR) || '至' || CAST(period_to AS VARCHAR)
        WHEN valid_to_year < report_year
            THEN coalesce(ended, CAST(valid_to_year AS VARCHAR) || '年度后不再报送')
        WHEN valid_from_year > report_year
            THEN coalesce(begun, CAST(valid_from_year AS VARCHAR) || '年度起报送')
        WHEN is_collected THEN '名录规定不报此表'
        ELSE '该年度不采集此表'
    END AS note
FROM measured
ORDER BY report_year, organ_code, form_code
