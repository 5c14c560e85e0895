-- trim.lua: remove entries of an item's ledger for their age, and keep what they add up to.
--
-- KEYS[1]  meta    HASH    sluice:{item}:meta
-- KEYS[2]  ledger  STREAM  sluice:{item}:ledger
-- ARGV[3]  before  ms since 1970: entries of an earlier time are removed
-- ARGV[4]  limit   entries in this call, 1...256
--
-- Writes the field `trimmed` of meta: `id free held in_doubt sold`: the last entry that was removed, and what all that
-- were removed had moved, in units.
--
-- Returns: {DONE, removed, more}: more is 1 where others are as old.
-- Cost: O(limit + movements). Idempotent: yes.
--- constants: DONE, ENTRY_ID, LEDGER_STOCK, LEDGER_MOVEMENTS, MOVEMENT, MOVEMENT_LENGTH, MOVED_SOLD
--- constants: MOVED_TAKEN, MOVED_CONFIRMED, MOVED_REFUSED, MOVED_IN_DOUBT, MOVED_REVIVED, MOVED_PAID, MOVED_EXPIRED
--- constants: MOVED_LEFT, MOVED_RETURNED, MOST_MOVEMENTS = 2048

local META, LEDGER = KEYS[1], KEYS[2]
--- include: item, check

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
check('XLEN', LEDGER)

-- Where the units of a movement come from, and where they go.
local moves = {
    [MOVED_SOLD] = {'free', 'sold'}, [MOVED_TAKEN] = {'free', 'held'}, [MOVED_CONFIRMED] = {'held', 'sold'},
    [MOVED_PAID] = {'held', 'sold'}, [MOVED_REFUSED] = {'held', 'free'}, [MOVED_EXPIRED] = {'held', 'free'},
    [MOVED_LEFT] = {'held', 'free'}, [MOVED_RETURNED] = {'sold', 'free'},
}
local last, free, held, in_doubt, sold = string.match(redis.call('HGET', META, 'trimmed') or '',
    '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
local sums = {free = free or 0, held = held or 0, in_doubt = in_doubt or 0, sold = sold or 0}
local count, examined = 0, 0

local function add(packed)
    for at = 1, #packed, MOVEMENT_LENGTH do
        local kind, _, quantity, _, length = struct.unpack(MOVEMENT, packed, at)
        local move, units = moves[kind], quantity * length
        if move then
            sums[move[1]], sums[move[2]] = sums[move[1]] - units, sums[move[2]] + units
        elseif kind == MOVED_IN_DOUBT then sums.in_doubt = sums.in_doubt + units
        elseif kind == MOVED_REVIVED then sums.in_doubt = sums.in_doubt - units end
        examined = examined + 1
    end
end

local before = tonumber(ARGV[3])
local entries = redis.call('XRANGE', LEDGER, '-', '+', 'COUNT', ARGV[4])
local more = #entries == tonumber(ARGV[4])
for _, entry in ipairs(entries) do
    local time = string.match(entry[1], ENTRY_ID)
    if tonumber(time) >= before or examined >= MOST_MOVEMENTS then
        more = tonumber(time) < before
        break
    end
    for at = 1, #entry[2], 2 do
        local name, value = entry[2][at], entry[2][at + 1]
        if name == LEDGER_MOVEMENTS then add(value)
        elseif name == LEDGER_STOCK then sums.free = sums.free + value end
    end
    last, count = entry[1], count + 1
end
if count > 0 then
    local time, number = string.match(last, ENTRY_ID)
    redis.call('XTRIM', LEDGER, 'MINID', '=', string.format('%s-%d', time, number + 1))
    redis.call('HSET', META, 'trimmed', string.format('%s %d %d %d %d', last, sums.free, sums.held, sums.in_doubt,
        sums.sold))
end
return {DONE, count, more and 1 or 0}
