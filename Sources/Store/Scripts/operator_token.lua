-- operator_token.lua: keep the token of an operator, or forget it.
--
-- KEYS[1]  operators  HASH  token id -> role, times, maker, digest, items  sluice:{ctl}:operators
-- KEYS[2]  switches   HASH  what operators set for all processes           sluice:{ctl}:switches
-- ARGV[1]  id; ARGV[2] value, empty to forget it; ARGV[3] how many there may be
--
-- Returns: {DONE}, {OPERATOR_UNKNOWN} where there is none to forget, or {OPERATOR_TOO_MANY}.
-- Cost: O(1). Idempotent: yes, but for the edition, by which processes see that something changed.
--- constants: DONE, OPERATOR_UNKNOWN, OPERATOR_TOO_MANY, OPERATORS_EDITION

local OPERATORS, SWITCHES = KEYS[1], KEYS[2]
--- include: check

check('HLEN', OPERATORS, 'HLEN', SWITCHES)
local id, value = ARGV[1], ARGV[2]
if value == '' then
    if redis.call('HDEL', OPERATORS, id) == 0 then return {OPERATOR_UNKNOWN} end
else
    if redis.call('HEXISTS', OPERATORS, id) == 0 and redis.call('HLEN', OPERATORS) >= tonumber(ARGV[3]) then
        return {OPERATOR_TOO_MANY}
    end
    redis.call('HSET', OPERATORS, id, value)
end
redis.call('HINCRBY', SWITCHES, OPERATORS_EDITION, 1)
return {DONE}
