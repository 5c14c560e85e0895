-- purchase.lua: purchases by users who have never bought before, each of 16 bytes: run, thread, counter.
--
--   ITEM=demo wrk -t1 -c64 -d10s --latency -s LoadTests/wrk/purchase.lua http://127.0.0.1:8080
--
-- RUN is four characters of your own, made up when not given: the same ones buy again what they have. wrk.format would
-- cost more than everything else here, so requests are put together from ready-made pieces.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local report = dofile(folder .. "report.lua")

local run = os.getenv("RUN")
if not run then
    local random = assert(io.open("/dev/urandom", "rb"))
    local a, b = random:read(2):byte(1, 2)
    random:close()
    run = string.format("%02x%02x", a, b)
end

local body = '{"user":"%s","quantity":1}'
local head = "POST /v1/items/" .. report.item .. "/purchases HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    .. "Content-Type: application/json\r\nContent-Length: " .. #body - 2 + 16 .. "\r\n\r\n"
local before, after, count

setup = report.setup()
done = report.done

function init()
    local user = run .. string.format("%02d", number)
    before, after = (head .. body):match("^(.*)%%s(.*)$")
    before = before .. user
    count = 0
end

function request()
    count = count + 1
    return before .. string.format("%010d", count) .. after
end
