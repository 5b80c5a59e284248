-- grain: one explanation of one failing comparison of a prose figure
-- meaning: prose against table, counted over all witnesses of that one quantity: the prose, the table's cell, the share printed
-- of it (times its denominator), and each closed sum of the table in which the cell stands. Where one side has more of them,
-- the other one's cell is the likelier slip, with the value that the witnesses agree on.
WITH dispute AS (
    SELECT
        outcome.submission_id,
        witness.witness_id,
        witness.form_code,
        outcome.rule_id,
        outcome.scope,
        CAST(outcome.lhs AS DECIMAL(28, 4)) AS prose_value,
        CAST(outcome.rhs AS DECIMAL(28, 4)) AS table_value,
        prose.indicator_code AS prose_code,
        prose.measure,
        cell.indicator_code AS table_code,
        cell.applicant_kind AS table_applicant,
        prose.label AS prose_label,
        cell.label AS table_label
    FROM stage.rule_outcome AS outcome
    JOIN stage.witness AS witness
        ON witness.rule_id = outcome.rule_id AND witness.form_code = outcome.form_code AND witness.scope = outcome.scope
        AND witness.relation = 'equal'
    JOIN stage.witness_term AS prose ON prose.witness_id = witness.witness_id AND prose.side = 'left' AND prose.is_prose
    JOIN stage.witness_term AS cell ON cell.witness_id = witness.witness_id AND cell.side = 'right' AND NOT cell.is_prose
    WHERE outcome.outcome = 'fail' AND outcome.lhs <> outcome.rhs AND witness.witness_id IN (
        SELECT witness_id FROM stage.witness_term GROUP BY witness_id HAVING count(*) = 2
    )
),
share AS (
    SELECT
        dispute.submission_id,
        dispute.witness_id,
        outcome.rule_id AS share_rule,
        outcome.scope AS share_scope,
        side.labels AS label,
        outcome.rhs AS share,
        base.labels AS base_label,
        base.value AS base,
        length(regexp_extract(side.printed, '[.．]([0-9０-９]+)', 1)) AS decimals,
        row_number() OVER (PARTITION BY dispute.submission_id, dispute.witness_id ORDER BY outcome.scope ASC, base.choice ASC)
            AS place
    FROM dispute
    JOIN stage.witness_term AS part
        ON part.side = 'right' AND part.indicator_code = dispute.prose_code AND part.measure = dispute.measure
    JOIN stage.witness AS witness
        ON witness.witness_id = part.witness_id AND witness.relation = 'percent' AND witness.form_code = dispute.form_code
    JOIN stage.rule_outcome AS outcome
        ON outcome.submission_id = dispute.submission_id AND outcome.rule_id = witness.rule_id
        AND outcome.scope = witness.scope AND outcome.rhs IS NOT NULL
    JOIN stage.witness_side AS side
        ON side.submission_id = dispute.submission_id AND side.witness_id = witness.witness_id AND side.side = 'left'
    JOIN stage.witness_side AS base
        ON base.submission_id = dispute.submission_id AND base.witness_id = witness.witness_id AND base.side = 'base'
        AND base.absence IS NULL AND base.value > 0
),
closed AS (
    -- what each closed sum of the table says of the cell: its own value where it holds, else the one that would close it
    SELECT
        dispute.submission_id,
        dispute.witness_id,
        outcome.rule_id AS sum_rule,
        CAST(dispute.table_value
            - outcome.difference / CASE WHEN term.side = 'left' THEN term.coefficient ELSE -term.coefficient END
            AS DECIMAL(28, 4)) AS value
    FROM dispute
    JOIN stage.submission AS submission ON submission.submission_id = dispute.submission_id
    JOIN stage.rule_instance AS instance
        ON instance.form_code = dispute.form_code AND instance.variant = submission.variant AND instance.relation = '='
        AND instance.needs = 'own'
    JOIN stage.rule_term AS term
        ON term.instance_id = instance.instance_id AND term.indicator_code = dispute.table_code
        AND term.applicant_kind = dispute.table_applicant AND term.measure = dispute.measure
    JOIN stage.rule_outcome AS outcome
        ON outcome.submission_id = dispute.submission_id AND outcome.rule_id = instance.rule_id
        AND outcome.scope = instance.scope AND outcome.difference IS NOT NULL
    WHERE NOT EXISTS (
        SELECT 1 FROM stage.rule_term AS other WHERE other.instance_id = instance.instance_id AND other.is_prose
    )
),
vote AS (
    SELECT submission_id, witness_id, 1 AS place, prose_label AS who, prose_value AS value, prose_value, table_value FROM dispute
    UNION ALL
    SELECT submission_id, witness_id, 2 AS place, table_label AS who, table_value AS value, prose_value, table_value FROM dispute
    UNION ALL
    SELECT
        share.submission_id,
        share.witness_id,
        3 AS place,
        share.label || regexp_replace(CAST(share.share AS VARCHAR), '\.?0+$', '') || '%乘' || share.base_label AS who,
        CASE
            WHEN abs(100 * dispute.table_value / share.base - share.share) < power(0.1, share.decimals) THEN dispute.table_value
            WHEN abs(100 * dispute.prose_value / share.base - share.share) < power(0.1, share.decimals) THEN dispute.prose_value
            ELSE CAST(round(CAST(share.share AS DOUBLE) * share.base / 100, 0) AS DECIMAL(28, 4))
        END AS value,
        dispute.prose_value,
        dispute.table_value
    FROM share
    JOIN dispute ON dispute.submission_id = share.submission_id AND dispute.witness_id = share.witness_id
    WHERE share.place = 1
    UNION ALL
    SELECT
        closed.submission_id,
        closed.witness_id,
        4 AS place,
        '闭合关系' || closed.sum_rule AS who,
        closed.value,
        dispute.prose_value,
        dispute.table_value
    FROM closed
    JOIN dispute ON dispute.submission_id = closed.submission_id AND dispute.witness_id = closed.witness_id
),
counted AS (
    SELECT
        submission_id,
        witness_id,
        count(*) AS witnesses,
        sum(CASE WHEN value = prose_value THEN 1 ELSE 0 END) AS for_prose,
        sum(CASE WHEN value = table_value THEN 1 ELSE 0 END) AS for_table,
        string_agg(
            who || '为' || regexp_replace(CAST(value AS VARCHAR), '\.?0+$', ''), '；' ORDER BY place ASC, who ASC
        ) AS said
    FROM vote
    GROUP BY submission_id, witness_id
),
verdict AS (
    SELECT
        dispute.*,
        counted.said,
        counted.for_prose,
        counted.for_table
    FROM counted
    JOIN dispute ON dispute.submission_id = counted.submission_id AND dispute.witness_id = counted.witness_id
    -- prose and table alone are one against one: nothing was counted
    WHERE counted.witnesses > 2
),
place AS (
    -- the comparison itself, and the share that was printed of the quantity where it fails too
    SELECT submission_id, witness_id, rule_id, scope FROM verdict
    UNION
    SELECT share.submission_id, share.witness_id, share.share_rule, share.share_scope
    FROM share
    JOIN stage.rule_outcome AS outcome
        ON outcome.submission_id = share.submission_id AND outcome.rule_id = share.share_rule
        AND outcome.scope = share.share_scope AND outcome.outcome = 'fail'
)
SELECT
    CAST(verdict.submission_id AS VARCHAR) AS submission_id,
    CAST(place.rule_id AS VARCHAR) AS rule_id,
    CAST(place.scope AS VARCHAR) AS scope,
    CAST(1 AS INTEGER) AS position,
    CAST('witnesses' AS VARCHAR) AS kind,
    CAST('' AS VARCHAR) AS indicator_code,
    CAST('' AS VARCHAR) AS applicant_kind,
    CAST(verdict.measure AS VARCHAR) AS measure,
    CAST(NULL AS DECIMAL(18, 4)) AS suggested_value,
    CAST(verdict.said || '。' || CASE
        WHEN for_table > for_prose THEN CAST(for_table AS VARCHAR) || '比' || CAST(for_prose AS VARCHAR) || '，' || prose_label || '更可能是笔误。'
        WHEN for_table < for_prose THEN CAST(for_prose AS VARCHAR) || '比' || CAST(for_table AS VARCHAR) || '，' || table_label || '更可能填错。'
        ELSE '两边印证一样多，无法断定哪一处印错。'
    END AS VARCHAR) AS message
FROM verdict
JOIN place ON place.submission_id = verdict.submission_id AND place.witness_id = verdict.witness_id
UNION ALL
SELECT
    CAST(verdict.submission_id AS VARCHAR), CAST(place.rule_id AS VARCHAR), CAST(place.scope AS VARCHAR),
    CAST(2 AS INTEGER), CAST('likelier_wrong' AS VARCHAR),
    CAST(CASE WHEN for_table > for_prose THEN prose_code ELSE table_code END AS VARCHAR),
    CAST(CASE WHEN for_table > for_prose THEN '' ELSE table_applicant END AS VARCHAR),
    CAST(verdict.measure AS VARCHAR),
    CAST(CASE WHEN for_table > for_prose THEN table_value ELSE prose_value END AS DECIMAL(18, 4)),
    CAST(CASE WHEN for_table > for_prose THEN prose_label ELSE table_label END || '更可能印错，应为'
        || regexp_replace(CAST(CASE WHEN for_table > for_prose THEN table_value ELSE prose_value END AS VARCHAR), '\.?0+$', '')
        || '。' AS VARCHAR)
FROM verdict
JOIN place ON place.submission_id = verdict.submission_id AND place.witness_id = verdict.witness_id
WHERE for_table <> for_prose
