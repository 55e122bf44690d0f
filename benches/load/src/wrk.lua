-- Sends the call of a file again and again, with a token where one is given; at the end one line of JSON says what
-- came of it. Times are microseconds.

local PERCENTILES = { 10, 25, 50, 75, 90, 95, 99, 99.9, 100 }

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  if args[2] then
    wrk.headers["Authorization"] = "Bearer " .. args[2]
  end
end

function done(summary, latency)
  local errors = {}
  for _, kind in ipairs({ "connect", "read", "write", "status", "timeout" }) do
    errors[#errors + 1] = string.format('"%s":%d', kind, summary.errors[kind])
  end
  local times = {}
  for _, percentile in ipairs(PERCENTILES) do
    times[#times + 1] = string.format("[%g,%d]", percentile, latency:percentile(percentile))
  end
  io.write(string.format('{"requests":%d,"duration":%d,"errors":{%s},"latency":[%s]}\n',
    summary.requests, summary.duration, table.concat(errors, ","), table.concat(times, ",")))
end
