-- grain: one rule over prose (N) of one submission for which it has nothing to judge
-- meaning: submissions without prose, or of an edition that the rule's table of witnesses does not know: not assessable.
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(rule.rule_id AS VARCHAR) AS rule_id,
    CAST(CASE WHEN submission.is_nil THEN '零报告' ELSE '没有正文' END AS VARCHAR) AS note
FROM stage.submission AS submission
JOIN stage.rule_edition AS edition ON edition.form_code = submission.form_code
JOIN stage.rule AS rule
    ON rule.rule_id = edition.rule_id AND submission.report_year BETWEEN rule.first_year AND rule.last_year
WHERE rule.rule_id IN (SELECT rule_id FROM stage.witness)
    AND NOT EXISTS (
        SELECT 1
        FROM stage.witness_side AS side
        JOIN stage.witness AS witness ON witness.witness_id = side.witness_id
        WHERE side.submission_id = submission.submission_id AND witness.rule_id = rule.rule_id
    )
