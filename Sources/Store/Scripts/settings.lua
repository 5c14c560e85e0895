-- settings.lua: an item as a whole; what inspect, put and alter share, put in front of each of them.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV     none of its own
--
-- Returns: nothing of its own; `describe` gives a reply.
-- Cost: O(fields). Idempotent: yes, it only reads.

local SETTINGS = {'frozen', 'closed', 'paused', 'opens_at', 'closes_at', 'queue_limit', 'per_user_limit',
    'per_user_units', 'largest', 'on_sold_out_close', 'weight', 'has_orders', 'holding', 'edition'}
local MOST_STOCK, MOST_WAITING = 1000000000, 100000000

-- How many may wait for so many units, where no operator said it.
local function default_queue_limit(total) return math.min(MOST_WAITING, math.max(1, total * 3)) end

-- The store's clock, ms.
local function clock()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- {0, counters..., boot, incarnation, salt, now (ms), settings, life, frozen_by, skips} as they are now, or {-1} where
-- there is no such item; the settings are the numbers of SETTINGS, 0 where an item made by an older build has none. An
-- item without a name for its life has the boot for it; frozen_by is "" or what check_durability.lua left, skips "" or what
-- reopen.lua left.
local function describe()
    local values = redis.call('HGETALL', KEYS[1])
    if #values == 0 then return {-1} end
    local all, settings = {}, {}
    for at = 1, #values, 2 do all[values[at]] = values[at + 1] end
    for _, name in ipairs(COUNTERS) do meta[name] = tonumber(all[name]) end
    for i, name in ipairs(SETTINGS) do settings[i] = tonumber(all[name] or 0) end
    return reply(0, all.boot, all.incarnation, all.salt, clock(), settings, all.life or all.boot, all.frozen_by or '',
        all.skips or '')
end
