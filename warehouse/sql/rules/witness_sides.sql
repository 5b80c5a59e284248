-- grain: one alternative of one side of one witness (schemas/witnesses.csv) of one submission that brings prose
-- meaning: its sum, in numbers and in words; absence says why there is none. present counts the figures that are there,
-- early names those that run to another day than the end of the year. Units and days stand in the notes of prose cells.
WITH prose AS (
    SELECT
        submission_id,
        indicator_code,
        applicant_kind,
        measure,
        max(printed) AS printed,
        max(note) AS note
    FROM stage.cell
    WHERE indicator_code LIKE 'nar\_%' ESCAPE '\'
    GROUP BY submission_id, indicator_code, applicant_kind, measure
),
told AS (
    SELECT DISTINCT submission_id FROM prose
),
operand AS (
    SELECT
        submission.submission_id,
        term.witness_id,
        term.side,
        term.choice,
        term.position,
        term.coefficient * CAST(known.value AS DECIMAL(28, 4)) AS value,
        CASE
            WHEN known.state = 'figure' THEN 'figure'
            WHEN known.state IS NULL THEN CASE WHEN term.is_prose THEN '正文未列此数' ELSE '表中没有这一格' END
            WHEN known.state = 'blank' THEN '空白'
            WHEN known.state = 'unread' THEN '未能读准'
            ELSE known.state
        END AS state,
        term.label,
        term.label || '（' || coalesce(regexp_replace(CAST(known.value AS VARCHAR), '\.?0+$', ''), '—') || '）' AS words,
        prose.printed,
        nullif(regexp_extract(prose.note, '^[^“]*?单位：([^；]+)', 1), '') AS unit,
        nullif(regexp_extract(prose.note, '^[^“]*?截至([0-9-]{10})', 1), '') AS until,
        CAST(submission.report_year AS VARCHAR) || '-12-31' AS year_end
    FROM stage.submission AS submission
    JOIN told ON told.submission_id = submission.submission_id
    JOIN stage.witness AS witness ON witness.form_code = submission.form_code
    JOIN stage.rule AS rule
        ON rule.rule_id = witness.rule_id AND submission.report_year BETWEEN rule.first_year AND rule.last_year
    JOIN stage.witness_term AS term ON term.witness_id = witness.witness_id
    LEFT JOIN stage.known AS known
        ON known.submission_id = submission.submission_id AND known.indicator_code = term.indicator_code
        AND known.applicant_kind = term.applicant_kind AND known.measure = term.measure
    LEFT JOIN prose
        ON prose.submission_id = submission.submission_id AND prose.indicator_code = term.indicator_code
        AND prose.applicant_kind = term.applicant_kind AND prose.measure = term.measure
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(witness_id AS INTEGER) AS witness_id,
    CAST(side AS VARCHAR) AS side,
    CAST(choice AS INTEGER) AS choice,
    CAST(count(*) AS INTEGER) AS terms,
    CAST(sum(CASE WHEN state = 'figure' THEN 1 ELSE 0 END) AS INTEGER) AS present,
    CAST(coalesce(
        min(CASE WHEN state <> 'figure' THEN state END), CASE WHEN abs(sum(value)) >= 99999999999999 THEN '数过大' END
    ) AS VARCHAR) AS absence,
    CAST(CASE WHEN abs(sum(value)) < 99999999999999 THEN sum(value) END AS DECIMAL(18, 4)) AS value,
    CAST(string_agg(label, '＋' ORDER BY position ASC) AS VARCHAR) AS labels,
    CAST(string_agg(words, '＋' ORDER BY position ASC) AS VARCHAR) AS words,
    CAST(max(printed) AS VARCHAR) AS printed,
    CAST(max(unit) AS VARCHAR) AS unit,
    CAST(string_agg(CASE WHEN until <> year_end THEN words || '截至' || until END, '、' ORDER BY position ASC) AS VARCHAR)
        AS early
FROM operand
GROUP BY submission_id, witness_id, side, choice
