-- poll.lua: polls tickets again and again.
--
--   TICKETS=tickets.txt wrk -t1 -c64 -d10s --latency -s LoadTests/wrk/poll.lua http://127.0.0.1:8080
--
-- TICKETS is a file with one ticket a line; each thread goes through it in turn, beginning at a place of its own. FIELD
-- is one more header field of every request.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local report = dofile(folder .. "report.lua")

local requests, at = {}, 0
local field = os.getenv("FIELD")
local path = assert(os.getenv("TICKETS"), "TICKETS names no file of tickets")
for ticket in io.lines(path) do
    requests[#requests + 1] = report.get("/v1/tickets/" .. ticket, field and field .. "\r\n")
end
assert(#requests > 0, "no tickets in the file")

setup = report.setup()
done = report.done

function init() at = number * 7919 % #requests end

function request()
    at = at % #requests + 1
    return requests[at]
end
