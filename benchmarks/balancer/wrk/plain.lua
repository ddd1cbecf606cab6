-- wrk's own GET: a request line and a Host header, the same bytes each time.
require "report"
