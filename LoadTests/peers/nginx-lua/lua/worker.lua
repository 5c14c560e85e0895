-- worker.lua: drains every item's queue from a timer, one script call for up to 256 purchases.
local store = require "store"

local worker = {}

local flags = ngx.shared.flags
local drain = store.script("drain")
local period = 0.005  -- seconds
local batch = 256  -- purchases a call
local calls = 64  -- in a row for one item before the next one's turn

local function turn(premature)
    if premature or flags:get("worker-stopped") then return end
    local connection = store.open()
    if not connection then return end
    for _, item in ipairs(connection:smembers("items") or {}) do
        local prefix = "{" .. item .. "}:"
        for _ = 1, calls do
            local reply = store.call(
                connection, drain, 3, prefix .. "meta", prefix .. "queue", prefix .. "results", batch)
            if not reply then return connection:close() end
            if reply[2] == 1 then flags:set("ended:" .. item, true) end
            if reply[1] < batch then break end
        end
    end
    store.close(connection)
end

local function chain(premature)
    if premature then return end
    pcall(turn)
    ngx.timer.at(period, chain)
end

-- Each turn begins a period after the one before has ended, so that no two drain at once.
function worker.start() ngx.timer.at(0, chain) end

return worker
