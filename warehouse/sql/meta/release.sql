-- grain: publication whose figures differ from those of the one before, tonight's too if it is such
SELECT
    release_id, release_no, night, released_at, content_hash, official_cells, rollup_rows, year_over_year_rows,
    code_version, rules_hash, forms_hash, register_hash, changed
FROM stage.release
UNION ALL
SELECT
    release_id, release_no, night, released_at, content_hash, official_cells, rollup_rows, year_over_year_rows,
    code_version, rules_hash, forms_hash, register_hash, changed
FROM stage.release_tonight
ORDER BY release_no
