-- 哪些规则一次也没有判定过？没有发现问题，不等于核对过。
-- Which rules never judged anything? No finding does not mean that it was checked.
SELECT r.rule_id, r.severity, r.editions, r.equation, sum(t.outcomes_not_assessable) AS not_assessable
FROM core.rule_tally AS t
JOIN core.dim_rule AS r ON r.rule_id = t.rule_id
GROUP BY r.rule_id, r.severity, r.editions, r.equation
HAVING sum(t.outcomes_pass + t.outcomes_fail + t.outcomes_uncertain) = 0
ORDER BY r.rule_id ASC
