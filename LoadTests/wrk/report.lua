-- report.lua: what the other scripts share: settings from the environment, ready-made requests, a line of figures.
--
-- ITEM is the item's name, `demo` when not given. JSON=1 adds the line `json {…}` to wrk's own output: requests
-- answered, answers that are not 2xx or 3xx, socket errors, microseconds of the run and of the latency quantiles.
local report = {item = os.getenv("ITEM") or "demo"}

function report.get(path, headers)
    return "GET " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n" .. (headers or "") .. "\r\n"
end

-- Gives each thread its number, from 0.
function report.setup()
    local threads = 0
    return function(thread)
        thread:set("number", threads)
        threads = threads + 1
    end
end

function report.done(summary, latency)
    if os.getenv("JSON") ~= "1" then return end
    local errors = summary.errors
    print(string.format('json {"requests":%d,"refused":%d,"socket_errors":%d,"bytes":%d,"duration_us":%d,'
        .. '"p50_us":%d,"p90_us":%d,"p99_us":%d,"max_us":%d}', summary.requests, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout, summary.bytes, summary.duration,
        latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end

return report
