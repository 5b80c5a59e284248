-- grain: one explanation of one failing outcome of M01 or M02
-- meaning: two columns of applicants are off by opposite amounts while no row's total contradicts its columns: one request
-- counted under one kind of applicant where it came in and under another where it was closed, not two independent slips.
WITH gap AS (
    SELECT
        outcome.submission_id,
        outcome.rule_id,
        outcome.scope,
        outcome.difference,
        term.applicant_kind,
        max(term.label) AS cell_label,
        count(*) OVER (
            PARTITION BY outcome.submission_id, outcome.rule_id, abs(outcome.difference), outcome.difference > 0
        ) AS alike
    FROM stage.rule_outcome AS outcome
    JOIN stage.submission AS submission ON submission.submission_id = outcome.submission_id
    JOIN stage.rule_instance AS instance
        ON instance.rule_id = outcome.rule_id AND instance.scope = outcome.scope
        AND instance.form_code = submission.form_code AND instance.variant = submission.variant
    JOIN stage.rule_term AS term ON term.instance_id = instance.instance_id AND term.position = 1
    WHERE outcome.rule_id IN ('M01', 'M02') AND outcome.outcome = 'fail' AND term.applicant_kind <> 'total'
        AND outcome.difference IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM stage.rule_outcome AS in_row
            WHERE in_row.submission_id = outcome.submission_id AND in_row.rule_id = 'M03' AND in_row.outcome = 'fail'
        )
    GROUP BY outcome.submission_id, outcome.rule_id, outcome.scope, outcome.difference, term.applicant_kind
),
pair AS (
    SELECT
        more.submission_id,
        more.rule_id,
        more.scope AS more_scope,
        less.scope AS less_scope,
        regexp_replace(more.cell_label, '^.*｜', '') AS more_column,
        regexp_replace(less.cell_label, '^.*｜', '') AS less_column,
        regexp_replace(CAST(more.difference AS VARCHAR), '\.?0+$', '') AS amount,
        CASE more.rule_id WHEN 'M01' THEN '本年新收加上年结转' ELSE '（七）总计' END AS left_name,
        CASE more.rule_id WHEN 'M01' THEN '办理结果总计加结转下年度' ELSE '各项办理结果' END AS right_name
    FROM gap AS more
    JOIN gap AS less
        ON less.submission_id = more.submission_id AND less.rule_id = more.rule_id AND less.difference = -more.difference
    WHERE more.difference > 0 AND more.alike = 1 AND less.alike = 1
),
attached AS (
    SELECT pair.*, more_scope AS scope FROM pair
    UNION ALL
    SELECT pair.*, less_scope AS scope FROM pair
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(rule_id AS VARCHAR) AS rule_id,
    CAST(scope AS VARCHAR) AS scope,
    CAST(1 AS INTEGER) AS position,
    CAST('misclassified' AS VARCHAR) AS kind,
    CAST('' AS VARCHAR) AS indicator_code,
    CAST('' AS VARCHAR) AS applicant_kind,
    CAST('annual' AS VARCHAR) AS measure,
    CAST(NULL AS DECIMAL(18, 4)) AS suggested_value,
    CAST(concat(
        '“', more_column, '”一列的', left_name, '比', right_name, '多', amount, '件，“', less_column, '”一列正好少', amount,
        '件，而各行总计都对得上：多半是有', amount, '件归错了申请人类别，', left_name, '记在“', more_column, '”，', right_name,
        '记在“', less_column, '”。请核对这', amount, '件的申请人，改为同一类别，两列即都成立。'
    ) AS VARCHAR) AS message
FROM attached
