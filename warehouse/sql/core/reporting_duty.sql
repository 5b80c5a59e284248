-- grain: organ, year and form that must be filed
SELECT
    organ_code,
    report_year,
    form_code,
    basis,
    due_on,
    gates_total,
    mode,
    statutory_due_on,
    period_from,
    period_to,
    summed_basis,
    use_rule
FROM stage.duty
ORDER BY report_year, form_code, organ_code
