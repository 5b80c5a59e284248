-- grain: rule, scope and submission; family H: organ and year; whole-file problems: file
SELECT
    submission_id,
    file_id,
    organ_code,
    report_year,
    form_code,
    rule_id,
    severity,
    scope,
    outcome,
    lhs,
    rhs,
    difference,
    note
FROM stage.rule_outcome
