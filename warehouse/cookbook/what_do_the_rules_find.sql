-- 各条规则发现了多少问题，涉及几家单位，还有几个没有了结？（附一个例子；后来被替代的报表也算）
-- What did each rule find, in all reports ever, at how many organs, how much is not waived, and what does one of them say?
SELECT
    f.severity,
    f.rule_id,
    count(*) AS findings,
    count(CASE WHEN f.outcome = 'uncertain' THEN 1 END) AS of_these_uncertain,
    count(DISTINCT f.organ_code) AS organs,
    count(CASE WHEN f.state <> 'waived' THEN 1 END) AS not_waived,
    min(f.message) AS example
FROM core.fct_finding AS f
GROUP BY f.severity, f.rule_id
ORDER BY CASE f.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END ASC, findings DESC, f.rule_id ASC
