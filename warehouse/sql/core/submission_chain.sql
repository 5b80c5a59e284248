-- grain: submission, in its place among those of the same organ, year and form
-- From when to when it counted is told as everything is judged now: a submission counts from its receipt, or from the
-- receipt of the last decision that it needed, until any later one counts. One that a later submission was before never
-- counted.
WITH version AS (
    SELECT
        s.*,
        v.repeats,
        row_number() OVER (
            PARTITION BY s.organ_code, s.report_year, s.form_code ORDER BY s.sequence, s.submission_id
        ) AS version,
        lag(s.submission_id) OVER (
            PARTITION BY s.organ_code, s.report_year, s.form_code ORDER BY s.sequence, s.submission_id
        ) AS submitted_before
    FROM core.fct_submission AS s
    JOIN stage.verdict AS v ON v.submission_id = s.submission_id
),
-- an acceptance that has lapsed by now, since other figures came, still freed the version that it was about
decided AS (
    SELECT organ_code, report_year, form_code, rule_id, scope, lhs, rhs, message, min(received_at) AS decided_at
    FROM core.fct_decision
    WHERE decision = 'accept_as_printed' AND effect <> 'no_effect'
    GROUP BY organ_code, report_year, form_code, rule_id, scope, lhs, rhs, message
),
waived AS (
    SELECT f.submission_id, max(d.decided_at) AS decided_at
    FROM core.fct_finding AS f
    JOIN decided AS d
        ON d.organ_code = f.organ_code AND d.report_year = f.report_year AND d.form_code = f.form_code
        AND d.rule_id = f.rule_id AND d.scope = f.scope
        AND d.lhs IS NOT DISTINCT FROM f.lhs AND d.rhs IS NOT DISTINCT FROM f.rhs
        AND (f.lhs IS NOT NULL OR f.rhs IS NOT NULL OR d.message = f.message)
    WHERE f.severity = 'error' AND f.outcome = 'fail' AND f.state = 'waived'
    GROUP BY f.submission_id
),
counted AS (
    SELECT
        v.*,
        CASE
            WHEN v.status = 'held' OR v.repeats IS NOT NULL THEN NULL
            WHEN w.decided_at > v.received_at THEN w.decided_at
            ELSE v.received_at
        END AS counts_from
    FROM version AS v
    LEFT JOIN waived AS w ON w.submission_id = v.submission_id
),
-- a decision may come after later versions, so the next version is not always the first to take its place
replaced AS (
    SELECT
        counted.*,
        min(counts_from) OVER (
            PARTITION BY organ_code, report_year, form_code ORDER BY version
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS counts_to
    FROM counted
),
side AS (
    SELECT v.submission_id, c.indicator_code, c.applicant_kind, c.measure,
        concat(c.value_state, CAST(c.value AS VARCHAR)) AS content
    FROM version AS v
    JOIN core.fct_cell AS c ON c.submission_id = v.submission_id
    WHERE v.submitted_before IS NOT NULL
    UNION ALL
    SELECT v.submission_id, c.indicator_code, c.applicant_kind, c.measure,
        concat(c.value_state, CAST(c.value AS VARCHAR)) AS content
    FROM version AS v
    JOIN core.fct_cell AS c ON c.submission_id = v.submitted_before
),
differing AS (
    SELECT submission_id, count(*) AS cells
    FROM (
        SELECT submission_id
        FROM side
        GROUP BY submission_id, indicator_code, applicant_kind, measure
        HAVING count(*) = 1 OR min(content) <> max(content)
    ) AS cell
    GROUP BY submission_id
)

SELECT
    c.submission_id,
    c.organ_code,
    c.report_year,
    c.form_code,
    CAST(c.version AS INTEGER) AS version,
    c.status,
    c.is_official,
    c.received_at,
    c.resubmission_reason,
    CAST(CASE WHEN c.submitted_before IS NOT NULL THEN coalesce(d.cells, 0) END AS INTEGER) AS differs_in_cells,
    c.repeats,
    c.supersedes,
    n.submission_id AS superseded_by,
    CASE WHEN coalesce(c.counts_from < c.counts_to, TRUE) THEN c.counts_from END AS official_from,
    CASE WHEN c.counts_from < c.counts_to THEN c.counts_to END AS official_to
FROM replaced AS c
LEFT JOIN replaced AS n ON n.supersedes = c.submission_id
LEFT JOIN differing AS d ON d.submission_id = c.submission_id
ORDER BY c.report_year, c.form_code, c.organ_code, c.version
