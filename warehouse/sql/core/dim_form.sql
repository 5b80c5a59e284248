-- grain: form edition
SELECT form_code, title, short_title, first_year, last_year, legal_basis, cell_count
FROM stage.form
ORDER BY form_code
