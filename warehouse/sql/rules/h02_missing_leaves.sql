-- grain: one report year and edition
-- meaning: H02, organs that gate the city's total against those whose report (nil ones too) is official. lhs = organs that
-- reported, rhs = organs expected. The outcome belongs to the city government.
WITH city AS (
    SELECT min(organ_code) AS organ_code FROM stage.organ WHERE kind = 'city_government'
),
expected AS (
    SELECT
        duty.report_year,
        duty.form_code,
        duty.organ_code,
        coalesce(organ.name, duty.organ_code) AS name,
        standing.submission_id IS NOT NULL AS is_in,
        row_number() OVER (
            PARTITION BY duty.report_year, duty.form_code, standing.submission_id IS NOT NULL ORDER BY duty.organ_code ASC
        ) AS place
    FROM stage.duty AS duty
    JOIN stage.rule_edition AS edition ON edition.form_code = duty.form_code AND edition.rule_id = $rule_id
    LEFT JOIN stage.organ AS organ ON organ.organ_code = duty.organ_code
    LEFT JOIN stage.standing AS standing
        ON standing.organ_code = duty.organ_code AND standing.report_year = duty.report_year
        AND standing.form_code = duty.form_code AND standing.basis = duty.basis AND standing.is_official
    WHERE duty.basis = duty.summed_basis AND duty.gates_total
),
counted AS (
    SELECT
        report_year,
        form_code,
        count(*) AS organs,
        sum(CASE WHEN is_in THEN 1 ELSE 0 END) AS reported,
        string_agg(CASE WHEN NOT is_in AND place <= 10 THEN name END, '、' ORDER BY organ_code ASC) AS names
    FROM expected
    GROUP BY report_year, form_code
)
SELECT
    CAST(NULL AS VARCHAR) AS submission_id,
    CAST(NULL AS VARCHAR) AS file_id,
    CAST(coalesce(city.organ_code, '') AS VARCHAR) AS organ_code,
    CAST(counted.report_year AS INTEGER) AS report_year,
    CAST(counted.form_code AS VARCHAR) AS form_code,
    CAST(counted.form_code AS VARCHAR) AS scope,
    CAST(CASE WHEN counted.reported = counted.organs THEN 'pass' ELSE 'fail' END AS VARCHAR) AS outcome,
    CAST(counted.reported AS DECIMAL(18, 4)) AS lhs,
    CAST(counted.organs AS DECIMAL(18, 4)) AS rhs,
    CAST('' AS VARCHAR) AS note,
    CAST('' AS VARCHAR) AS label,
    CAST(concat(coalesce(counted.names, ''), CASE WHEN counted.organs - counted.reported > 10 THEN '等' ELSE '' END)
        AS VARCHAR) AS gaps
FROM counted
CROSS JOIN city
