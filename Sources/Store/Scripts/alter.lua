-- alter.lua: pause, hold, resume, close, restock or thaw an item.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- KEYS[3]  once    STRING  what was answered to the same key before, for as long as ARGV[5] says; no key: none
--                          sluice:{item}:once:<key>
-- ARGV[3]  pause (drain and intake) | hold (drain) | resume (ends both) | close | restock | thaw
-- ARGV[4]  units to add (restock), else 0
-- ARGV[5]  ms for which the answer is kept under KEYS[3]
-- ARGV[6]  drain rate to be told in the answer, purchases a second
--
-- Returns: what `describe` of settings.lua gives, drain rate, what `frozen_by` held before a thaw or "", 1 where it is
--          the answer of before; or {-4} where the key was used for another call, {-5, units} where no more than so
--          many units fit, {-6} for a resume of a closed item that neither pauses nor holds.
-- Cost: O(1). Idempotent: yes, but for restock without a key.

local refused = open_item('paused', 'holding', 'closed', 'closes_at', 'queue_limit', 'queue_limit_is_set')
if refused then return refused end

local act, units, once = ARGV[3], tonumber(ARGV[4]), KEYS[3]
local call = act .. ' ' .. ARGV[4]
if once then
    local said = redis.call('GET', once)
    if said then
        local incarnation, before, answer = cmsgpack.unpack(said)
        -- What was said of an item that had the name before says nothing of this one.
        if incarnation == meta.incarnation then
            if before ~= call then return {-4} end
            answer[#answer] = 1
            return answer
        end
    end
end
check('XLEN', KEYS[2])
local total = meta.free + meta.held + meta.sold
if act == 'restock' and total + units > MOST_STOCK then return {-5, math.max(0, MOST_STOCK - total)} end
local is_closed = meta.closed == 1 or (meta.closes_at > 0 and clock() >= meta.closes_at)
if act == 'resume' and is_closed and meta.paused ~= 1 and meta.holding ~= 1 then return {-6} end

local thawed = act == 'thaw' and redis.call('HGET', KEYS[1], 'frozen_by') or ''
if act == 'pause' then redis.call('HSET', KEYS[1], 'paused', 1)
elseif act == 'hold' then redis.call('HSET', KEYS[1], 'holding', 1)
elseif act == 'resume' then redis.call('HSET', KEYS[1], 'paused', 0, 'holding', 0)
elseif act == 'close' then redis.call('HSET', KEYS[1], 'closed', 1)
elseif act == 'thaw' then
    redis.call('HSET', KEYS[1], 'frozen', 0)
    redis.call('HDEL', KEYS[1], 'frozen_by')
else
    meta.free = meta.free + units
    if meta.free > 0 then meta.ended = 0 end
    redis.call('XADD', KEYS[2], '*', 'v', meta.version + 1, 'stock', ARGV[4])
    -- An item made without stock: nobody meant that one may wait.
    if total == 0 and meta.queue_limit == 1 and meta.queue_limit_is_set ~= 1 then
        redis.call('HSET', KEYS[1], 'queue_limit', default_queue_limit(units))
    end
end
redis.call('HINCRBY', KEYS[1], 'edition', 1)
commit('C')
local answer = describe()
for _, more in ipairs({tonumber(ARGV[6]), thawed, 0}) do answer[#answer + 1] = more end
if once then redis.call('SET', once, cmsgpack.pack(meta.incarnation, call, answer), 'PX', ARGV[5]) end
return answer
