-- the error for a code that is not among `known`, with the closest that are
error(
    '没有“' || code || '”这个指标族或指标，相近的有 / no such family of figures or indicator, closest are: '
    || (
        SELECT coalesce(string_agg(c.known_code, ', ' ORDER BY c.place ASC), '')
        FROM (
            SELECT
                k.known_code,
                row_number() OVER (
                    ORDER BY jaro_winkler_similarity(k.known_code, code) DESC, k.known_code ASC
                ) AS place
            FROM known AS k
        ) AS c
        WHERE c.place <= 5
    )
)
