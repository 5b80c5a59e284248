-- 哪些问题由市里准予按原表采用，哪些由单位作了说明，理由是什么，还有效吗？
-- What did the office accept as printed, what did organs explain, for which reason, and does it still hold?
SELECT
    d.source,
    d.decision,
    o.name,
    d.report_year,
    d.rule_id,
    d.lhs,
    d.rhs,
    d.reason,
    d.signed_by,
    d.signed_on,
    d.effect
FROM core.fct_decision AS d
LEFT JOIN core.dim_organ AS o ON o.organ_code = d.organ_code
ORDER BY d.source ASC, d.organ_code ASC, d.rule_id ASC, d.decision_id ASC
