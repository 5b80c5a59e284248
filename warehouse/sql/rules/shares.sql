-- grain: one printed percentage of one submission
-- meaning: N02, a share printed with k decimals against its numerator and denominator. lhs = the share computed, rhs = printed.
-- It is right where rounding gives what is printed (of several denominators: 口径 says which); else the note says what it
-- is: cut off instead of rounded (截断), a factor of 100 forgotten or taken twice, the numerator of another place, or wrong.
-- All comparisons are between whole multiples of the denominator, so that no division can tip them.
WITH printed AS (
    SELECT
        side.submission_id,
        side.witness_id,
        witness.scope,
        side.labels,
        CAST(side.value AS DECIMAL(24, 4)) AS share,
        side.absence,
        length(regexp_extract(side.printed, '[.．]([0-9０-９]+)', 1)) AS decimals
    FROM stage.witness_side AS side
    JOIN stage.witness AS witness
        ON witness.witness_id = side.witness_id AND witness.rule_id = $rule_id AND witness.relation = 'percent'
    WHERE side.side = 'left'
),
scaled AS (
    SELECT
        printed.*,
        CAST(CASE decimals WHEN 0 THEN 1 WHEN 1 THEN 10 WHEN 2 THEN 100 WHEN 3 THEN 1000 ELSE 10000 END AS DECIMAL(6, 0))
            AS unit
    FROM printed
),
pairing AS (
    SELECT
        scaled.submission_id,
        scaled.witness_id,
        scaled.share,
        scaled.unit,
        CAST(part.value AS DECIMAL(28, 4)) AS part,
        part.labels AS part_labels,
        part.words AS part_words,
        CAST(whole.value AS DECIMAL(28, 4)) AS whole,
        whole.labels AS whole_labels,
        whole.words AS whole_words,
        row_number() OVER (
            PARTITION BY scaled.submission_id, scaled.witness_id ORDER BY part.choice ASC, whole.choice ASC
        ) AS place,
        first_value(CAST(whole.value AS DECIMAL(28, 4))) OVER (
            PARTITION BY scaled.submission_id, scaled.witness_id ORDER BY part.choice ASC, whole.choice ASC
        ) AS first_whole,
        scaled.decimals,
        part.choice = min(part.choice) OVER (PARTITION BY scaled.submission_id, scaled.witness_id) AS is_own_part,
        CAST(scaled.share * scaled.unit AS DECIMAL(22, 0)) AS steps
    FROM scaled
    JOIN stage.witness_side AS part
        ON part.submission_id = scaled.submission_id AND part.witness_id = scaled.witness_id
        AND part.side = 'right' AND part.absence IS NULL
    JOIN stage.witness_side AS whole
        ON whole.submission_id = scaled.submission_id AND whole.witness_id = scaled.witness_id
        AND whole.side = 'base' AND whole.absence IS NULL AND whole.value > 0
    WHERE scaled.absence IS NULL
),
weighed AS (
    SELECT
        pairing.*,
        2 * 100 * CAST(unit * part AS DECIMAL(28, 4)) AS doubled,
        2 * CAST(steps * whole AS DECIMAL(38, 4)) AS standing,
        -- more digits than a published figure may have are no share
        CASE WHEN abs(part) / whole < 99999999999 THEN CAST(100.0 * part / whole AS DECIMAL(18, 4)) END AS computed,
        CASE WHEN abs(part) / whole < 99999999999
            THEN CAST(CAST(floor(100.0 * part / whole * unit + 0.5) / unit AS DECIMAL(18, 4)) AS VARCHAR) END AS rounded
    FROM pairing
),
fitted AS (
    SELECT
        weighed.*,
        CASE
            WHEN doubled >= standing - whole AND doubled < standing + whole THEN 'right'
            WHEN doubled >= standing AND doubled < standing + 2 * whole THEN 'cut'
            WHEN steps > 0 AND doubled >= 100 * (standing - whole) AND doubled < 100 * (standing + whole) THEN 'forgotten'
            WHEN steps > 0 AND 100 * doubled >= standing - whole AND 100 * doubled < standing + whole THEN 'twice'
            ELSE 'wrong'
        END AS fit
    FROM weighed
),
best AS (
    SELECT
        submission_id,
        witness_id,
        min(CASE WHEN is_own_part AND fit = 'right' THEN place END) AS right_place,
        min(CASE WHEN NOT is_own_part AND fit IN ('right', 'cut') THEN place END) AS foreign_place,
        string_agg(CASE WHEN is_own_part AND whole <> first_whole
            THEN '以' || whole_labels || '为分母是' || CAST(CAST(computed AS DECIMAL(18, 2)) AS VARCHAR) || '%' END, '，' ORDER BY place ASC)
            AS others
    FROM fitted
    GROUP BY submission_id, witness_id
),
diagnosed AS (
    SELECT
        fitted.submission_id,
        fitted.witness_id,
        fitted.share,
        coalesce(basis.computed, fitted.computed) AS computed,
        coalesce(basis.part_words, fitted.part_words) || '÷' || coalesce(basis.whole_words, fitted.whole_words) AS quotient,
        CASE WHEN best.right_place IS NULL THEN 'fail' ELSE 'pass' END AS outcome,
        CASE
            WHEN best.right_place IS NOT NULL AND (best.right_place > 1 OR best.others IS NOT NULL)
                THEN '口径：分母是' || basis.whole_labels || coalesce('；' || best.others, '')
            WHEN best.right_place IS NOT NULL THEN ''
            WHEN fitted.fit = 'cut' THEN '截断，四舍五入应为' || left(fitted.rounded, CAST(length(fitted.rounded) AS INTEGER)
                - CASE WHEN fitted.decimals = 0 THEN 5 ELSE 4 - CAST(fitted.decimals AS INTEGER) END)
            WHEN fitted.fit = 'forgotten' THEN '忘乘100'
            WHEN fitted.fit = 'twice' THEN '多乘100'
            WHEN best.foreign_place IS NOT NULL THEN '分子不符，按' || other.part_words || '算得所印份额'
            ELSE '不符'
        END AS note
    FROM fitted
    JOIN best ON best.submission_id = fitted.submission_id AND best.witness_id = fitted.witness_id
    LEFT JOIN fitted AS basis
        ON basis.submission_id = best.submission_id AND basis.witness_id = best.witness_id AND basis.place = best.right_place
    LEFT JOIN fitted AS other
        ON other.submission_id = best.submission_id AND other.witness_id = best.witness_id AND other.place = best.foreign_place
    WHERE fitted.place = 1
),
lacking AS (
    SELECT
        scaled.submission_id,
        scaled.witness_id,
        coalesce(
            scaled.absence,
            '不可验：缺' || max(CASE WHEN side.side = 'base' AND side.choice = 1 THEN side.labels END)
            || max(CASE WHEN side.side = 'right' AND side.absence IS NULL AND scaled.share * scaled.unit >= 1 THEN
                '，由份额反推约' || CAST(CAST(floor(CAST(side.value AS DOUBLE) * 100 / (scaled.share + 0.5 / scaled.unit)) AS DECIMAL(38, 0)) AS VARCHAR)
                || '–' || CAST(CAST(ceil(CAST(side.value AS DOUBLE) * 100 / (scaled.share - 0.5 / scaled.unit)) AS DECIMAL(38, 0)) AS VARCHAR)
                ELSE '' END),
            '不可验：没有分母'
        ) AS note
    FROM scaled
    JOIN stage.witness_side AS side
        ON side.submission_id = scaled.submission_id AND side.witness_id = scaled.witness_id AND side.side <> 'left'
    GROUP BY scaled.submission_id, scaled.witness_id, scaled.absence, scaled.share, scaled.unit
)
SELECT
    CAST(submission.submission_id AS VARCHAR) AS submission_id,
    CAST(submission.file_id AS VARCHAR) AS file_id,
    CAST(submission.organ_code AS VARCHAR) AS organ_code,
    CAST(submission.report_year AS INTEGER) AS report_year,
    CAST(submission.form_code AS VARCHAR) AS form_code,
    CAST(scaled.scope AS VARCHAR) AS scope,
    CAST(coalesce(diagnosed.outcome, 'not_assessable') AS VARCHAR) AS outcome,
    CAST(diagnosed.computed AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN scaled.absence IS NULL THEN scaled.share END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE
        WHEN diagnosed.outcome IS NULL THEN lacking.note ELSE diagnosed.note
    END AS VARCHAR) AS note,
    CAST(scaled.labels AS VARCHAR) AS label,
    CAST(coalesce(diagnosed.quotient || '，' || diagnosed.note, '') AS VARCHAR) AS gaps
FROM scaled
JOIN stage.submission AS submission ON submission.submission_id = scaled.submission_id
LEFT JOIN diagnosed ON diagnosed.submission_id = scaled.submission_id AND diagnosed.witness_id = scaled.witness_id
LEFT JOIN lacking ON lacking.submission_id = scaled.submission_id AND lacking.witness_id = scaled.witness_id
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
