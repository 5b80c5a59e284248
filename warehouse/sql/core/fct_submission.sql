-- grain: submission (one organ, year and form out of one file), with what became of it
SELECT
    s.submission_id,
    s.organ_code,
    s.report_year,
    s.form_code,
    s.variant,
    s.basis,
    s.is_nil,
    s.file_id,
    regexp_extract(f.inbox_path, '[^/]*$') AS file_name,
    f.sha256,
    s.sequence,
    f.received_at,
    v.status,
    v.is_official,
    v.supersedes,
    s.resubmission_reason,
    s.organ_code || '-' || CAST(s.report_year AS VARCHAR) || '-' || s.form_code || '-'
        || lpad(CAST(s.sequence AS VARCHAR), 6, '0') || '-' || left(f.sha256, 6) AS receipt_no
FROM stage.submission AS s
JOIN stage.file AS f ON f.file_id = s.file_id
JOIN stage.verdict AS v ON v.submission_id = s.submission_id
ORDER BY s.sequence, s.submission_id
