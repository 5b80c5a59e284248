-- grain: one outcome as it was when the office accepted it as printed
-- meaning: what no longer holds a submission, wherever it comes up again: the same rule and scope of the same organ, year and
-- edition with the same values, or, where neither side has one, with the same message.
SELECT DISTINCT
    CAST(organ_code AS VARCHAR) AS organ_code,
    CAST(report_year AS INTEGER) AS report_year,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(rule_id AS VARCHAR) AS rule_id,
    CAST(scope AS VARCHAR) AS scope,
    CAST(lhs AS DECIMAL(18, 4)) AS lhs,
    CAST(rhs AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN lhs IS NULL AND rhs IS NULL THEN message ELSE '' END AS VARCHAR) AS wording
FROM stage.decision
WHERE source = 'office' AND decision = 'accept_as_printed' AND problem = ''
