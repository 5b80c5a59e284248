-- grain: rule of the catalogue
SELECT rule_id, version, severity, editions, scope, equation, sentence, mend
FROM stage.catalogue
ORDER BY rule_id
