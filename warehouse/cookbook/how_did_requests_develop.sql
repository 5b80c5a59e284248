-- 收到的申请数逐年怎样变化？换表样的年份能不能相接？
-- How did the number of requests develop over the years, and where may the line be carried on across editions?
SELECT report_year, form_code, value, comparability, prior_form_code, change, change_pct, note
FROM mart.concept_series
WHERE concept_code = 'requests_received' AND slice_kind = 'city'
ORDER BY report_year ASC, form_code ASC
