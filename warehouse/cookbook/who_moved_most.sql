-- 2018 年全市收到的申请变了 135 件，哪些单位造成的？（一条宏就够：who_moved）
-- Which organs made the change of the requests received in 2018? One macro says it.
SELECT organ_code, name, part, contribution
FROM who_moved('fj_req_total', 2018)
ORDER BY abs(contribution) DESC, organ_code ASC
LIMIT 10
