-- grain: one submission
-- meaning: what became of it, once every rule has spoken.
WITH remarked AS (
    SELECT DISTINCT submission_id
    FROM stage.rule_outcome
    WHERE outcome IN ('fail', 'uncertain') AND severity IN ('error', 'warning') AND submission_id IS NOT NULL
)
SELECT
    CAST(standing.submission_id AS VARCHAR) AS submission_id,
    CAST(CASE
        WHEN standing.is_held THEN 'held'
        WHEN remarked.submission_id IS NOT NULL THEN 'accepted_with_warnings'
        ELSE 'accepted'
    END AS VARCHAR) AS status,
    CAST(standing.is_official AS BOOLEAN) AS is_official,
    CAST(standing.supersedes AS VARCHAR) AS supersedes
FROM stage.standing AS standing
LEFT JOIN remarked ON remarked.submission_id = standing.submission_id
