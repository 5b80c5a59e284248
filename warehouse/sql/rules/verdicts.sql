-- grain: one submission
-- meaning: what became of it, once every rule has spoken; what the office accepted as printed is no remark any more.
WITH remarked AS (
    SELECT DISTINCT outcome.submission_id
    FROM stage.rule_outcome AS outcome
    LEFT JOIN stage.waiver AS waiver
        ON waiver.organ_code = outcome.organ_code AND waiver.report_year = outcome.report_year
        AND waiver.form_code = outcome.form_code AND waiver.rule_id = outcome.rule_id AND waiver.scope = outcome.scope
        AND waiver.lhs IS NOT DISTINCT FROM outcome.lhs AND waiver.rhs IS NOT DISTINCT FROM outcome.rhs
        AND waiver.wording = CASE WHEN outcome.lhs IS NULL AND outcome.rhs IS NULL THEN outcome.message ELSE '' END
    WHERE outcome.outcome IN ('fail', 'uncertain') AND outcome.severity IN ('error', 'warning')
        AND outcome.submission_id IS NOT NULL AND waiver.rule_id IS NULL
)
SELECT
    CAST(standing.submission_id AS VARCHAR) AS submission_id,
    CAST(CASE
        WHEN standing.is_held THEN 'held'
        WHEN remarked.submission_id IS NOT NULL THEN 'accepted_with_warnings'
        ELSE 'accepted'
    END AS VARCHAR) AS status,
    CAST(standing.is_official AS BOOLEAN) AS is_official,
    CAST(standing.supersedes AS VARCHAR) AS supersedes,
    CAST(standing.repeats AS VARCHAR) AS repeats
FROM stage.standing AS standing
LEFT JOIN remarked ON remarked.submission_id = standing.submission_id
