-- webhook_put.lua: make a webhook, or change what is given of it.
--
-- KEYS[1]  webhooks  SET   names of all                              sluice:{ctl}:webhooks
-- KEYS[2]  webhook   HASH  settings, secrets and progress of one     sluice:{ctl}:webhook:<name>
-- ARGV[1]  name; ARGV[2] how many webhooks there may be; ARGV[3] how many words follow that are set in any case
-- ARGV[4…] fields and values that are set in any case, then those of a new webhook
--
-- Returns: {WEBHOOK_CREATED}, {WEBHOOK_UPDATED}, {WEBHOOK_TOO_MANY}, or {WEBHOOK_URL_MISSING} where a new one has none.
-- Cost: O(words). Idempotent: yes.
--- constants: WEBHOOK_CREATED, WEBHOOK_UPDATED, WEBHOOK_TOO_MANY, WEBHOOK_URL_MISSING, WEBHOOK_EDITION, WEBHOOK_URL
--- constants: FIRST_WORD = 4

local WEBHOOKS, WEBHOOK = KEYS[1], KEYS[2]
--- include: check

check('SCARD', WEBHOOKS, 'HLEN', WEBHOOK)
local count = tonumber(ARGV[3])
local is_new = redis.call('EXISTS', WEBHOOK) == 0
if is_new then
    if redis.call('SCARD', WEBHOOKS) >= tonumber(ARGV[2]) then return {WEBHOOK_TOO_MANY} end
    local has_url = false
    for at = FIRST_WORD, FIRST_WORD + count - 1, 2 do has_url = has_url or ARGV[at] == WEBHOOK_URL end
    if not has_url then return {WEBHOOK_URL_MISSING} end
    redis.call('HSET', WEBHOOK, unpack(ARGV, FIRST_WORD + count))
    redis.call('SADD', WEBHOOKS, ARGV[1])
end
if count > 0 then redis.call('HSET', WEBHOOK, unpack(ARGV, FIRST_WORD, FIRST_WORD + count - 1)) end
redis.call('HINCRBY', WEBHOOK, WEBHOOK_EDITION, 1)
return {is_new and WEBHOOK_CREATED or WEBHOOK_UPDATED}
