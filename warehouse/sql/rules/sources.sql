-- grain: one submission, edition and distance in years from which its rules take cells
-- meaning: where the operands of a submission's equations stand. relation: 'own', 'sibling' (the organ's official
-- submission of another edition, same year), 'same' (official of the same edition, year before), 'mapped' (year before,
-- another edition that the crosswalk maps), 'earlier' (same edition, the latest year before that). Never a held one.
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
candidate AS (
    SELECT
        submission.submission_id,
        needed.years_back,
        needed.form_code,
        official.submission_id AS source_submission_id,
        official.form_code AS source_form_code,
        official.report_year AS source_year,
        official.is_nil,
        CASE
            WHEN needed.years_back = 0 THEN 'sibling'
            WHEN official.form_code <> needed.form_code THEN 'mapped'
            WHEN official.report_year = submission.report_year - needed.years_back THEN 'same'
            ELSE 'earlier'
        END AS relation
    FROM stage.submission AS submission
    JOIN needed ON needed.judged_form = submission.form_code
    JOIN official
        ON official.organ_code = submission.organ_code
        AND official.report_year <= submission.report_year - needed.years_back
    WHERE submission.report_year = CAST($report_year AS INTEGER)
        AND (
            needed.years_back > 0
            OR (needed.form_code <> submission.form_code AND official.report_year = submission.report_year)
        )
        AND (
            official.form_code = needed.form_code
            OR (
                needed.years_back > 0 AND official.report_year = submission.report_year - needed.years_back
                AND EXISTS (
                    SELECT 1 FROM stage.crosswalk AS crosswalk
                    WHERE crosswalk.form_code = needed.form_code AND crosswalk.source_form_code = official.form_code
                )
            )
        )
),
nearest AS (
    SELECT
        candidate.*,
        row_number() OVER (
            PARTITION BY submission_id, years_back, form_code
            ORDER BY source_year DESC, CASE relation WHEN 'mapped' THEN 1 ELSE 0 END, source_form_code DESC
        ) AS nearness
    FROM candidate
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(0 AS INTEGER) AS years_back,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(submission_id AS VARCHAR) AS source_submission_id,
    CAST(form_code AS VARCHAR) AS source_form_code,
    CAST(report_year AS INTEGER) AS source_year,
    CAST(is_nil AS BOOLEAN) AS is_nil,
    CAST('own' AS VARCHAR) AS relation
FROM stage.submission
UNION ALL
SELECT
    CAST(submission_id AS VARCHAR), CAST(years_back AS INTEGER), CAST(form_code AS VARCHAR),
    CAST(source_submission_id AS VARCHAR), CAST(source_form_code AS VARCHAR), CAST(source_year AS INTEGER),
    CAST(is_nil AS BOOLEAN), CAST(relation AS VARCHAR)
FROM nearest
WHERE nearness = 1
