-- notification.lua: publish that an item changed.
--
-- CHANGED is the channel, a constant of the connection.
--
--- needs: META
--- constants: CHANGED
--- shares: notify

-- `kind` is SETTINGS_CHANGED (listeners read the item again) or COUNTERS_CHANGED (the message has all that changed);
-- `counters` are in the order of COUNTERS; `runs` are packed results.
local function notify(kind, incarnation, counters, runs)
    local item = string.match(META, '{(.*)}')
    redis.call('PUBLISH', CHANGED, kind .. ' ' .. item .. ' ' .. incarnation .. ' ' .. table.concat(counters, ' ')
        .. '\n' .. runs)
end
