-- webhook_remove.lua: forget a webhook, its undelivered events and its dead letters.
--
-- KEYS[1]  webhooks  SET   names of all             sluice:{ctl}:webhooks
-- KEYS[2]  webhook   HASH  settings and progress    sluice:{ctl}:webhook:<name>
-- KEYS[3]  pending   HASH  event id -> record       sluice:{ctl}:webhook:<name>:pending
-- KEYS[4]  dead      HASH  event id -> record       sluice:{ctl}:webhook:<name>:dead
-- KEYS[5]  dead_ids  LIST  event ids, oldest first  sluice:{ctl}:webhook:<name>:dead_ids
-- ARGV[1]  name
--
-- Returns: {DONE}, or {WEBHOOK_UNKNOWN} where there was none.
-- Cost: O(1); what it frees is freed by a thread of its own. Idempotent: yes.
--- constants: DONE, WEBHOOK_UNKNOWN

local WEBHOOKS, WEBHOOK = KEYS[1], KEYS[2]
local PENDING, DEAD, DEAD_IDS = KEYS[3], KEYS[4], KEYS[5]

local was_there = redis.call('SREM', WEBHOOKS, ARGV[1])
redis.call('UNLINK', WEBHOOK, PENDING, DEAD, DEAD_IDS)
return {was_there == 1 and DONE or WEBHOOK_UNKNOWN}
