-- note.lua: write one note of the engine's own, also where the store is full: work must be able to end.
--
-- KEYS[1]  a key of sluice:{ctl}
-- ARGV[1]  command; ARGV[2...] its arguments behind the key
--
-- Returns: {0, the command's reply}.
-- Cost: that of the command. Idempotent: as the command.

return {0, redis.call(ARGV[1], KEYS[1], unpack(ARGV, 2))}
