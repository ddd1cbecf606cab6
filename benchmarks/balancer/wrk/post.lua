-- A body of 10,000 bytes, the same each time.
require "report"

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/octet-stream"
wrk.body = string.rep("0123456789", 1000)
