-- grain: one submission of $report_year that is still to come, and one equation (of $instances) that it will have to meet
-- meaning: what the year before brings into the equation: the sum of its prior terms. Told only where every one of them is
-- a figure that the rule would compare: not across years without a report, not of a nil report, not of a part of an organ.
SELECT
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(instance.instance_id AS INTEGER) AS instance_id,
    CAST(sum(term.coefficient * coalesce(cell.value, CASE WHEN rule.uses_derived THEN cell.derived_value END))
        AS DECIMAL(18, 4)) AS value
FROM stage.submission AS submission
JOIN stage.rule_instance AS instance
    ON instance.form_code = submission.form_code AND instance.variant = submission.variant
JOIN stage.rule AS rule
    ON rule.rule_id = instance.rule_id AND submission.report_year BETWEEN rule.first_year AND rule.last_year
JOIN stage.rule_term AS term ON term.instance_id = instance.instance_id AND term.source = 'prior'
LEFT JOIN stage.organ AS organ ON organ.organ_code = submission.organ_code
LEFT JOIN stage.rule_exemption AS exemption ON exemption.rule_id = rule.rule_id AND exemption.kind = organ.kind
LEFT JOIN stage.rule_source AS source
    ON source.submission_id = submission.submission_id AND source.years_back = term.years_back
    AND source.form_code = term.form_code
LEFT JOIN stage.crosswalk AS crosswalk
    ON crosswalk.form_code = term.form_code AND crosswalk.source_form_code = source.source_form_code
    AND crosswalk.indicator_code = term.indicator_code AND crosswalk.applicant_kind = term.applicant_kind
LEFT JOIN stage.known AS cell
    ON cell.submission_id = source.source_submission_id
    AND cell.indicator_code = coalesce(crosswalk.source_indicator_code, term.indicator_code)
    AND cell.applicant_kind = coalesce(crosswalk.source_applicant_kind, term.applicant_kind)
    AND cell.measure = term.measure
WHERE submission.report_year = CAST($report_year AS INTEGER)
    AND list_contains($instances, instance.instance_id)
    AND exemption.kind IS NULL
GROUP BY submission.organ_code, instance.instance_id
HAVING bool_and(coalesce(
    ((source.relation = 'same' AND rule.prior_same) OR (source.relation = 'mapped' AND rule.prior_mapped)
        OR (source.relation = 'merged' AND rule.prior_merged))
    AND (source.carries = 'all' OR (source.carries = 'cumulative' AND term.measure = 'cumulative'))
    AND source.absent = ''
    AND NOT source.is_nil
    AND (source.source_form_code = source.form_code OR (rule.prior_mapped AND crosswalk.form_code IS NOT NULL))
    AND coalesce(cell.value, CASE WHEN rule.uses_derived THEN cell.derived_value END) IS NOT NULL,
    FALSE
))
