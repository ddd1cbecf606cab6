-- A path and a header that never come twice: nothing remembered from an earlier request helps.
require "report"

local count = 0

function request()
  count = count + 1
  return wrk.format("GET", "/recommend/" .. count, { ["X-Request-Number"] = tostring(count) })
end
