-- 2018 年度各单位的附表填了什么？（一家一行，一格一列；只取计入全市合计的单位，各列相加就是全市数）
-- What did each organ report in the annex of 2018? A row for each, a column for each cell; the columns add up to the city's.
SELECT organ_code, name, fj_open_total, fj_req_total, fj_reply_total, fj_reply_granted, fj_reply_refused, fj_reviews, fj_suits
FROM view.fj_annex_2017
WHERE report_year = 2018 AND used_as = 'summed'
ORDER BY fj_req_total DESC NULLS LAST, organ_code ASC
