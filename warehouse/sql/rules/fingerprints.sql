-- grain: one block of one submission that has a figure other than zero in it
-- meaning: what is printed there as one hash, so that equal tables and columns are found by joining hashes (X03, X04).
-- block: 'table' (every cell of the form), a measure (one column of an annex; the whole of the other forms) or
-- '<measure>/prose'. Zeros and blanks are left out: a copier who types the zeros has still copied.
WITH figure AS (
    SELECT
        submission_id,
        concat(indicator_code, '/', applicant_kind, '/', measure, '=', CAST(value AS VARCHAR)) AS printed,
        abs(value) AS size,
        measure,
        starts_with(indicator_code, 'nar_') AS is_prose
    FROM stage.figure
    WHERE state = 'figure' AND value <> 0
),
placed AS (
    SELECT submission_id, printed, size, concat(measure, CASE WHEN is_prose THEN '/prose' ELSE '' END) AS block FROM figure
    UNION ALL
    SELECT submission_id, printed, size, 'table' AS block FROM figure WHERE NOT is_prose
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(block AS VARCHAR) AS block,
    CAST(sha256(string_agg(printed, '|' ORDER BY printed ASC)) AS VARCHAR) AS fingerprint,
    CAST(count(*) AS INTEGER) AS figures,
    CAST(max(size) AS DECIMAL(18, 4)) AS largest
FROM placed
GROUP BY submission_id, block
