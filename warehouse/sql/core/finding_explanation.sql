-- grain: finding and explanation of it, the likeliest first
SELECT
    f.finding_id,
    CAST(row_number() OVER (PARTITION BY f.finding_id ORDER BY e.position, e.kind, e.indicator_code, e.applicant_kind, e.measure) AS INTEGER)
        AS position,
    e.kind AS explanation_kind,
    e.indicator_code,
    e.applicant_kind,
    e.measure,
    e.suggested_value,
    e.message
FROM core.fct_finding AS f
JOIN stage.explanation AS e
    ON e.submission_id = f.submission_id
    AND e.rule_id = f.rule_id
    AND e.scope = f.scope
ORDER BY f.finding_id, position
