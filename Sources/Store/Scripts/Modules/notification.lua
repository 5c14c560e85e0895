-- notification.lua: publish what changed of an item.
--
-- CHANGED is the channel, a constant of the connection.
--
--- needs: META
--- constants: CHANGED
--- shares: notify

-- `kind` is SETTINGS_CHANGED (listeners read the item afresh) or COUNTERS_CHANGED (counters and results alone);
-- `counters` are those of COUNTERS, in that order; `runs` are packed results.
local function notify(kind, incarnation, counters, runs)
    local item = string.match(META, '{(.*)}')
    redis.call('PUBLISH', CHANGED, kind .. ' ' .. item .. ' ' .. incarnation .. ' ' .. table.concat(counters, ' ')
        .. '\n' .. runs)
end
