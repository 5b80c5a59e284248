-- grain: one submission, edition and distance in years from which its rules take cells, and one submission that has them
-- meaning: where the operands of a submission's equations stand. relation: 'own', 'sibling' (the organ's official
-- submission of another edition, same year), 'same' (official of the same edition, year before), 'mapped' (year before,
-- another edition that the crosswalk maps), 'earlier' (same edition, the latest year before that). Never a held one.
-- Where the organ continues others' figures (stage.lineage) the relation is 'merged': one row for each of them, of the
-- year before and no earlier one, without a submission where none is on file; the operand is the sum of the rows. absent
-- names those without one, members all of them; place counts the rows of an operand.
-- Submissions of another year than $report_year get their own cells only.
WITH official AS (
    SELECT organ_code, report_year, form_code, submission_id, is_nil
    FROM stage.standing
    WHERE is_official
),
needed AS (
    SELECT DISTINCT instance.form_code AS judged_form, term.years_back, term.form_code
    FROM stage.rule_instance AS instance
    JOIN stage.rule_term AS term ON term.instance_id = instance.instance_id
    WHERE term.source <> 'constant'
),
asked AS (
    SELECT
        submission.submission_id,
        submission.report_year,
        needed.years_back,
        needed.form_code,
        submission.organ_code AS member_code,
        '' AS name,
        'all' AS carries,
        '' AS why,
        TRUE AS is_alone
    FROM stage.submission AS submission
    JOIN needed ON needed.judged_form = submission.form_code
    WHERE submission.report_year = CAST($report_year AS INTEGER)
        AND needed.years_back = 0 AND needed.form_code <> submission.form_code
    UNION ALL
    SELECT
        submission.submission_id,
        submission.report_year,
        needed.years_back,
        needed.form_code,
        lineage.member_code,
        lineage.name,
        lineage.carries,
        lineage.why,
        lineage.is_alone
    FROM stage.submission AS submission
    JOIN needed ON needed.judged_form = submission.form_code
    JOIN stage.lineage AS lineage
        ON lineage.organ_code = submission.organ_code AND lineage.report_year = submission.report_year
    WHERE submission.report_year = CAST($report_year AS INTEGER) AND needed.years_back > 0
),
candidate AS (
    SELECT
        asked.submission_id,
        asked.years_back,
        asked.form_code,
        asked.member_code,
        official.submission_id AS source_submission_id,
        official.form_code AS source_form_code,
        official.report_year AS source_year,
        official.is_nil,
        row_number() OVER (
            PARTITION BY asked.submission_id, asked.years_back, asked.form_code, asked.member_code
            ORDER BY official.report_year DESC, CASE WHEN official.form_code = asked.form_code THEN 0 ELSE 1 END ASC,
                official.form_code DESC
        ) AS nearness
    FROM asked
    JOIN official
        ON official.organ_code = asked.member_code
        AND official.report_year <= asked.report_year - asked.years_back
    WHERE (
            official.report_year = asked.report_year - asked.years_back
            OR (asked.is_alone AND asked.years_back > 0 AND official.form_code = asked.form_code)
        )
        AND (
            official.form_code = asked.form_code
            OR (
                asked.years_back > 0
                AND EXISTS (
                    SELECT 1 FROM stage.crosswalk AS crosswalk
                    WHERE crosswalk.form_code = asked.form_code AND crosswalk.source_form_code = official.form_code
                )
            )
        )
),
nearest AS (
    SELECT
        asked.*,
        candidate.source_submission_id,
        candidate.source_form_code,
        candidate.source_year,
        candidate.is_nil,
        CASE
            WHEN NOT asked.is_alone THEN 'merged'
            WHEN asked.years_back = 0 THEN 'sibling'
            WHEN candidate.source_form_code <> asked.form_code THEN 'mapped'
            WHEN candidate.source_year = asked.report_year - asked.years_back THEN 'same'
            ELSE 'earlier'
        END AS relation
    FROM asked
    LEFT JOIN candidate
        ON candidate.submission_id = asked.submission_id AND candidate.years_back = asked.years_back
        AND candidate.form_code = asked.form_code AND candidate.member_code = asked.member_code
        AND candidate.nearness = 1
    WHERE candidate.submission_id IS NOT NULL OR NOT asked.is_alone
),
panel AS (
    SELECT
        submission_id,
        years_back,
        form_code,
        string_agg(CASE WHEN source_submission_id IS NULL THEN name END, '、' ORDER BY member_code ASC) AS absent,
        concat(string_agg(name, '、' ORDER BY member_code ASC), CASE WHEN count(*) > 1 THEN '之和' ELSE '的数' END) AS members
    FROM nearest
    WHERE relation = 'merged'
    GROUP BY submission_id, years_back, form_code
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(0 AS INTEGER) AS years_back,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(submission_id AS VARCHAR) AS source_submission_id,
    CAST(form_code AS VARCHAR) AS source_form_code,
    CAST(report_year AS INTEGER) AS source_year,
    CAST(is_nil AS BOOLEAN) AS is_nil,
    CAST('own' AS VARCHAR) AS relation,
    CAST('' AS VARCHAR) AS name,
    CAST('all' AS VARCHAR) AS carries,
    CAST('' AS VARCHAR) AS why,
    CAST('' AS VARCHAR) AS absent,
    CAST('' AS VARCHAR) AS members,
    CAST(1 AS INTEGER) AS place
FROM stage.submission
UNION ALL
SELECT
    CAST(nearest.submission_id AS VARCHAR), CAST(nearest.years_back AS INTEGER), CAST(nearest.form_code AS VARCHAR),
    CAST(nearest.source_submission_id AS VARCHAR), CAST(nearest.source_form_code AS VARCHAR),
    CAST(nearest.source_year AS INTEGER), CAST(nearest.is_nil AS BOOLEAN), CAST(nearest.relation AS VARCHAR),
    CAST(nearest.name AS VARCHAR), CAST(nearest.carries AS VARCHAR), CAST(nearest.why AS VARCHAR),
    CAST(coalesce(panel.absent, '') AS VARCHAR), CAST(coalesce(panel.members, '') AS VARCHAR),
    CAST(row_number() OVER (
        PARTITION BY nearest.submission_id, nearest.years_back, nearest.form_code ORDER BY nearest.member_code ASC
    ) AS INTEGER)
FROM nearest
LEFT JOIN panel
    ON panel.submission_id = nearest.submission_id AND panel.years_back = nearest.years_back
    AND panel.form_code = nearest.form_code
