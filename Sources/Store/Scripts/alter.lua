-- alter.lua: pause, hold, resume, close, restock or thaw an item.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- KEYS[3]  once    STRING  the answer to an earlier call with the same key; none for a call without a key
--                          sluice:{item}:once:<key>
-- ARGV[3]  pause (stops drain and intake) | hold (stops the drain) | resume (ends both) | close | restock | thaw
-- ARGV[4]  units to add (restock), else 0
-- ARGV[5]  ms for which the answer is kept under KEYS[3]
-- ARGV[6]  drain rate for the answer, purchases a second
--
-- Returns: the values of `describe` in settings.lua, the drain rate, `frozen_by` as it was before a thaw or "", and 1
--          where it is the answer of an earlier call, else 0; or {ALTER_KEY_USED} where the key was used for another
--          call, {ALTER_TOO_MUCH_STOCK, units} where no more than so many units fit, {ALTER_NOTHING_TO_RESUME} for a
--          closed item that is neither paused nor on hold.
-- Cost: O(1). Idempotent: yes, but for restock without a key.
--- constants: ALTER_KEY_USED, ALTER_TOO_MUCH_STOCK, ALTER_NOTHING_TO_RESUME, SETTINGS_CHANGED, MOST_STOCK, ACT_PAUSE
--- constants: ACT_HOLD, ACT_RESUME, ACT_CLOSE, ACT_RESTOCK, ACT_THAW, MOVED_CLOSED, LEDGER_STOCK

local META, LEDGER, once = KEYS[1], KEYS[2], KEYS[3]
--- include: clock, item, check, ledger, commit, settings

local refused = open_item(ARGV[1], ARGV[2], 'paused', 'holding', 'closed', 'closes_at', 'queue_limit',
    'queue_limit_is_set')
if refused then return refused end

local act, units = ARGV[3], tonumber(ARGV[4])
local call = act .. ' ' .. ARGV[4]
if once then
    local kept = redis.call('GET', once)
    if kept then
        local incarnation, before, answer = cmsgpack.unpack(kept)
        -- An answer about an earlier item of the name does not count for this one.
        if incarnation == meta.incarnation then
            if before ~= call then return {ALTER_KEY_USED} end
            answer[#answer] = 1
            return answer
        end
    end
end
check('XLEN', LEDGER)
local total = meta.free + meta.held + meta.sold
if act == ACT_RESTOCK and total + units > MOST_STOCK then
    return {ALTER_TOO_MUCH_STOCK, math.max(0, MOST_STOCK - total)}
end
local is_closed = meta.closed == 1 or (meta.closes_at > 0 and clock() >= meta.closes_at)
if act == ACT_RESUME and is_closed and meta.paused ~= 1 and meta.holding ~= 1 then return {ALTER_NOTHING_TO_RESUME} end

local thawed = act == ACT_THAW and redis.call('HGET', META, 'frozen_by') or ''
if act == ACT_PAUSE then redis.call('HSET', META, 'paused', 1)
elseif act == ACT_HOLD then redis.call('HSET', META, 'holding', 1)
elseif act == ACT_RESUME then redis.call('HSET', META, 'paused', 0, 'holding', 0)
elseif act == ACT_CLOSE then
    if meta.closed ~= 1 then move(MOVED_CLOSED, 0, 0, 0, 1) end
    redis.call('HSET', META, 'closed', 1)
elseif act == ACT_THAW then
    redis.call('HSET', META, 'frozen', 0)
    redis.call('HDEL', META, 'frozen_by')
else
    meta.free = meta.free + units
    if meta.free > 0 then meta.ended = 0 end
    further = {LEDGER_STOCK, ARGV[4]}
    -- The item was made without stock: its queue limit of 1 comes from the default, not from the operator.
    if total == 0 and meta.queue_limit == 1 and meta.queue_limit_is_set ~= 1 then
        redis.call('HSET', META, 'queue_limit', default_queue_limit(units))
    end
end
redis.call('HINCRBY', META, 'edition', 1)
commit(SETTINGS_CHANGED)
local answer = describe()
for _, more in ipairs({tonumber(ARGV[6]), thawed, 0}) do answer[#answer + 1] = more end
if once then redis.call('SET', once, cmsgpack.pack(meta.incarnation, call, answer), 'PX', ARGV[5]) end
return answer
