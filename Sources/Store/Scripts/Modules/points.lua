-- points.lua: the points of a series by time, oldest first.
--
-- The first entry of the list is no point of the series: it is what was before all others, with time 0 where nothing
-- was.
--
--- constants: POINT_TIME
--- shares: time_of, count_until

local function time_of(point) return (struct.unpack(POINT_TIME, point)) end

-- How many of the `count` entries are of `time` or earlier, found by halves; the first one always is.
local function count_until(list, count, time)
    local low, high = 1, count
    while low < high do
        local middle = math.ceil((low + high) / 2)
        if time_of(redis.call('LINDEX', list, middle - 1)) <= time then low = middle else high = middle - 1 end
    end
    return low
end
