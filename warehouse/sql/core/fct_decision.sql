-- grain: line of a decisions file ever received, with what the finding was then and what the decision does now
WITH ordered AS (
    SELECT
        d.*,
        b.sequence AS bound_sequence,
        CASE WHEN d.problem = '' THEN lead(d.decision_id) OVER (
            PARTITION BY
                d.problem, d.source, d.decision, d.organ_code, d.report_year, d.form_code, d.rule_id, d.scope, d.lhs, d.rhs,
                CASE WHEN d.lhs IS NULL AND d.rhs IS NULL THEN d.message END
            ORDER BY d.sequence, d.line
        ) END AS replaced_by
    FROM stage.decision AS d
    LEFT JOIN stage.submission AS b ON b.submission_id = d.submission_id
),
submission AS (
    SELECT
        submission_id,
        sequence,
        is_official,
        max(sequence) OVER (PARTITION BY organ_code, report_year, form_code) AS last_sequence
    FROM core.fct_submission
),
-- findings of what counts now and of what came last, and of no submission at all
current_finding AS (
    SELECT f.*, s.sequence
    FROM core.fct_finding AS f
    LEFT JOIN submission AS s ON s.submission_id = f.submission_id
    WHERE f.submission_id IS NULL OR s.is_official OR s.sequence = s.last_sequence
),
met AS (
    SELECT
        d.decision_id,
        max(CASE WHEN is_bound THEN 1 ELSE 0 END) AS stands,
        max(CASE WHEN NOT is_bound AND is_later THEN 1 ELSE 0 END) AS differs
    FROM (
        SELECT
            d.decision_id,
            d.lhs IS NOT DISTINCT FROM f.lhs AND d.rhs IS NOT DISTINCT FROM f.rhs
                AND (f.lhs IS NOT NULL OR f.rhs IS NOT NULL OR d.message = f.message) AS is_bound,
            (f.submission_id IS NOT NULL OR f.file_id IS NULL)
                AND coalesce(f.sequence >= d.bound_sequence, TRUE) AS is_later
        FROM ordered AS d
        JOIN current_finding AS f
            ON f.organ_code = d.organ_code
            AND f.rule_id = d.rule_id
            AND f.scope = d.scope
            AND f.report_year IS NOT DISTINCT FROM d.report_year
            AND f.form_code IS NOT DISTINCT FROM d.form_code
    ) AS d
    GROUP BY d.decision_id
)

SELECT
    d.decision_id,
    d.sequence,
    d.line,
    d.file_id,
    d.source,
    d.received_at,
    d.receipt_no,
    d.finding_id,
    d.decision,
    d.reason,
    d.signed_by,
    d.signed_on,
    d.submission_id,
    d.organ_code,
    d.report_year,
    d.form_code,
    d.rule_id,
    d.scope,
    d.lhs,
    d.rhs,
    d.message,
    CASE
        WHEN d.problem <> '' THEN 'no_effect'
        WHEN d.replaced_by IS NOT NULL THEN 'superseded'
        WHEN m.stands = 1 THEN 'in_force'
        ELSE 'lapsed'
    END AS effect,
    CASE
        WHEN d.problem <> '' THEN d.problem
        WHEN d.replaced_by IS NOT NULL THEN '后来又有同样的决定，以后者 ' || d.replaced_by || ' 为准'
        WHEN m.stands = 1 AND m.differs = 1 THEN '原来的数值仍在案；后来的报表数值不同，对它不适用'
        WHEN m.stands = 1 AND d.decision = 'accept_as_printed' THEN '已按原样接受，不再因此扣留'
        WHEN m.stands = 1 THEN '说明已附在问题上，不影响是否扣留'
        WHEN m.differs = 1 THEN '数值已变，决定失效；新的数值要重新决定'
        ELSE '这个问题已经没有了（数值已改正，或者规则、对照的数据有变）'
    END AS note
FROM ordered AS d
LEFT JOIN met AS m ON m.decision_id = d.decision_id
ORDER BY d.sequence, d.line
