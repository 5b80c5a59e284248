-- grain: one cell of one official report of a government (published or consolidated)
-- meaning: the cell against the sum of the same cell over the official submissions below: for the city's published report
-- all that the totals sum, for a district's consolidated one its members' own. It is judged only when every
-- organ that must report is in; a nil report adds nothing; a leaf's blank cell is some number >= 0.
WITH umbrella AS (
    SELECT submission_id, organ_code, report_year, form_code, variant, basis
    FROM stage.standing
    WHERE is_official AND basis IN ('published', 'consolidated') AND NOT is_nil
),
leaf AS (
    SELECT umbrella.submission_id AS umbrella_id, standing.submission_id, standing.organ_code, standing.is_nil
    FROM umbrella
    JOIN stage.standing AS standing
        ON standing.report_year = umbrella.report_year AND standing.form_code = umbrella.form_code
        AND standing.is_official
    -- as in mart.city_rollup: who owes nothing is read, judged and not added
    JOIN stage.duty AS duty
        ON duty.organ_code = standing.organ_code AND duty.report_year = standing.report_year
        AND duty.form_code = standing.form_code AND duty.basis = standing.basis
    -- where the organ stood in that year
    LEFT JOIN stage.organ_year AS place
        ON place.organ_code = standing.organ_code AND place.report_year = standing.report_year
    WHERE (umbrella.basis = 'published' AND duty.basis = duty.summed_basis)
        OR (umbrella.basis = 'consolidated' AND duty.basis = 'own' AND place.district_code = umbrella.organ_code)
),
missing_leaf AS (
    SELECT
        umbrella.submission_id AS umbrella_id,
        coalesce(place.name, duty.organ_code) AS name,
        duty.organ_code,
        row_number() OVER (PARTITION BY umbrella.submission_id ORDER BY duty.organ_code ASC) AS place
    FROM umbrella
    JOIN stage.duty AS duty
        ON duty.report_year = umbrella.report_year AND duty.form_code = umbrella.form_code
    LEFT JOIN stage.organ_year AS place
        ON place.organ_code = duty.organ_code AND place.report_year = duty.report_year
    LEFT JOIN leaf ON leaf.umbrella_id = umbrella.submission_id AND leaf.organ_code = duty.organ_code
    WHERE leaf.organ_code IS NULL
        AND (
            (umbrella.basis = 'published' AND duty.basis = duty.summed_basis AND duty.gates_total)
            -- members that the report replaces gate no total: it is compared with all of them
            OR (
                umbrella.basis = 'consolidated' AND duty.basis = 'own' AND place.district_code = umbrella.organ_code
                AND (duty.gates_total OR duty.summed_basis <> 'own')
            )
        )
),
missing AS (
    SELECT
        umbrella_id,
        count(*) AS organs,
        string_agg(CASE WHEN place <= 5 THEN name END, '、' ORDER BY place ASC) AS names
    FROM missing_leaf
    GROUP BY umbrella_id
),
reporting AS (
    SELECT umbrella_id, count(*) AS organs, sum(CASE WHEN is_nil THEN 0 ELSE 1 END) AS with_cells
    FROM leaf
    GROUP BY umbrella_id
),
computed AS (
    SELECT
        leaf.umbrella_id,
        cell.indicator_code,
        cell.applicant_kind,
        cell.measure,
        sum(coalesce(cell.value, cell.derived_value)) AS total,
        count(coalesce(cell.value, cell.derived_value)) AS figures
    FROM leaf
    JOIN stage.known AS cell ON cell.submission_id = leaf.submission_id
    GROUP BY leaf.umbrella_id, cell.indicator_code, cell.applicant_kind, cell.measure
),
compared AS (
    SELECT
        umbrella.*,
        printed.indicator_code,
        printed.applicant_kind,
        printed.measure,
        printed.label,
        coalesce(cell.value, cell.derived_value) AS reported,
        CASE WHEN coalesce(reporting.with_cells, 0) = 0 THEN 0 ELSE computed.total END AS computed,
        coalesce(reporting.organs, 0) AS leaves,
        coalesce(reporting.with_cells, 0) - coalesce(computed.figures, 0) AS leaf_blanks,
        coalesce(missing.organs, 0) AS missing,
        coalesce(missing.names, '') AS missing_names
    FROM umbrella
    JOIN stage.printed_cell AS printed ON printed.form_code = umbrella.form_code AND printed.variant = umbrella.variant
    LEFT JOIN stage.known AS cell
        ON cell.submission_id = umbrella.submission_id AND cell.indicator_code = printed.indicator_code
        AND cell.applicant_kind = printed.applicant_kind AND cell.measure = printed.measure
    LEFT JOIN computed
        ON computed.umbrella_id = umbrella.submission_id AND computed.indicator_code = printed.indicator_code
        AND computed.applicant_kind = printed.applicant_kind AND computed.measure = printed.measure
    LEFT JOIN reporting ON reporting.umbrella_id = umbrella.submission_id
    LEFT JOIN missing ON missing.umbrella_id = umbrella.submission_id
)
SELECT
    CAST(submission_id AS VARCHAR) AS submission_id,
    CAST(organ_code AS VARCHAR) AS organ_code,
    CAST(report_year AS INTEGER) AS report_year,
    CAST(form_code AS VARCHAR) AS form_code,
    CAST(basis AS VARCHAR) AS basis,
    CAST(measure AS VARCHAR) AS measure,
    CAST(concat(measure, CASE WHEN applicant_kind = '' THEN '' ELSE '/' END, applicant_kind, '/', indicator_code)
        AS VARCHAR) AS scope,
    CAST(label AS VARCHAR) AS label,
    CAST(CASE
        WHEN leaves = 0 THEN 'not_assessable'
        WHEN reported IS NULL AND computed IS NULL THEN 'not_assessable'
        -- one organ that is not in yet would otherwise be told once a cell; H02 tells it once
        WHEN missing > 0 THEN 'not_assessable'
        WHEN reported IS NULL THEN 'uncertain'
        WHEN reported = coalesce(computed, 0) THEN 'pass'
        WHEN leaf_blanks > 0 AND reported > coalesce(computed, 0) THEN 'uncertain'
        ELSE 'fail'
    END AS VARCHAR) AS outcome,
    CAST(reported AS DECIMAL(18, 4)) AS reported,
    CAST(CASE WHEN leaves > 0 AND abs(computed) < 99999999999999 THEN computed END AS DECIMAL(18, 4)) AS computed,
    CAST(CASE
        WHEN leaves = 0 THEN '没有下级填报单位的数'
        WHEN reported IS NULL AND computed IS NULL THEN '全部空白'
        WHEN missing > 0 THEN concat(
            '还缺', CAST(missing AS VARCHAR), '家单位（', missing_names, CASE WHEN missing > 5 THEN '等' ELSE '' END, '）')
        WHEN leaf_blanks > 0 THEN concat(CAST(leaf_blanks AS VARCHAR), '家单位该格空白，按零计')
        ELSE ''
    END AS VARCHAR) AS note,
    CAST(CASE
        WHEN reported IS NULL THEN '汇总报告该格空白或未能读准'
        ELSE concat(CAST(leaf_blanks AS VARCHAR), '家单位该格空白')
    END AS VARCHAR) AS gaps
FROM compared
