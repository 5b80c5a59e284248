-- grain: one blank total of one submission
-- meaning: a row of which nothing at all is printed. Where the closed sum of totals above it (M02) already closes over the
-- printed and derived totals, numbers that cannot be negative leave only zero for the blank ones.
WITH derivable AS (
    SELECT instance.form_code, instance.variant, instance.instance_id, whole.indicator_code, whole.applicant_kind, whole.measure
    FROM stage.rule_instance AS instance
    JOIN stage.rule_term AS whole ON whole.instance_id = instance.instance_id AND whole.side = 'left'
    WHERE instance.derives_total
),
empty_row AS (
    SELECT
        submission.submission_id, derivable.indicator_code, derivable.applicant_kind, derivable.measure
    FROM stage.submission AS submission
    JOIN derivable ON derivable.form_code = submission.form_code AND derivable.variant = submission.variant
    JOIN stage.rule_term AS member ON member.instance_id = derivable.instance_id
    LEFT JOIN stage.figure AS cell
        ON cell.submission_id = submission.submission_id AND cell.indicator_code = member.indicator_code
        AND cell.applicant_kind = member.applicant_kind AND cell.measure = member.measure
    GROUP BY submission.submission_id, derivable.indicator_code, derivable.applicant_kind, derivable.measure
    HAVING sum(CASE WHEN coalesce(cell.state, 'unread') = 'blank' THEN 0 ELSE 1 END) = 0
),
closed_sum AS (
    SELECT submission.submission_id, instance.instance_id
    FROM stage.submission AS submission
    JOIN stage.rule_instance AS instance
        ON instance.form_code = submission.form_code AND instance.variant = submission.variant AND instance.implies_zero
    JOIN stage.rule_term AS member ON member.instance_id = instance.instance_id
    LEFT JOIN stage.figure AS cell
        ON cell.submission_id = submission.submission_id AND cell.indicator_code = member.indicator_code
        AND cell.applicant_kind = member.applicant_kind AND cell.measure = member.measure
    LEFT JOIN stage.derived_value AS derived
        ON derived.submission_id = submission.submission_id AND derived.indicator_code = member.indicator_code
        AND derived.applicant_kind = member.applicant_kind AND derived.measure = member.measure
    GROUP BY submission.submission_id, instance.instance_id
    HAVING sum(CASE WHEN member.side = 'left' THEN member.coefficient ELSE -member.coefficient END
            * CAST(coalesce(cell.value, derived.derived_value, 0) AS DECIMAL(28, 4))) = 0
        AND sum(CASE WHEN coalesce(cell.state, 'unread') = 'unread' THEN 1 ELSE 0 END) = 0
        AND sum(CASE WHEN member.side = 'left' AND coalesce(cell.value, derived.derived_value) IS NULL THEN 1 ELSE 0 END) = 0
)
SELECT DISTINCT
    CAST(empty_row.submission_id AS VARCHAR) AS submission_id,
    CAST(empty_row.indicator_code AS VARCHAR) AS indicator_code,
    CAST(empty_row.applicant_kind AS VARCHAR) AS applicant_kind,
    CAST(empty_row.measure AS VARCHAR) AS measure,
    CAST(0 AS DECIMAL(18, 4)) AS derived_value
FROM empty_row
JOIN closed_sum ON closed_sum.submission_id = empty_row.submission_id
JOIN stage.rule_term AS member
    ON member.instance_id = closed_sum.instance_id AND member.side = 'right'
    AND member.indicator_code = empty_row.indicator_code AND member.applicant_kind = empty_row.applicant_kind
    AND member.measure = empty_row.measure
