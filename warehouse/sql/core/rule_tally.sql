-- grain: rule and form that it judges; form_code '' where files came to no form. A rule with nothing in scope has zeros
WITH counted AS (
    SELECT
        rule_id,
        coalesce(form_code, '') AS form_code,
        count(DISTINCT submission_id) AS submissions_judged,
        sum(CASE outcome WHEN 'pass' THEN 1 ELSE 0 END) AS outcomes_pass,
        sum(CASE outcome WHEN 'fail' THEN 1 ELSE 0 END) AS outcomes_fail,
        sum(CASE outcome WHEN 'uncertain' THEN 1 ELSE 0 END) AS outcomes_uncertain,
        sum(CASE outcome WHEN 'not_assessable' THEN 1 ELSE 0 END) AS outcomes_not_assessable
    FROM core.fct_rule_outcome
    GROUP BY rule_id, coalesce(form_code, '')
),
in_force AS (
    SELECT rule_id, form_code FROM stage.rule_edition
    UNION
    SELECT rule_id, form_code FROM counted
)
SELECT
    f.rule_id,
    f.form_code,
    coalesce(c.submissions_judged, 0) AS submissions_judged,
    CAST(coalesce(c.outcomes_pass, 0) AS BIGINT) AS outcomes_pass,
    CAST(coalesce(c.outcomes_fail, 0) AS BIGINT) AS outcomes_fail,
    CAST(coalesce(c.outcomes_uncertain, 0) AS BIGINT) AS outcomes_uncertain,
    CAST(coalesce(c.outcomes_not_assessable, 0) AS BIGINT) AS outcomes_not_assessable
FROM in_force AS f
LEFT JOIN counted AS c ON c.rule_id = f.rule_id AND c.form_code = f.form_code
ORDER BY f.rule_id, f.form_code
