-- mixed.lua: what a sale looks like from outside: 1 purchase to 10 polls to 5 reads of the item.
--
--   ITEM=demo wrk -t2 -c64 -d10s --latency -s LoadTests/wrk/mixed.lua http://127.0.0.1:8080
--
-- Polls go to the tickets that this thread was given, the last 1,000 of them in turn; until there is one, and once the
-- item is sold out before there was one, a read of the item takes their place. Reading the answers costs wrk about
-- half its speed: use purchase.lua, poll.lua and item.lua to find what a server can do.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local report = dofile(folder .. "report.lua")

local most = 1000  -- tickets remembered
local random = assert(io.open("/dev/urandom", "rb"))
local a, b = random:read(2):byte(1, 2)
random:close()

local view = report.get("/v1/items/" .. report.item)
local tickets, given, asked = {}, 0, 0
local count = 0

setup = report.setup()
done = report.done

local function purchase()
    local user = string.format("%02x%02x%02d%010d", a, b, number, count)
    local body = '{"user":"' .. user .. '","quantity":1}'
    return "POST /v1/items/" .. report.item .. "/purchases HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
    local turn = count % 16
    count = count + 1
    if turn == 0 then return purchase() end
    if turn % 3 == 0 or #tickets == 0 then return view end
    asked = asked % #tickets + 1
    return tickets[asked]
end

function response(status, headers)
    if status ~= 202 then return end
    tickets[given % most + 1] = report.get(headers["Location"])
    given = given + 1
end
