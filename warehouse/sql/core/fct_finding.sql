-- grain: outcome that failed or is uncertain; an uncertain one is never more than a warning
WITH found AS (
    SELECT
        left(sha256(concat_ws(
            '|',
            coalesce(r.submission_id, r.file_id, r.organ_code || '/' || CAST(r.report_year AS VARCHAR) || '/' || coalesce(r.form_code, '')),
            r.rule_id,
            r.scope,
            coalesce(CAST(r.lhs AS VARCHAR), ''),
            coalesce(CAST(r.rhs AS VARCHAR), '')
        )), 12) AS finding_id,
        r.*
    FROM stage.rule_outcome AS r
    WHERE r.outcome IN ('fail', 'uncertain')
)
SELECT
    f.finding_id,
    f.submission_id,
    f.file_id,
    f.organ_code,
    f.report_year,
    f.form_code,
    f.rule_id,
    CASE WHEN f.outcome = 'uncertain' AND f.severity = 'error' THEN 'warning' ELSE f.severity END AS severity,
    f.scope,
    f.outcome,
    f.lhs,
    f.rhs,
    f.difference,
    f.message,
    coalesce(c.mend, '') AS mend,
    'open' AS state,
    '' AS decision_note,
    coalesce(s.first_seen_at, b.built_at) AS first_seen_at
FROM found AS f
CROSS JOIN stage.build AS b
LEFT JOIN stage.catalogue AS c ON c.rule_id = f.rule_id
LEFT JOIN stage.first_seen AS s ON s.finding_id = f.finding_id
ORDER BY f.organ_code, f.report_year NULLS FIRST, f.rule_id, f.scope
