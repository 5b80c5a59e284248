-- grain: one blank total of one submission
-- meaning: the parts of a rule that derives totals (M03) are printed and the total is blank: the total they add up to.
-- A blank part counts as zero, as in the rule itself; one that could not be read forbids any conclusion.
SELECT
    CAST(total.submission_id AS VARCHAR) AS submission_id,
    CAST(total.indicator_code AS VARCHAR) AS indicator_code,
    CAST(total.applicant_kind AS VARCHAR) AS applicant_kind,
    CAST(total.measure AS VARCHAR) AS measure,
    CAST(sum(coalesce(part.value, 0)) AS DECIMAL(18, 4)) AS derived_value
FROM stage.submission AS submission
JOIN stage.rule_instance AS instance
    ON instance.form_code = submission.form_code AND instance.variant = submission.variant AND instance.derives_total
JOIN stage.rule_term AS whole ON whole.instance_id = instance.instance_id AND whole.side = 'left'
JOIN stage.figure AS total
    ON total.submission_id = submission.submission_id AND total.indicator_code = whole.indicator_code
    AND total.applicant_kind = whole.applicant_kind AND total.measure = whole.measure AND total.state = 'blank'
JOIN stage.rule_term AS addend ON addend.instance_id = instance.instance_id AND addend.side = 'right'
LEFT JOIN stage.figure AS part
    ON part.submission_id = submission.submission_id AND part.indicator_code = addend.indicator_code
    AND part.applicant_kind = addend.applicant_kind AND part.measure = addend.measure
GROUP BY total.submission_id, total.indicator_code, total.applicant_kind, total.measure
HAVING sum(CASE WHEN coalesce(part.state, 'unread') = 'unread' THEN 1 ELSE 0 END) = 0
    AND sum(CASE WHEN part.state = 'figure' THEN 1 ELSE 0 END) > 0
    AND abs(sum(coalesce(part.value, 0))) < 99999999999999
