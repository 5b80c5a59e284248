-- macro: organ_profile(organ)
-- probe: organ_profile((SELECT min(organ_code) FROM mart.submission_status))
-- zh: 一个机构的档案：每个年度和表样一行，包括当年名称与归属、报送情况、版本数、未决问题、主要数字和四项考核指标率。
-- zh: organ 是机构代码，或名录里的任一名称（现名、曾用名、简称）；名录里没有的报错。没有采用的报表，数字为空，不是零。
-- en: All about one organ: a row for each year and form with its name and place then, how it filed, versions, open findings,
-- en: the main figures (printed or derived, of the official submission) and the four rates. organ is its code, or any name
-- en: that the register knows; an unknown one is an error, a NULL gives nothing. Without an official submission the figures
-- en: are NULL, never zero.
WITH asked AS (
    SELECT o.organ_code FROM core.dim_organ AS o WHERE o.organ_code = organ
    UNION
    SELECT n.organ_code FROM core.dim_organ_name AS n WHERE n.name = organ
),

figure AS (
    SELECT
        f.report_year,
        f.form_code,
        f.organ_code,
        max(CASE WHEN f.concept_code = 'opened' THEN f.value END) AS opened,
        max(CASE WHEN f.concept_code = 'requests_received' THEN f.value END) AS requests_received,
        max(CASE WHEN f.concept_code = 'answered' THEN f.value END) AS answered,
        max(CASE WHEN f.concept_code = 'granted' THEN f.value END) AS granted,
        max(CASE WHEN f.concept_code = 'partly_granted' THEN f.value END) AS partly_granted,
        max(CASE WHEN f.concept_code = 'refused' THEN f.value END) AS refused,
        max(CASE WHEN f.concept_code = 'reviews' THEN f.value END) AS reviews,
        max(CASE WHEN f.concept_code = 'lawsuits' THEN f.value END) AS lawsuits
    FROM mart.concept_organ AS f
    WHERE f.organ_code IN (SELECT a.organ_code FROM asked AS a)
    GROUP BY f.report_year, f.form_code, f.organ_code
),

rated AS (
    SELECT
        r.report_year,
        r.form_code,
        r.organ_code,
        max(CASE WHEN r.rate_code = 'reply_open_rate' THEN r.rate END) AS reply_open_rate,
        max(CASE WHEN r.rate_code = 'dispute_rate' THEN r.rate END) AS dispute_rate,
        max(CASE WHEN r.rate_code = 'correction_rate' THEN r.rate END) AS correction_rate,
        max(CASE WHEN r.rate_code = 'open_rate' THEN r.rate END) AS open_rate
    FROM mart.assessment_rate AS r
    WHERE r.organ_code IN (SELECT a.organ_code FROM asked AS a)
    GROUP BY r.report_year, r.form_code, r.organ_code
),

-- a corrected version leaves its findings behind: those of the latest one are what is open
latest AS (
    SELECT
        c.organ_code,
        c.report_year,
        c.form_code,
        max(c.version) AS versions,
        max(CASE WHEN c.is_official THEN c.submission_id END) AS official_submission_id,
        max_by(c.submission_id, c.version) AS latest_submission_id
    FROM core.submission_chain AS c
    WHERE c.organ_code IN (SELECT a.organ_code FROM asked AS a)
    GROUP BY c.organ_code, c.report_year, c.form_code
),

found AS (
    SELECT
        f.submission_id,
        CAST(count(*) FILTER (f.severity = 'error') AS INTEGER) AS open_errors,
        CAST(count(*) FILTER (f.severity = 'warning') AS INTEGER) AS open_warnings
    FROM core.fct_finding AS f
    WHERE f.organ_code IN (SELECT a.organ_code FROM asked AS a) AND f.state <> 'waived'
    GROUP BY f.submission_id
),

answer AS (
    SELECT
        s.organ_code,
        s.report_year,
        s.form_code,
        s.name,
        o.kind,
        p.name AS parent_name,
        d.name AS district_name,
        s.basis,
        s.status,
        s.due_on,
        s.received_at,
        s.days_late,
        coalesce(l.versions, 0) AS versions,
        l.official_submission_id,
        u.used_as,
        coalesce(f.open_errors, 0) AS open_errors,
        coalesce(f.open_warnings, 0) AS open_warnings,
        g.opened,
        g.requests_received,
        g.answered,
        g.granted,
        g.partly_granted,
        g.refused,
        g.reviews,
        g.lawsuits,
        r.reply_open_rate,
        r.dispute_rate,
        r.correction_rate,
        r.open_rate,
        s.receipt_no,
        s.waits_for,
        s.note
    FROM asked AS a
    JOIN mart.submission_status AS s ON s.organ_code = a.organ_code
    JOIN core.dim_organ AS o ON o.organ_code = a.organ_code
    LEFT JOIN core.dim_organ_year AS y ON y.organ_code = a.organ_code AND y.report_year = s.report_year
    LEFT JOIN core.dim_organ_year AS p ON p.organ_code = y.parent_code AND p.report_year = s.report_year
    LEFT JOIN core.dim_organ_year AS d ON d.organ_code = y.district_code AND d.report_year = s.report_year
    LEFT JOIN latest AS l
        ON l.organ_code = s.organ_code AND l.report_year = s.report_year AND l.form_code = s.form_code
    LEFT JOIN found AS f ON f.submission_id = l.latest_submission_id
    LEFT JOIN mart.rollup_source AS u
        ON u.organ_code = s.organ_code AND u.report_year = s.report_year AND u.form_code = s.form_code
    LEFT JOIN figure AS g
        ON g.organ_code = s.organ_code AND g.report_year = s.report_year AND g.form_code = s.form_code
    LEFT JOIN rated AS r
        ON r.organ_code = s.organ_code AND r.report_year = s.report_year AND r.form_code = s.form_code
    UNION ALL
    -- never a row: what was asked for and is not known stops the query here
    SELECT
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    WHERE CASE
        WHEN organ IS NULL
            THEN FALSE
        WHEN NOT EXISTS (SELECT 1 FROM asked)
            THEN error(
                '名录里没有“' || organ || '”，相近的有 / not in the register, closest are: '
                || (
                    SELECT coalesce(string_agg(c.organ_code || ' ' || c.name, ', ' ORDER BY c.place ASC), '')
                    FROM (
                        SELECT
                            o.organ_code,
                            o.name,
                            row_number() OVER (
                                ORDER BY
                                    greatest(
                                        jaro_winkler_similarity(o.organ_code, organ), jaro_winkler_similarity(o.name, organ)
                                    ) DESC,
                                    o.organ_code ASC
                            ) AS place
                        FROM core.dim_organ AS o
                    ) AS c
                    WHERE c.place <= 5
                )
            )
        WHEN NOT EXISTS (
            SELECT 1 FROM mart.submission_status AS s WHERE s.organ_code IN (SELECT a.organ_code FROM asked AS a)
        )
            THEN error('“' || organ || '”在采集过的年度里不须报送，也没有报过 / owed nothing in the years collected and filed nothing')
        ELSE FALSE
    END
)

SELECT a.* FROM answer AS a ORDER BY a.organ_code ASC, a.report_year ASC, a.form_code ASC
