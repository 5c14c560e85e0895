-- note.lua: write one of the keys for processes and marks, also while the store is full.
--
-- KEYS[1]     SET, HASH or STRING  sluice:{ctl}:…
-- ARGV[1]     SADD, HSET or SET
-- ARGV[2...]  the arguments after the key
--
-- Returns: {DONE}, or {NOTE_REFUSED} for another command.
-- Cost: O(arguments). Idempotent: as the command is.
--- constants: DONE, NOTE_REFUSED

local KEY = KEYS[1]
local command = ARGV[1]

if command ~= 'SADD' and command ~= 'HSET' and command ~= 'SET' then return {NOTE_REFUSED} end
redis.call(command, KEY, unpack(ARGV, 2))
return {DONE}
