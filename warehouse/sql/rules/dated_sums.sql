-- grain: one explanation of one failing sum of the cumulative column, of its counterpart of the annual column, or of the
-- step from last year's cumulative figure (F07)
-- meaning: since when the figures differ. Two sums whose terms are equal but for the measure are counterparts. Where last
-- year's report is official, the gap of its cumulative column is what was inherited; where it is not, the annual column's
-- gap is what this year made, and the rest was there before. Of an organ that continues others' figures (stage.lineage) no
-- single report of the year before says what was inherited.
WITH shape AS (
    SELECT
        instance.instance_id,
        instance.rule_id,
        instance.form_code,
        instance.variant,
        instance.scope,
        min(term.measure) AS measure,
        string_agg(
            concat_ws(' ', term.side, CAST(term.coefficient AS VARCHAR), term.indicator_code, term.applicant_kind),
            ', ' ORDER BY term.position ASC
        ) AS terms
    FROM stage.rule_instance AS instance
    JOIN stage.rule_term AS term ON term.instance_id = instance.instance_id
    WHERE instance.needs = 'own' AND instance.relation = '='
    GROUP BY instance.instance_id, instance.rule_id, instance.form_code, instance.variant, instance.scope
    HAVING min(term.measure) = max(term.measure)
),
pair AS (
    SELECT
        total.form_code,
        total.variant,
        total.instance_id,
        total.rule_id AS total_rule,
        total.scope AS total_scope,
        annual.instance_id AS annual_instance_id,
        annual.rule_id AS annual_rule,
        annual.scope AS annual_scope
    FROM shape AS total
    JOIN shape AS annual
        ON annual.form_code = total.form_code AND annual.variant = total.variant AND annual.terms = total.terms
    WHERE total.measure = 'cumulative' AND annual.measure = 'annual'
),
gap AS (
    SELECT
        outcome.submission_id,
        outcome.rule_id,
        outcome.scope,
        CAST(CASE outcome.outcome WHEN 'pass' THEN 0 ELSE outcome.difference END AS DECIMAL(28, 4)) AS gap
    FROM stage.rule_outcome AS outcome
    WHERE (outcome.outcome = 'pass' OR (outcome.outcome = 'fail' AND outcome.difference IS NOT NULL))
        AND outcome.rule_id IN (SELECT total_rule FROM pair UNION SELECT annual_rule FROM pair)
),
summed AS (
    SELECT
        standing.submission_id,
        standing.report_year - 1 AS year_before,
        pair.*,
        total_gap.gap AS total_gap,
        annual_gap.gap AS annual_gap,
        gap_before.gap AS gap_before,
        CASE WHEN gap_before.gap IS NULL THEN annual_gap.gap ELSE total_gap.gap - gap_before.gap END AS made
    FROM stage.standing AS standing
    JOIN pair ON pair.form_code = standing.form_code AND pair.variant = standing.variant
    JOIN gap AS total_gap
        ON total_gap.submission_id = standing.submission_id AND total_gap.rule_id = pair.total_rule
        AND total_gap.scope = pair.total_scope
    JOIN gap AS annual_gap
        ON annual_gap.submission_id = standing.submission_id AND annual_gap.rule_id = pair.annual_rule
        AND annual_gap.scope = pair.annual_scope
    LEFT JOIN stage.lineage AS lineage
        ON lineage.organ_code = standing.organ_code AND lineage.report_year = standing.report_year AND lineage.is_alone
    LEFT JOIN stage.standing AS before
        ON before.organ_code = lineage.organ_code AND before.form_code = standing.form_code
        AND before.report_year = standing.report_year - 1 AND before.is_official
    LEFT JOIN gap AS gap_before
        ON gap_before.submission_id = before.submission_id AND gap_before.rule_id = pair.total_rule
        AND gap_before.scope = pair.total_scope
),
unclosed AS (
    SELECT summed.*, summed.total_gap - summed.made AS inherited
    FROM summed
    WHERE summed.total_gap <> 0
),
number AS (
    SELECT known.submission_id, known.indicator_code, known.applicant_kind, known.measure,
        CAST(coalesce(known.value, 0) AS DECIMAL(28, 4)) AS value
    FROM stage.known AS known
    WHERE known.submission_id IN (SELECT submission_id FROM unclosed)
),
-- the column of the year before that the two columns imply: cumulative less annual, addend by addend
implied AS (
    SELECT
        unclosed.submission_id,
        unclosed.instance_id,
        unclosed.annual_instance_id,
        total_term.side,
        sum(total_term.coefficient * (total_cell.value - annual_cell.value)) AS amount,
        string_agg(
            concat(
                CASE WHEN total_term.coefficient < 0 THEN '－' WHEN total_term.position > first_term.position THEN '＋' ELSE '' END,
                CASE WHEN abs(total_term.coefficient) <> 1
                    THEN concat(regexp_replace(CAST(abs(total_term.coefficient) AS VARCHAR), '\.?0+$', ''), '×') ELSE '' END,
                regexp_replace(CAST(total_cell.value - annual_cell.value AS VARCHAR), '\.?0+$', '')
            ), '' ORDER BY total_term.position ASC
        ) AS written
    FROM unclosed
    JOIN stage.rule_term AS total_term ON total_term.instance_id = unclosed.instance_id
    JOIN (
        SELECT instance_id, side, min(position) AS position FROM stage.rule_term GROUP BY instance_id, side
    ) AS first_term ON first_term.instance_id = total_term.instance_id AND first_term.side = total_term.side
    JOIN stage.rule_term AS annual_term
        ON annual_term.instance_id = unclosed.annual_instance_id AND annual_term.position = total_term.position
    JOIN number AS total_cell
        ON total_cell.submission_id = unclosed.submission_id AND total_cell.indicator_code = total_term.indicator_code
        AND total_cell.applicant_kind = total_term.applicant_kind AND total_cell.measure = total_term.measure
    JOIN number AS annual_cell
        ON annual_cell.submission_id = unclosed.submission_id AND annual_cell.indicator_code = annual_term.indicator_code
        AND annual_cell.applicant_kind = annual_term.applicant_kind AND annual_cell.measure = annual_term.measure
    GROUP BY unclosed.submission_id, unclosed.instance_id, unclosed.annual_instance_id, total_term.side
),
told AS (
    SELECT
        unclosed.*,
        concat('（累计减本年度，倒推的', CAST(year_before AS VARCHAR), '年累计列：', left_side.written, CASE
            WHEN left_side.amount = right_side.amount THEN concat('＝', right_side.written, '，正好平')
            ELSE concat(
                '，得', regexp_replace(CAST(left_side.amount AS VARCHAR), '\.?0+$', ''), '，另一边为', right_side.written,
                '，相差', regexp_replace(CAST(abs(left_side.amount - right_side.amount) AS VARCHAR), '\.?0+$', '')
            )
        END, '）') AS column_before,
        concat(CAST(year_before AS VARCHAR), '年') AS named_before,
        regexp_replace(CAST(total_gap AS VARCHAR), '\.?0+$', '') AS total_text,
        regexp_replace(CAST(annual_gap AS VARCHAR), '\.?0+$', '') AS annual_text,
        regexp_replace(CAST(made AS VARCHAR), '\.?0+$', '') AS made_text,
        regexp_replace(CAST(inherited AS VARCHAR), '\.?0+$', '') AS inherited_text
    FROM unclosed
    JOIN implied AS left_side
        ON left_side.submission_id = unclosed.submission_id AND left_side.instance_id = unclosed.instance_id
        AND left_side.annual_instance_id = unclosed.annual_instance_id AND left_side.side = 'left'
    JOIN implied AS right_side
        ON right_side.submission_id = unclosed.submission_id AND right_side.instance_id = unclosed.instance_id
        AND right_side.annual_instance_id = unclosed.annual_instance_id AND right_side.side = 'right'
),
worded AS (
    SELECT
        told.*,
        CASE
            WHEN made = annual_gap AND inherited = 0 THEN concat(
                '本年度列与历年累计列的差额相同（都是', made_text, '）：是本年造成的，不是以前年度带来的', column_before, '。',
                CASE WHEN gap_before IS NOT NULL THEN concat('在案的', named_before, '累计列本来是平的，可以印证。') ELSE '' END
            )
            WHEN made = annual_gap THEN concat(
                '历年累计列共差', total_text, '，其中', made_text, '与本年度列的差额相同，是本年造成的', column_before, '。'
            )
            ELSE concat(
                '历年累计列共差', total_text, '，在案的', named_before, '累计列差', inherited_text, '，本年度列差', annual_text,
                '：其中', made_text, '是本年填报造成的', CASE WHEN annual_gap = 0 THEN '，错在累计列' ELSE '' END, '。'
            )
        END AS made_words,
        CASE
            WHEN made = 0 AND gap_before IS NOT NULL THEN concat(
                '在案的', named_before, '累计列已差', inherited_text, '，本年原样带了过来：不是本年造成的', column_before, '。'
            )
            WHEN made = 0 THEN concat(
                '本年度列是平的，差额', inherited_text, '只在历年累计列：多半是', named_before, '或更早带来的', column_before,
                '。', named_before, '没有可以对照的同一项核对，无从印证。'
            )
            WHEN gap_before IS NOT NULL THEN concat(
                '历年累计列共差', total_text, '，其中', inherited_text, '在案的', named_before, '累计列就有，是带过来的。'
            )
            ELSE concat(
                '历年累计列共差', total_text, '，本年度列差', annual_text, '：其余', inherited_text, '多半是', named_before,
                '或更早带来的', column_before, '。'
            )
        END AS inherited_words
    FROM told
),
-- F07: a row's step from last year's figure, seen by a sum of the cumulative column that the row takes part in
step AS (
    SELECT
        outcome.submission_id,
        outcome.rule_id,
        outcome.scope,
        summed.year_before,
        summed.total_rule,
        CASE WHEN member.side = 'left' THEN member.coefficient ELSE -member.coefficient END * outcome.difference AS carried,
        summed.total_gap - summed.annual_gap AS gap_implied,
        summed.gap_before
    FROM stage.rule_outcome AS outcome
    JOIN stage.submission AS submission ON submission.submission_id = outcome.submission_id
    JOIN stage.rule_instance AS instance
        ON instance.rule_id = outcome.rule_id AND instance.scope = outcome.scope AND instance.needs = 'prior'
        AND instance.form_code = submission.form_code AND instance.variant = submission.variant
    JOIN stage.rule_term AS own_term
        ON own_term.instance_id = instance.instance_id AND own_term.source = 'own' AND own_term.measure = 'cumulative'
        AND own_term.side = 'left' AND own_term.coefficient = 1
    JOIN stage.rule_term AS prior_term
        ON prior_term.instance_id = instance.instance_id AND prior_term.source = 'prior'
        AND prior_term.measure = 'cumulative' AND prior_term.indicator_code = own_term.indicator_code
    JOIN summed ON summed.submission_id = outcome.submission_id AND summed.gap_before IS NOT NULL
    JOIN stage.rule_term AS member
        ON member.instance_id = summed.instance_id AND member.indicator_code = own_term.indicator_code
        AND member.applicant_kind = own_term.applicant_kind
    WHERE outcome.outcome = 'fail' AND instance.relation = '=' AND outcome.difference IS NOT NULL
),
explanation AS (
    SELECT submission_id, total_rule AS rule_id, total_scope AS scope, 'made_this_year' AS kind, made_words AS message
    FROM worded
    WHERE made <> 0
    UNION ALL
    SELECT submission_id, total_rule, total_scope, 'inherited', inherited_words
    FROM worded
    WHERE inherited <> 0
    UNION ALL
    SELECT submission_id, annual_rule, annual_scope, 'made_this_year', made_words
    FROM worded
    WHERE made = annual_gap AND made <> 0
    UNION ALL
    SELECT
        submission_id, rule_id, scope,
        CASE WHEN gap_implied = 0 THEN 'inherited' ELSE 'made_this_year' END,
        CASE WHEN gap_implied = 0 THEN concat(
            '本年累计减本年度的各项合得上，在案的', CAST(year_before AS VARCHAR), '年累计列却差',
            regexp_replace(CAST(gap_before AS VARCHAR), '\.?0+$', ''), '（', total_rule, '）：多半错在上年报表，请先更正上年。'
        ) ELSE concat(
            '在案的', CAST(year_before AS VARCHAR), '年累计列合得上，本年累计减本年度的各项却差',
            regexp_replace(CAST(gap_implied AS VARCHAR), '\.?0+$', ''), '（', total_rule, '）：多半错在本年报表。'
        ) END
    FROM step
    WHERE (gap_implied = 0 AND gap_before = -carried) OR (gap_before = 0 AND gap_implied = carried)
)
SELECT DISTINCT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(rule_id AS VARCHAR) AS rule_id,
    CAST(scope AS VARCHAR) AS scope,
    CAST(CASE kind WHEN 'made_this_year' THEN 4 ELSE 5 END AS INTEGER) AS position,
    CAST(kind AS VARCHAR) AS kind,
    CAST('' AS VARCHAR) AS indicator_code,
    CAST('' AS VARCHAR) AS applicant_kind,
    CAST(CASE WHEN scope LIKE 'cumulative%' THEN 'cumulative' ELSE 'annual' END AS VARCHAR) AS measure,
    CAST(NULL AS DECIMAL(18, 4)) AS suggested_value,
    CAST(message AS VARCHAR) AS message
FROM explanation
