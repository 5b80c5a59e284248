-- grain: finding and cell that takes part in it: the operands of an equation, or the place a reading problem names.
-- Cells of last year's or another edition's submission are not listed: they stand in another file.
WITH operand AS (
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
    WHERE p.address <> ''
)

SELECT
    finding_id,
    CAST(row_number() OVER (PARTITION BY finding_id ORDER BY position, sheet, address) AS INTEGER) AS position,
    indicator_code,
    applicant_kind,
    measure,
    sheet,
    address,
    printed,
    value
FROM operand
ORDER BY finding_id, position
