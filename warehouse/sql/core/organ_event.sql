-- grain: event of an organ and successor
SELECT
    organ_code,
    event,
    happened_on,
    effective_year,
    successor_code,
    share,
    carries,
    source AS source_kind,
    sentence,
    note
FROM stage.organ_event
ORDER BY effective_year, organ_code, event, successor_code NULLS FIRST
