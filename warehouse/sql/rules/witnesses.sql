-- grain: one witness of one submission
-- meaning: outcomes of the rules that hold figures of the prose against others (N01, N03, N04, N06 to N08), by the relation of
-- the table of witnesses (schemas/witness.py). Of several alternatives the one that was hit goes into the note.
WITH compared AS (
    SELECT
        side.submission_id,
        side.witness_id,
        min(CASE WHEN other.absence IS NULL AND other.value = side.value THEN other.choice END) AS hit,
        min(CASE WHEN other.absence IS NULL THEN other.choice END) AS first_told,
        count(other.choice) AS choices,
        sum(CASE WHEN other.choice IS NOT NULL AND other.absence IS NULL THEN 1 ELSE 0 END) AS told,
        min(other.absence) AS absence,
        string_agg(CASE WHEN other.absence IS NULL THEN other.words END, '，' ORDER BY other.choice ASC) AS all_words
    FROM stage.witness_side AS side
    LEFT JOIN stage.witness_side AS other
        ON other.submission_id = side.submission_id AND other.witness_id = side.witness_id AND other.side = 'right'
    WHERE side.side = 'left'
    GROUP BY side.submission_id, side.witness_id
),
faced AS (
    SELECT
        compared.*,
        witness.scope,
        witness.relation,
        witness.note AS remark,
        side.labels,
        side.words,
        side.value AS lhs,
        main.value AS rhs,
        main.labels AS main_labels,
        main.words AS main_words,
        side.unit AS unit,
        main.unit AS main_unit,
        side.early,
        CASE
            WHEN witness.relation = 'year_end' THEN CASE WHEN side.present = 0 THEN side.absence END
            WHEN witness.relation = 'same_unit' AND (side.unit IS NULL OR main.unit IS NULL) THEN '正文未列此数'
            ELSE coalesce(side.absence, CASE WHEN compared.told = 0 THEN compared.absence END)
        END AS silence
    FROM compared
    JOIN stage.witness AS witness ON witness.witness_id = compared.witness_id AND witness.rule_id = $rule_id
        AND witness.relation IN ('equal', 'one_of', 'differ', 'same_unit', 'year_end', 'part', 'coverage')
    JOIN stage.witness_side AS side
        ON side.submission_id = compared.submission_id AND side.witness_id = compared.witness_id AND side.side = 'left'
    LEFT JOIN stage.witness_side AS main
        ON main.submission_id = compared.submission_id AND main.witness_id = compared.witness_id
        AND main.side = 'right' AND main.choice = coalesce(compared.hit, compared.first_told)
),
judged AS (
    SELECT
        faced.*,
        CASE
            WHEN silence IS NOT NULL THEN 'not_assessable'
            WHEN relation = 'year_end' THEN CASE WHEN early IS NULL THEN 'pass' ELSE 'fail' END
            WHEN relation = 'same_unit' THEN CASE WHEN unit = main_unit THEN 'pass' ELSE 'fail' END
            WHEN relation = 'differ' THEN CASE WHEN lhs = rhs AND lhs <> 0 THEN 'fail' ELSE 'pass' END
            WHEN hit IS NOT NULL THEN 'pass'
            WHEN relation = 'one_of' AND told < choices THEN 'uncertain'
            ELSE 'fail'
        END AS outcome
    FROM faced
)
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST(judged.scope AS VARCHAR) AS scope,
    CAST(judged.outcome AS VARCHAR) AS outcome,
    CAST(CASE
        WHEN silence IS NOT NULL OR relation = 'year_end' THEN NULL
        WHEN relation = 'coverage' THEN CASE WHEN rhs > 0 AND abs(lhs) / rhs < 99999999999 THEN 100 * CAST(lhs AS DOUBLE) / rhs END
        ELSE lhs
    END AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN silence IS NULL AND relation NOT IN ('year_end', 'coverage') THEN rhs END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN silence IS NOT NULL THEN silence
        WHEN outcome = 'pass' THEN CASE WHEN choices > 1 THEN '口径：' || main_labels ELSE '' END
        WHEN relation = 'part' THEN CASE WHEN lhs < rhs THEN '不完备：' ELSE '多于合计：' END || remark
        WHEN relation = 'same_unit' THEN unit || '、' || main_unit || '混用'
        WHEN relation = 'year_end' THEN '非全年：' || early
        ELSE remark
    END AS VARCHAR) AS note,
    CAST(CASE
        WHEN relation = 'year_end' THEN '正文'
        WHEN relation IN ('part', 'coverage') THEN '正文所列各类合计（' || regexp_replace(CAST(lhs AS VARCHAR), '\.?0+$', '') || '）'
        WHEN remark = '' THEN labels
        ELSE words
    END AS VARCHAR) AS label,
    CAST(CASE
        WHEN outcome NOT IN ('fail', 'uncertain') THEN ''
        WHEN relation = 'one_of' THEN coalesce(all_words, '')
        WHEN relation = 'same_unit' THEN '印作“' || unit || '”，与' || main_words || '的“' || main_unit || '”不一；' || remark
        WHEN relation = 'year_end' THEN '非全年的数混在其中，' || early || '；' || remark
        WHEN relation = 'coverage' AND rhs > 0 AND abs(lhs) / rhs < 99999999999
            THEN '占' || main_words || '的' || CAST(CAST(100 * CAST(lhs AS DOUBLE) / rhs AS DECIMAL(18, 1)) AS VARCHAR) || '%；' || remark
        WHEN remark <> '' THEN '对照' || main_words || '；' || remark
        ELSE main_labels
    END AS VARCHAR) AS gaps
FROM judged
JOIN stage.submission AS submission ON submission.submission_id = judged.submission_id
UNION ALL
SELECT
    CAST(submission.submission_id AS VARCHAR), CAST(submission.file_id AS VARCHAR),
    CAST(submission.organ_code AS VARCHAR), CAST(submission.report_year AS INTEGER),
    CAST(submission.form_code AS VARCHAR), CAST('' AS VARCHAR), CAST('not_assessable' AS VARCHAR),
    CAST(NULL AS DECIMAL(18, 4)), CAST(NULL AS DECIMAL(18, 4)), CAST(silence.note AS VARCHAR), CAST('' AS VARCHAR),
    CAST('' AS VARCHAR)
FROM stage.witness_silence AS silence
JOIN stage.submission AS submission ON submission.submission_id = silence.submission_id
WHERE silence.rule_id = $rule_id
