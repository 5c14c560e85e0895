-- archive.lua: note that an item's books were written to an archive.
--
-- KEYS[1]  meta  HASH  sluice:{item}:meta
-- ARGV[3]  version  of the item while it was read
-- ARGV[4]  text     about the archive, for operators
--
-- Returns: {ARCHIVE_NOTED}, or {ARCHIVE_OUTDATED} where the item has changed since. The note counts for this version
--          alone, so a later change makes it invalid; it is no change itself.
-- Cost: O(1). Idempotent: yes.
--- constants: ARCHIVE_NOTED, ARCHIVE_OUTDATED

local META = KEYS[1]
--- include: item

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
if meta.version ~= tonumber(ARGV[3]) then return {ARCHIVE_OUTDATED} end
redis.call('HSET', META, 'archived', ARGV[3], 'archive', ARGV[4])
return {ARCHIVE_NOTED}
