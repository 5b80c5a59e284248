-- grain: one cell of one submission
-- meaning: what judging sees of a cell. state is 'figure', 'blank' (not filled, or marked not applicable) or 'unread'
-- (not a number, missing, uncertain, or told twice), or why it cannot be compared: a figure that the prose qualifies
-- (约数 in its note, pipelines/readers/prose.py) equals nothing and is never called unequal.
SELECT
    CAST(cell.submission_id AS VARCHAR) AS submission_id,
    CAST(cell.indicator_code AS VARCHAR) AS indicator_code,
    CAST(cell.applicant_kind AS VARCHAR) AS applicant_kind,
    CAST(cell.measure AS VARCHAR) AS measure,
    CAST(CASE WHEN count(*) > 1 THEN 'unread' ELSE min(
        CASE
            WHEN cell.value_state = 'reported' AND cell.indicator_code LIKE 'nar\_%' ESCAPE '\'
                AND regexp_matches(cell.note, '^[^“]*约数：') THEN '正文为约数，不核对'
            WHEN cell.value_state = 'reported' AND cell.value IS NOT NULL THEN 'figure'
            WHEN cell.value_state IN ('blank', 'not_applicable') THEN 'blank'
            ELSE 'unread'
        END
    ) END AS VARCHAR) AS state,
    CAST(CASE WHEN count(*) = 1 THEN max(CASE WHEN cell.value_state = 'reported' THEN cell.value END) END
        AS DECIMAL(18, 4)) AS value
FROM stage.cell AS cell
GROUP BY cell.submission_id, cell.indicator_code, cell.applicant_kind, cell.measure
