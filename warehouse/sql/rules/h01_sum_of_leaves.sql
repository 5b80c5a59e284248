-- grain: one cell of one government's official report
-- meaning: H01, the cell against the sum of the leaves below; the outcome belongs to the organ and year, not to a file.
SELECT
    CAST(NULL AS VARCHAR) AS submission_id,
    CAST(NULL AS VARCHAR) AS file_id,
    CAST(comparison.organ_code AS VARCHAR) AS organ_code,
    CAST(comparison.report_year AS INTEGER) AS report_year,
    CAST(comparison.form_code AS VARCHAR) AS form_code,
    CAST(comparison.scope AS VARCHAR) AS scope,
    CAST(comparison.outcome AS VARCHAR) AS outcome,
    CAST(comparison.reported AS DECIMAL(18, 4)) AS lhs,
    CAST(comparison.computed AS DECIMAL(18, 4)) AS rhs,
    CAST(comparison.note AS VARCHAR) AS note,
    CAST(comparison.label AS VARCHAR) AS label,
    CAST(comparison.gaps AS VARCHAR) AS gaps
FROM stage.comparison AS comparison
JOIN stage.rule_edition AS edition ON edition.form_code = comparison.form_code AND edition.rule_id = $rule_id
