-- grain: outcome that failed or is uncertain; an uncertain one is never more than a warning. Decisions bind to its values: the
-- same values are waived wherever they come up, other values in the same or a later submission make an acceptance lapse.
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
),
met AS (
    SELECT
        f.finding_id,
        d.*,
        d.lhs IS NOT DISTINCT FROM f.lhs AND d.rhs IS NOT DISTINCT FROM f.rhs
            AND (f.lhs IS NOT NULL OR f.rhs IS NOT NULL OR d.message = f.message) AS is_bound,
        -- other values speak of an acceptance only where they came after it; of another file they never do
        (f.submission_id IS NOT NULL OR f.file_id IS NULL)
            AND coalesce(s.sequence >= b.sequence, TRUE) AS is_later
    FROM found AS f
    JOIN stage.decision AS d
        ON d.organ_code = f.organ_code
        AND d.rule_id = f.rule_id
        AND d.scope = f.scope
        AND d.report_year IS NOT DISTINCT FROM f.report_year
        AND d.form_code IS NOT DISTINCT FROM f.form_code
    LEFT JOIN stage.submission AS s ON s.submission_id = f.submission_id
    LEFT JOIN stage.submission AS b ON b.submission_id = d.submission_id
    WHERE d.problem = '' AND (d.source = 'office' OR d.decision = 'explain')
),
latest AS (
    SELECT
        met.*,
        row_number() OVER (
            PARTITION BY finding_id, source, decision
            ORDER BY CASE WHEN is_bound THEN 0 ELSE 1 END, sequence DESC, line DESC
        ) AS recency
    FROM met
    WHERE is_bound OR is_later
),
decided AS (
    SELECT
        finding_id,
        max(CASE WHEN decision = 'accept_as_printed' THEN CASE WHEN is_bound THEN 2 ELSE 1 END ELSE 0 END) AS acceptance,
        string_agg(
            signed_by || '（' || CAST(signed_on AS VARCHAR) || '）' || CASE
                WHEN decision = 'accept_as_printed' AND is_bound THEN '按原样接受：'
                WHEN decision = 'accept_as_printed' THEN '曾按原样接受' || then_was || '，现已不同，接受失效：'
                WHEN is_bound THEN '说明：'
                ELSE '的说明针对的是以前的数值' || then_was || '，现已不同，不再适用：'
            END || reason,
            '；' ORDER BY decision ASC, source ASC
        ) AS note
    FROM (
        SELECT
            latest.*,
            CASE WHEN lhs IS NULL AND rhs IS NULL THEN '' ELSE
                '（当时是' || coalesce(regexp_replace(CAST(lhs AS VARCHAR), '\.?0+$', ''), '—') || '与'
                || coalesce(regexp_replace(CAST(rhs AS VARCHAR), '\.?0+$', ''), '—') || '）'
            END AS then_was
        FROM latest
        WHERE recency = 1
    ) AS worded
    GROUP BY finding_id
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
    CASE d.acceptance WHEN 2 THEN 'waived' WHEN 1 THEN 'lapsed' ELSE 'open' END AS state,
    coalesce(d.note, '') AS decision_note,
    coalesce(s.first_seen_at, b.built_at) AS first_seen_at
FROM found AS f
CROSS JOIN stage.build AS b
LEFT JOIN stage.catalogue AS c ON c.rule_id = f.rule_id
LEFT JOIN stage.first_seen AS s ON s.finding_id = f.finding_id
LEFT JOIN decided AS d ON d.finding_id = f.finding_id
ORDER BY f.organ_code, f.report_year NULLS FIRST, f.rule_id, f.scope
