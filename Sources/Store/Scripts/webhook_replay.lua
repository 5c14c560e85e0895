-- webhook_replay.lua: have events sent again: those behind a cursor, or dead letters, the oldest first.
--
-- KEYS[1]  webhook   HASH  settings and progress    sluice:{ctl}:webhook:<name>
-- KEYS[2]  pending   HASH  event id -> record       sluice:{ctl}:webhook:<name>:pending
-- KEYS[3]  dead      HASH  event id -> record       sluice:{ctl}:webhook:<name>:dead
-- KEYS[4]  dead_ids  LIST  event ids, oldest first  sluice:{ctl}:webhook:<name>:dead_ids
-- ARGV[1]  how many dead letters are taken (0: it is about a cursor); ARGV[2] how many events may be pending
-- ARGV[3]  the cursor
--
-- Returns: {DONE, dead letters taken, dead letters left}, or {WEBHOOK_UNKNOWN}.
-- Cost: O(dead letters taken). Idempotent: yes, for what is left.
--- constants: DONE, WEBHOOK_UNKNOWN, WEBHOOK_EDITION, WEBHOOK_CURSOR, WEBHOOK_GAPS
--- constants: WEBHOOK_REPLAYING

local WEBHOOK, PENDING, DEAD, DEAD_IDS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
--- include: check

if redis.call('EXISTS', WEBHOOK) == 0 then return {WEBHOOK_UNKNOWN} end
check('HLEN', PENDING, 'HLEN', DEAD, 'LLEN', DEAD_IDS)
local most = tonumber(ARGV[1])
if most == 0 then
    redis.call('HSET', WEBHOOK, WEBHOOK_CURSOR, ARGV[3], WEBHOOK_GAPS, 0, WEBHOOK_REPLAYING, 1)
    redis.call('HINCRBY', WEBHOOK, WEBHOOK_EDITION, 1)
    return {DONE, 0, redis.call('LLEN', DEAD_IDS)}
end
local taken = 0
most = math.min(most, tonumber(ARGV[2]) - redis.call('HLEN', PENDING))
while taken < most do
    local id = redis.call('LPOP', DEAD_IDS)
    if not id then break end
    local record = redis.call('HGET', DEAD, id)
    if record then redis.call('HSET', PENDING, id, record) end
    redis.call('HDEL', DEAD, id)
    taken = taken + 1
end
if taken > 0 then redis.call('HINCRBY', WEBHOOK, WEBHOOK_EDITION, 1) end
return {DONE, taken, redis.call('LLEN', DEAD_IDS)}
