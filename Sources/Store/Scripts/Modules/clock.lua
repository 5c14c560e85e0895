-- clock.lua: the store's time.
--
--- shares: clock

-- Milliseconds since 1970.
local function clock()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
