-- grain: the one night that built this file
SELECT
    b.night,
    b.built_at,
    b.code_version,
    b.rules_hash,
    b.forms_hash,
    b.register_hash,
    b.files_received,
    (SELECT count(*) FROM core.fct_file) AS files_accounted,
    b.cells_read,
    (SELECT count(*) FROM core.fct_cell) AS cells_stored
FROM stage.build AS b
