-- grain: one statement of a report about itself
-- meaning: N05, the organ in the title, the years of title and statistical period, and whether the period is the whole year (or the
-- part of it that the register knows).
-- A name that the register does not know is uncertain; a place name stands for its government (厦门市 for 厦门市人民政府).
WITH stated AS (
    SELECT
        side.submission_id,
        side.witness_id,
        witness.scope,
        witness.relation,
        side.labels,
        side.words,
        side.absence,
        side.printed,
        CAST(CASE WHEN side.value > 9999 THEN floor(side.value / 10000) ELSE side.value END AS DECIMAL(18, 4)) AS year
    FROM stage.witness_side AS side
    JOIN stage.witness AS witness
        ON witness.witness_id = side.witness_id AND witness.rule_id = $rule_id
        AND witness.relation IN ('organ', 'report_year', 'full_year')
    WHERE side.side = 'left'
),
name AS (
    SELECT organ_code, name, CAST(NULL AS INTEGER) AS from_year, CAST(NULL AS INTEGER) AS to_year FROM stage.organ
    UNION
    SELECT organ_code, normalised_name AS name, from_year, to_year FROM stage.organ_name
),
named AS (
    SELECT
        submission.submission_id,
        max(CASE WHEN name.organ_code = submission.organ_code THEN 1 ELSE 0 END) = 1 AS is_own,
        count(name.organ_code) > 0 AS is_known
    FROM stated
    JOIN stage.submission AS submission ON submission.submission_id = stated.submission_id
    LEFT JOIN name
        ON (name.name = stated.printed OR name.name = stated.printed || '人民政府')
        AND submission.report_year BETWEEN coalesce(name.from_year, submission.report_year)
            AND coalesce(name.to_year, submission.report_year)
    WHERE stated.relation = 'organ'
    GROUP BY submission.submission_id
),
period AS (
    SELECT
        submission_id,
        max(CASE WHEN indicator_code = 'nar_period_start' THEN value END) AS first_day,
        max(CASE WHEN indicator_code = 'nar_period_end' THEN value END) AS last_day
    FROM stage.cell
    WHERE value_state = 'reported'
    GROUP BY submission_id
),
judged AS (
    SELECT
        stated.*,
        organ.name AS organ_name,
        submission.file_id,
        submission.organ_code,
        submission.report_year,
        submission.form_code,
        period.first_day,
        period.last_day,
        CASE
            WHEN stated.relation = 'organ' THEN CASE
                WHEN stated.printed IS NULL THEN 'not_assessable'
                WHEN named.is_own THEN 'pass'
                WHEN named.is_known THEN 'fail'
                ELSE 'uncertain'
            END
            WHEN stated.absence IS NOT NULL THEN 'not_assessable'
            WHEN stated.relation = 'report_year' THEN CASE WHEN stated.year = submission.report_year THEN 'pass' ELSE 'fail' END
            -- an organ that began or ended in the year reports on its part of it
            WHEN period.first_day % 10000
                    = coalesce(100 * extract(month FROM duty.period_from) + extract(day FROM duty.period_from), 101)
                AND period.last_day % 10000
                    = coalesce(100 * extract(month FROM duty.period_to) + extract(day FROM duty.period_to), 1231)
                AND floor(period.first_day / 10000) = floor(period.last_day / 10000) THEN 'pass'
            ELSE 'fail'
        END AS outcome
    FROM stated
    JOIN stage.submission AS submission ON submission.submission_id = stated.submission_id
    LEFT JOIN stage.organ AS organ ON organ.organ_code = submission.organ_code
    LEFT JOIN named ON named.submission_id = stated.submission_id
    LEFT JOIN period ON period.submission_id = stated.submission_id
    LEFT JOIN stage.duty AS duty
        ON duty.organ_code = submission.organ_code AND duty.report_year = submission.report_year
        AND duty.form_code = submission.form_code
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(file_id AS VARCHAR) AS file_id,
    CAST(organ_code AS VARCHAR) AS organ_code,
    CAST(report_year AS INTEGER) AS report_year,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(scope AS VARCHAR) AS scope,
    CAST(outcome AS VARCHAR) AS outcome,
    CAST(CASE WHEN relation = 'report_year' AND absence IS NULL THEN year END AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN relation = 'report_year' AND absence IS NULL THEN report_year END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN outcome = 'not_assessable' THEN coalesce(absence, '正文未写明') ELSE '' END AS VARCHAR) AS note,
    CAST(CASE WHEN relation = 'organ' THEN coalesce(printed, '') ELSE labels END AS VARCHAR) AS label,
    CAST(CASE
        WHEN relation = 'organ' THEN coalesce(organ_name, organ_code)
        WHEN relation = 'full_year'
            THEN CAST(CAST(first_day AS DECIMAL(18, 0)) AS VARCHAR) || '至' || CAST(CAST(last_day AS DECIMAL(18, 0)) AS VARCHAR)
        ELSE ''
    END AS VARCHAR) AS gaps
FROM judged
UNION ALL
SELECT
    CAST(submission.submission_id AS VARCHAR), CAST(submission.file_id AS VARCHAR),
    CAST(submission.organ_code AS VARCHAR), CAST(submission.report_year AS INTEGER),
    CAST(submission.form_code AS VARCHAR), CAST('' AS VARCHAR), CAST('not_assessable' AS VARCHAR),
    CAST(NULL AS DECIMAL(18, 4)), CAST(NULL AS DECIMAL(18, 4)), CAST(silence.note AS VARCHAR), CAST('' AS VARCHAR),
    CAST('' AS VARCHAR)
FROM stage.witness_silence AS silence
JOIN stage.submission AS submission ON submission.submission_id = silence.submission_id
WHERE silence.rule_id = $rule_id
