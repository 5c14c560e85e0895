-- settings.lua: an item as a whole.
--
--- needs: META
--- include: clock, item
--- constants: SETTINGS, DONE, NO_SUCH_ITEM, MOST_WAITING, PER_UNIT = 3
--- shares: default_queue_limit, describe

-- How many purchases may wait for so many units, PER_UNIT for each, where no operator set it.
local function default_queue_limit(total) return math.min(MOST_WAITING, math.max(1, total * PER_UNIT)) end

-- {DONE, counters..., boot, incarnation, salt, now (ms), settings, life, frozen_by, skips} as they are now, or
-- {NO_SUCH_ITEM}; the settings are the numbers of SETTINGS, 0 where an item made by an older build has none. An item
-- without a name for its life has the boot for it; frozen_by is "" or what check_durability.lua wrote, skips "" or what
-- reopen.lua wrote.
local function describe()
    local values = redis.call('HGETALL', META)
    if #values == 0 then return {NO_SUCH_ITEM} end
    local all, settings = {}, {}
    for at = 1, #values, 2 do all[values[at]] = values[at + 1] end
    for _, name in ipairs(counter_names) do meta[name] = tonumber(all[name]) end
    for i, name in ipairs({SETTINGS}) do settings[i] = tonumber(all[name] or 0) end
    return reply(DONE, all.boot, all.incarnation, all.salt, clock(), settings, all.life or all.boot,
        all.frozen_by or '', all.skips or '')
end
