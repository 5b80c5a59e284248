-- grain: finding and cell that takes part in it: the operands of an equation, the cell that the scope of another rule names,
-- or the place of a reading problem.
-- The likelier wrong cell comes first. Cells of last year's or another edition's submission are not listed: they stand in another file.
WITH suspect AS (
    SELECT
        finding_id,
        indicator_code,
        applicant_kind,
        measure,
        min(explanation_kind) AS role,
        max(suggested_value) AS suggested_value
    FROM core.finding_explanation
    WHERE explanation_kind IN ('likelier_wrong', 'tied')
    GROUP BY finding_id, indicator_code, applicant_kind, measure
),
operand AS (
    SELECT
        f.finding_id,
        CAST(t.position AS BIGINT) AS position,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        c.sheet,
        c.address,
        c.printed,
        c.value
    FROM core.fct_finding AS f
    JOIN core.fct_submission AS s ON s.submission_id = f.submission_id
    JOIN stage.rule_instance AS i
        ON i.rule_id = f.rule_id
        AND i.form_code = s.form_code
        AND i.variant = s.variant
        AND i.scope = f.scope
    JOIN stage.rule_term AS t ON t.instance_id = i.instance_id AND t.source = 'own'
    JOIN stage.cell AS c
        ON c.submission_id = f.submission_id
        AND c.indicator_code = t.indicator_code
        AND c.applicant_kind = t.applicant_kind
        AND c.measure = t.measure
    UNION ALL
    -- rules over prose: every alternative that is there
    SELECT
        f.finding_id,
        CAST(min(t.position) AS BIGINT) AS position,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        c.sheet,
        c.address,
        c.printed,
        c.value
    FROM core.fct_finding AS f
    JOIN core.fct_submission AS s ON s.submission_id = f.submission_id
    JOIN stage.witness AS w ON w.rule_id = f.rule_id AND w.form_code = s.form_code AND w.scope = f.scope
    JOIN stage.witness_term AS t ON t.witness_id = w.witness_id
    JOIN stage.cell AS c
        ON c.submission_id = f.submission_id
        AND c.indicator_code = t.indicator_code
        AND c.applicant_kind = t.applicant_kind
        AND c.measure = t.measure
    GROUP BY f.finding_id, c.indicator_code, c.applicant_kind, c.measure, c.sheet, c.address, c.printed, c.value
    UNION ALL
    SELECT
        f.finding_id,
        CAST(c.position AS BIGINT) AS position,
        c.indicator_code,
        c.applicant_kind,
        c.measure,
        c.sheet,
        c.address,
        c.printed,
        c.value
    FROM core.fct_finding AS f
    JOIN stage.rule AS r
        ON r.rule_id = f.rule_id AND r.kind = 'select' AND r.rule_id NOT IN (SELECT rule_id FROM stage.witness)
    JOIN stage.cell AS c
        ON c.submission_id = f.submission_id
        AND concat(c.measure, CASE WHEN c.applicant_kind = '' THEN '' ELSE '/' END, c.applicant_kind, '/', c.indicator_code) = f.scope
    UNION ALL
    SELECT
        f.finding_id,
        row_number() OVER (PARTITION BY f.finding_id ORDER BY p.sheet, p.address) AS position,
        coalesce(c.indicator_code, '') AS indicator_code,
        coalesce(c.applicant_kind, '') AS applicant_kind,
        coalesce(c.measure, 'annual') AS measure,
        p.sheet,
        p.address,
        p.printed,
        c.value
    FROM core.fct_finding AS f
    JOIN stage.problem AS p
        ON p.rule_id = f.rule_id
        AND p.scope = f.scope
        AND p.submission_id IS NOT DISTINCT FROM f.submission_id
        AND (p.submission_id IS NOT NULL OR p.file_id = f.file_id)
    LEFT JOIN stage.cell AS c
        ON c.submission_id = p.submission_id AND c.sheet = p.sheet AND c.address = p.address
        -- a paragraph holds many figures
        AND (c.sheet <> '正文' OR p.scope = concat(c.measure, '/', c.indicator_code))
    WHERE p.address <> ''
)

SELECT
    o.finding_id,
    CAST(row_number() OVER (
        PARTITION BY o.finding_id
        ORDER BY coalesce(s.role, 'z'), o.position, o.sheet, o.address
    ) AS INTEGER) AS position,
    o.indicator_code,
    o.applicant_kind,
    o.measure,
    o.sheet,
    o.address,
    o.printed,
    o.value,
    coalesce(s.role, 'operand') AS role,
    s.suggested_value
FROM operand AS o
LEFT JOIN suspect AS s
    ON s.finding_id = o.finding_id
    AND s.indicator_code = o.indicator_code
    AND s.applicant_kind = o.applicant_kind
    AND s.measure = o.measure
ORDER BY finding_id, position
