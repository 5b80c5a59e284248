-- 厦门市市政园林局历年报了什么？（organ_profile：代码、现名、曾用名、简称都可以）
-- What did one organ report over the years? Its code or any of its names will do.
SELECT report_year, form_code, status, opened, requests_received, answered, granted, partly_granted, reviews, lawsuits
FROM organ_profile('厦门市市政园林局')
ORDER BY report_year ASC, form_code ASC
