-- 发布过几次，每次变了什么？
-- What was released, when, and what did it change?
SELECT release_no, night, released_at, official_cells, changed
FROM meta.release
ORDER BY release_no ASC
