-- grain: finding and night on which its state changed: as the journal has the nights that are closed, and tonight
WITH known AS (
    SELECT
        finding_id,
        state,
        row_number() OVER (PARTITION BY finding_id ORDER BY night DESC) AS recency
    FROM stage.finding_event
),
compared AS (
    SELECT
        coalesce(f.finding_id, k.finding_id) AS finding_id,
        coalesce(f.state, 'gone') AS state,
        coalesce(k.state, '') AS state_before,
        f.decision_note
    FROM core.fct_finding AS f
    FULL JOIN (SELECT finding_id, state FROM known WHERE recency = 1) AS k ON k.finding_id = f.finding_id
)

SELECT finding_id, night, state, changed_at AS at, why
FROM stage.finding_event
UNION ALL
SELECT
    c.finding_id,
    b.night,
    c.state,
    b.built_at AS at,
    CASE
        WHEN c.state IN ('waived', 'lapsed') THEN c.decision_note
        WHEN c.state = 'gone' AND b.changed_since = '' THEN '不再发现：有关的数据或说明已改正'
        WHEN c.state = 'gone' THEN '不再发现；同夜有变的还有：' || b.changed_since
        WHEN c.state_before = '' THEN '首次发现'
        WHEN c.state_before = 'gone' THEN '再次发现'
        ELSE '接受不再适用'
    END AS why
FROM compared AS c
CROSS JOIN stage.build AS b
WHERE c.state <> c.state_before
ORDER BY finding_id, night
