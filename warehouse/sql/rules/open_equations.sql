-- grain: one equation (rule and scope) that passed or failed, of one submission in which an error equation failed
-- meaning: what a smallest explanation must close and keep. gap is left minus right as judged, NULL where a side has too
-- many digits to tell; is_own: every operand stands in the submission itself.
WITH opened AS (
    SELECT DISTINCT outcome.submission_id
    FROM stage.rule_outcome AS outcome
    JOIN stage.rule AS rule ON rule.rule_id = outcome.rule_id AND rule.kind = 'equation'
    WHERE outcome.outcome = 'fail' AND outcome.severity = 'error'
)
SELECT
    CAST(outcome.submission_id AS VARCHAR) AS submission_id,
    CAST(instance.instance_id AS INTEGER) AS instance_id,
    -- across years that are not on file the equation was judged as a bound (F07m)
    CAST(CASE WHEN instance.relation = '=' AND outcome.outcome = 'pass' AND outcome.difference <> 0
        THEN rule.across_gap ELSE instance.relation END AS VARCHAR) AS relation,
    CAST(CASE WHEN instance.relation = '=' AND outcome.outcome = 'pass' THEN coalesce(outcome.difference, 0)
        ELSE outcome.difference END AS DECIMAL(18, 4)) AS gap,
    CAST(outcome.outcome = 'fail' AS BOOLEAN) AS fails,
    CAST(outcome.severity = 'error' AS BOOLEAN) AS is_error,
    CAST(instance.needs = 'own' AS BOOLEAN) AS is_own
FROM opened
JOIN stage.submission AS submission ON submission.submission_id = opened.submission_id
JOIN stage.rule_outcome AS outcome
    ON outcome.submission_id = opened.submission_id AND outcome.outcome IN ('pass', 'fail')
JOIN stage.rule AS rule ON rule.rule_id = outcome.rule_id
JOIN stage.rule_instance AS instance
    ON instance.rule_id = outcome.rule_id AND instance.scope = outcome.scope
    AND instance.form_code = submission.form_code AND instance.variant = submission.variant
ORDER BY submission_id ASC, instance_id ASC
