-- grain: one own cell of a failing error equation of stage.open_equation
-- meaning: the cells that may be wrong, with the number that they counted as. A blank total that follows from its parts
-- (M03) is itself nobody's slip: is_implied says that its parts stand for it.
WITH cell AS (
    SELECT DISTINCT open_equation.submission_id, term.indicator_code, term.applicant_kind, term.measure
    FROM stage.open_equation AS open_equation
    JOIN stage.rule_term AS term ON term.instance_id = open_equation.instance_id AND term.source = 'own'
        AND term.side <> 'when'
    WHERE open_equation.fails AND open_equation.is_error
),
implied AS (
    SELECT total.submission_id, total.indicator_code, total.applicant_kind, total.measure
    FROM (SELECT DISTINCT submission_id FROM stage.open_equation) AS opened
    JOIN stage.submission AS submission ON submission.submission_id = opened.submission_id
    JOIN stage.rule_instance AS instance
        ON instance.form_code = submission.form_code AND instance.variant = submission.variant AND instance.derives_total
    JOIN stage.rule_term AS whole ON whole.instance_id = instance.instance_id AND whole.side = 'left'
    JOIN stage.known AS total
        ON total.submission_id = submission.submission_id AND total.indicator_code = whole.indicator_code
        AND total.applicant_kind = whole.applicant_kind AND total.measure = whole.measure AND total.state = 'blank'
    JOIN stage.rule_term AS addend ON addend.instance_id = instance.instance_id AND addend.side = 'right'
    LEFT JOIN stage.known AS part
        ON part.submission_id = submission.submission_id AND part.indicator_code = addend.indicator_code
        AND part.applicant_kind = addend.applicant_kind AND part.measure = addend.measure
    GROUP BY total.submission_id, total.indicator_code, total.applicant_kind, total.measure
    -- one that could not be read forbids any conclusion
    HAVING sum(CASE WHEN coalesce(part.state, 'unread') = 'unread' THEN 1 ELSE 0 END) = 0
)
SELECT
    CAST(known.submission_id AS VARCHAR) AS submission_id,
    CAST(known.indicator_code AS VARCHAR) AS indicator_code,
    CAST(known.applicant_kind AS VARCHAR) AS applicant_kind,
    CAST(known.measure AS VARCHAR) AS measure,
    CAST(coalesce(known.value, 0) AS DECIMAL(18, 4)) AS value,
    CAST(known.state = 'blank' AS BOOLEAN) AS is_blank,
    CAST(FALSE AS BOOLEAN) AS is_implied
FROM cell
JOIN stage.known AS known
    ON known.submission_id = cell.submission_id AND known.indicator_code = cell.indicator_code
    AND known.applicant_kind = cell.applicant_kind AND known.measure = cell.measure AND known.state IN ('figure', 'blank')
LEFT JOIN implied
    ON implied.submission_id = known.submission_id AND implied.indicator_code = known.indicator_code
    AND implied.applicant_kind = known.applicant_kind AND implied.measure = known.measure
WHERE implied.submission_id IS NULL
UNION ALL
SELECT
    CAST(submission_id AS VARCHAR), CAST(indicator_code AS VARCHAR), CAST(applicant_kind AS VARCHAR),
    CAST(measure AS VARCHAR), CAST(0 AS DECIMAL(18, 4)), CAST(TRUE AS BOOLEAN), CAST(TRUE AS BOOLEAN)
FROM implied
