-- grain: one organ and report year in which it filed, and each organ whose figures of the year before its own continue
-- meaning: with whom a year is compared. That is the organ itself, unless something happened that takes effect that year:
-- an organ that others were merged into continues theirs as well (its own only where it existed before). carries: what of
-- the member's figures it continues - 'all', 'cumulative' ones only, or 'none' where no whole is carried over: a share
-- below 1 or not stated is never guessed, on neither side of a split. why: the reason for less than all, in Chinese.
-- is_alone: nothing happened, the organ is compared with itself.
WITH filed AS (
    SELECT DISTINCT organ_code, report_year FROM stage.submission
),
-- a predecessor may be named by several events of the year: the one that hands over the whole decides
taken AS (
    SELECT
        filed.organ_code,
        filed.report_year,
        event.organ_code AS member_code,
        max(CASE WHEN event.share < 1 THEN 0 ELSE CASE event.carries WHEN 'all' THEN 2 WHEN 'cumulative' THEN 1 ELSE 0 END END)
            AS whole,
        string_agg(
            concat(event.sentence, CASE
                WHEN event.share IS NULL THEN '，份额未载明'
                WHEN event.share < 1 THEN concat('，份额为', regexp_replace(CAST(event.share AS VARCHAR), '\.?0+$', ''))
                WHEN event.carries = 'cumulative' THEN '，只延续历年累计数'
                ELSE ''
            END), '；' ORDER BY event.event ASC
        ) AS told
    FROM filed
    JOIN stage.organ_event AS event
        ON event.successor_code = filed.organ_code AND event.effective_year = filed.report_year
    GROUP BY filed.organ_code, filed.report_year, event.organ_code
),
given AS (
    SELECT
        filed.organ_code,
        filed.report_year,
        string_agg(event.sentence, '；' ORDER BY event.sentence ASC) AS told
    FROM filed
    JOIN stage.organ_event AS event
        ON event.organ_code = filed.organ_code AND event.effective_year = filed.report_year
        AND event.event IN ('split', 'function_moved') AND event.successor_code IS NOT NULL
    GROUP BY filed.organ_code, filed.report_year
),
member AS (
    SELECT
        filed.organ_code,
        filed.report_year,
        filed.organ_code AS member_code,
        CASE WHEN given.organ_code IS NULL THEN 'all' ELSE 'none' END AS carries,
        coalesce(given.told, '') AS told
    FROM filed
    LEFT JOIN given ON given.organ_code = filed.organ_code AND given.report_year = filed.report_year
    LEFT JOIN stage.organ AS organ ON organ.organ_code = filed.organ_code
    WHERE coalesce(organ.valid_from_year < filed.report_year, TRUE)
        OR NOT EXISTS (
            SELECT 1 FROM taken
            WHERE taken.organ_code = filed.organ_code AND taken.report_year = filed.report_year
        )
    UNION ALL
    SELECT
        organ_code,
        report_year,
        member_code,
        CASE whole WHEN 2 THEN 'all' WHEN 1 THEN 'cumulative' ELSE 'none' END,
        CASE WHEN whole < 2 THEN told ELSE '' END
    FROM taken
)
SELECT
    CAST(member.organ_code AS VARCHAR) AS organ_code,
    CAST(member.report_year AS INTEGER) AS report_year,
    CAST(member.member_code AS VARCHAR) AS member_code,
    CAST(coalesce(place.name, organ.name, member.member_code) AS VARCHAR) AS name,
    CAST(member.carries AS VARCHAR) AS carries,
    CAST(CASE WHEN member.told = '' THEN '' ELSE concat(member.told, '，不与上年核对') END AS VARCHAR) AS why,
    CAST(member.carries = 'all' AND member.member_code = member.organ_code
        AND count(*) OVER (PARTITION BY member.organ_code, member.report_year) = 1 AS BOOLEAN) AS is_alone
FROM member
LEFT JOIN stage.organ AS organ ON organ.organ_code = member.member_code
LEFT JOIN stage.organ_year AS place
    ON place.organ_code = member.member_code AND place.report_year = member.report_year - 1
