-- 各年度全市合计完整吗？应报、已报、零报告、缺报各几家，已报的单位上年占多少？
-- How complete are the city's totals: organs expected, in, nil, missing, and which part of last year's volume are those in?
SELECT
    report_year,
    form_code,
    organs_expected,
    organs_reported,
    organs_nil,
    organs_missing,
    coverage,
    coverage_volume,
    is_complete
FROM mart.city_rollup
WHERE slice_kind = 'city'
  AND measure = 'annual'
  AND (
      (form_code = 'fj_annex_2017' AND indicator_code = 'fj_req_total')
      OR (form_code = 'xm_supplement_2017' AND indicator_code = 'sup_made_total')
      OR (form_code = 'gb_2021' AND indicator_code = 'req_new' AND applicant_kind = 'total')
  )
ORDER BY report_year ASC, form_code ASC
