-- grain: one organ, report year and edition: every municipal office that filed, and every organ in two roles
-- meaning: H03, an organ must not be leaf and city total at once: it has both bases, or a column of the office's own report
-- is the city's published one (three non-zero cells or more, every one equal). lhs = cells so copied, rhs = 0 allowed.
-- A table that is the city's as a whole is told by X04, once: the office's report is held then and not looked at here.
WITH roles AS (
    SELECT organ_code, report_year, form_code, basis FROM stage.standing
    UNION
    SELECT organ_code, report_year, form_code, basis FROM stage.duty
),
two_roles AS (
    SELECT organ_code, report_year, form_code
    FROM roles
    WHERE basis IN ('own', 'published')
    GROUP BY organ_code, report_year, form_code
    HAVING count(DISTINCT basis) = 2
),
pair AS (
    SELECT
        office.organ_code,
        office.report_year,
        office.form_code,
        office.submission_id AS office_id,
        city.submission_id AS city_id
    FROM stage.standing AS office
    JOIN stage.organ AS organ ON organ.organ_code = office.organ_code AND organ.kind = 'municipal_office'
    LEFT JOIN stage.standing AS city
        ON city.organ_code = organ.parent_code AND city.report_year = office.report_year
        AND city.form_code = office.form_code AND city.basis = 'published' AND city.is_official AND NOT city.is_nil
    WHERE office.is_official AND office.basis = 'own' AND NOT office.is_nil
),
likeness AS (
    SELECT
        pair.office_id,
        printed.measure,
        sum(CASE WHEN coalesce(mine.value, 0) <> 0 OR coalesce(theirs.value, 0) <> 0 THEN 1 ELSE 0 END) AS figures,
        sum(CASE WHEN mine.value <> 0 AND mine.value = theirs.value THEN 1 ELSE 0 END) AS equal_figures
    FROM pair
    JOIN stage.printed_cell AS printed ON printed.form_code = pair.form_code AND printed.variant = ''
    LEFT JOIN stage.known AS mine
        ON mine.submission_id = pair.office_id AND mine.indicator_code = printed.indicator_code
        AND mine.applicant_kind = printed.applicant_kind AND mine.measure = printed.measure
    LEFT JOIN stage.known AS theirs
        ON theirs.submission_id = pair.city_id AND theirs.indicator_code = printed.indicator_code
        AND theirs.applicant_kind = printed.applicant_kind AND theirs.measure = printed.measure
    GROUP BY pair.office_id, printed.measure
),
copied AS (
    SELECT office_id, max(CASE WHEN equal_figures = figures AND figures >= 3 THEN equal_figures ELSE 0 END) AS cells
    FROM likeness
    GROUP BY office_id
),
organ_year AS (
    SELECT organ_code, report_year, form_code FROM pair
    UNION
    SELECT organ_code, report_year, form_code FROM two_roles
)
SELECT
    CAST(NULL AS VARCHAR) AS submission_id,
    CAST(NULL AS VARCHAR) AS file_id,
    CAST(organ_year.organ_code AS VARCHAR) AS organ_code,
    CAST(organ_year.report_year AS INTEGER) AS report_year,
    CAST(organ_year.form_code AS VARCHAR) AS form_code,
    CAST(organ_year.form_code AS VARCHAR) AS scope,
    CAST(CASE
        WHEN two_roles.organ_code IS NOT NULL OR copied.cells > 0 THEN 'fail'
        WHEN pair.city_id IS NULL THEN 'not_assessable'
        ELSE 'pass'
    END AS VARCHAR) AS outcome,
    CAST(CASE WHEN pair.city_id IS NOT NULL THEN copied.cells END AS DECIMAL(18, 4)) AS lhs,
    CAST(CASE WHEN pair.city_id IS NOT NULL THEN 0 END AS DECIMAL(18, 4)) AS rhs,
    CAST(CASE WHEN two_roles.organ_code IS NULL AND pair.city_id IS NULL THEN '全市汇总报告不在案' ELSE '' END
        AS VARCHAR) AS note,
    CAST('' AS VARCHAR) AS label,
    CAST(CASE
        WHEN two_roles.organ_code IS NOT NULL THEN '同一机构既报本机关表又报全市汇总表'
        ELSE concat('有', CAST(coalesce(copied.cells, 0) AS VARCHAR), '个非零格与全市汇总报告逐格相同')
    END AS VARCHAR) AS gaps
FROM organ_year
JOIN stage.rule_edition AS edition ON edition.form_code = organ_year.form_code AND edition.rule_id = $rule_id
LEFT JOIN two_roles
    ON two_roles.organ_code = organ_year.organ_code AND two_roles.report_year = organ_year.report_year
    AND two_roles.form_code = organ_year.form_code
LEFT JOIN pair
    ON pair.organ_code = organ_year.organ_code AND pair.report_year = organ_year.report_year
    AND pair.form_code = organ_year.form_code
LEFT JOIN copied ON copied.office_id = pair.office_id
