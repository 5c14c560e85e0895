-- note.lua: write one of the keys that say who is there and where work is, also while the store is full.
--
-- KEYS[1]     SET, HASH or STRING  sluice:{ctl}:…
-- ARGV[1]     SADD, HSET or SET
-- ARGV[2...]  what stands behind the key
--
-- Returns: {0}.
-- Cost: O(arguments). Idempotent: as the command is.

if not ({SADD = true, HSET = true, SET = true})[ARGV[1]] then return {-4} end
redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))
return {0}
