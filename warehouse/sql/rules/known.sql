-- grain: one cell of one submission
-- meaning: stage.figure with the value that a closed sum implies for a blank total beside the printed one.
SELECT
    CAST(figure.submission_id AS VARCHAR) AS submission_id,
    CAST(figure.indicator_code AS VARCHAR) AS indicator_code,
    CAST(figure.applicant_kind AS VARCHAR) AS applicant_kind,
    CAST(figure.measure AS VARCHAR) AS measure,
    CAST(figure.state AS VARCHAR) AS state,
    CAST(figure.value AS DECIMAL(18, 4)) AS value,
    CAST(derived.derived_value AS DECIMAL(18, 4)) AS derived_value
FROM stage.figure AS figure
LEFT JOIN stage.derived_value AS derived
    ON derived.submission_id = figure.submission_id AND derived.indicator_code = figure.indicator_code
    AND derived.applicant_kind = figure.applicant_kind AND derived.measure = figure.measure
