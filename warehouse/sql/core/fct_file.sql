-- grain: file ever received, whatever became of it
SELECT
    f.file_id,
    f.sequence,
    f.sha256,
    f.folder,
    f.inbox_path,
    f.size_bytes,
    f.received_at,
    f.outcome,
    f.reason,
    CAST(count(s.submission_id) AS INTEGER) AS submissions
FROM stage.file AS f
LEFT JOIN stage.submission AS s ON s.file_id = f.file_id
GROUP BY ALL
ORDER BY f.sequence
