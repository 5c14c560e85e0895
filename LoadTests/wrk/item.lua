-- item.lua: reads one item again and again.
--
--   ITEM=demo ETAG='W/"1f"' wrk -t1 -c64 -d10s --latency -s LoadTests/wrk/item.lua http://127.0.0.1:8080
--
-- With ETAG, the tag of an earlier answer, the server may answer 304 while nothing has changed.
local folder = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
local report = dofile(folder .. "report.lua")

local tag = os.getenv("ETAG")
local text = report.get("/v1/items/" .. report.item, tag and "If-None-Match: " .. tag .. "\r\n")

setup = report.setup()
done = report.done

function request() return text end
