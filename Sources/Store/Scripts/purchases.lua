-- purchases.lua: read what became of purchases, in order of sequence.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  queue    LIST    chunks, oldest first                                      sluice:{item}:queue
-- KEYS[3]  taken    LIST    those that are used up                                    sluice:{item}:taken
-- KEYS[4]  past     ZSET    first sequences of the lists past:<first>, of earlier times  sluice:{item}:past
-- KEYS[5]  results  STRING  segment 0; the others are named alike                     sluice:{item}:results:0
-- KEYS[6]  users    HASH    user -> 14-byte records                                   sluice:{item}:users
-- KEYS[7...10]  orders, reasons, payments, refunds: see details.lua and pay.lua
-- ARGV[3]  after    a sequence: those behind it
-- ARGV[4]  n        purchases at most, 1...256
-- ARGV[5]  results that are wanted, a byte each (RESULT_NONE: those that wait; with RESULT_INSUFFICIENT come all that
--          were sold out); "": all
-- ARGV[6]  user     packed: purchases of this user alone; "": of all
-- ARGV[7]  1 where the ids of the keys that signed the tickets are wanted
--
-- Returns: {DONE, counters..., examined, rows, orders, reasons, payments, refunds, users' records}; examined: all up to
--          this sequence. rows: sequence, result, user (packed), quantity, time of admission (ms, 0: not known) of
--          each; the others have a value or nil of each row. Fewer than n come also before the end: the caller goes on
--          behind `examined`.
-- Cost: O(n), at most SCAN results examined and SEARCHES searches. Idempotent: yes, it only reads.
--- constants: DONE, RESULT_NONE, RESULT_INSUFFICIENT, RECORD_LENGTH, SEQUENCE_AND_QUANTITY
--- constants: SCAN = 16384, BLOCK = 4096, SEARCHES = 32

local META, QUEUE, TAKEN, PAST, USERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6]
local ORDERS, REASONS, PAYMENTS, REFUNDS = KEYS[7], KEYS[8], KEYS[9], KEYS[10]
--- include: item, results, skips, book

local refused = open_item(ARGV[1], ARGV[2])
if refused then return refused end
local after, n, wanted, user = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6]

-- What to look for up to `ended_at`, where no result means sold out, and behind it, where it means that one waits.
local function pattern(meaning)
    if wanted == '' then return '.' end
    local bytes = string.gsub(wanted, '%z', '')
    if string.find(wanted, meaning, 1, true) then bytes = bytes .. '%z' end
    return bytes ~= '' and '[' .. bytes .. ']'
end
local before, behind = pattern(string.char(RESULT_INSUFFICIENT)), pattern(string.char(RESULT_NONE))

local rows, sequences, packed = {}, {}, {}
local function add(sequence, byte, name, quantity, time)
    sequences[#sequences + 1], packed[#packed + 1] = sequence, name
    for _, value in ipairs({sequence, byte, name, quantity, time}) do rows[#rows + 1] = value end
end

-- The first sequence from this one on, up to `stop`, with a result that is wanted, and its result.
local base, bytes = 0, ''
local function next_wanted(sequence, stop)
    while sequence <= stop do
        local last, looked_for = stop, behind
        if sequence <= meta.ended_at then last, looked_for = math.min(stop, meta.ended_at), before end
        if looked_for and (sequence < base or sequence >= base + #bytes) then
            base, bytes = sequence, result_bytes(sequence, math.min(BLOCK, last - sequence + 1))
        end
        local at = looked_for and string.find(bytes, looked_for, sequence - base + 1)
        if at then return base + at - 1, string.byte(bytes, at) end
        sequence = looked_for and base + #bytes or last + 1
    end
end

local examined = meta.tail
if user ~= '' then
    local records = redis.call('HGET', USERS, user) or ''
    for at = 1, #records, RECORD_LENGTH do
        local sequence, quantity = struct.unpack(SEQUENCE_AND_QUANTITY, records, at)
        local is_behind, byte = sequence > after and #sequences < n, result_byte(sequence)
        if is_behind and not is_missing(sequence, byte) and next_wanted(sequence, sequence) then
            local _, _, time = find_purchase(sequence)
            add(sequence, byte, user, quantity, time or 0)
        end
    end
else
    local at, stop = after + 1, math.min(meta.tail, after + SCAN)
    while #sequences < n and searches() < SEARCHES do
        local sequence, byte = next_wanted(at, stop)
        local found = sequence and next_purchase(sequence)
        if found == sequence and found then
            add(sequence, byte, read_purchase(sequence))
            at = sequence + 1
        else
            -- Nothing is wanted up to `stop`; or no purchase has this sequence, nor those up to `found`.
            at = found or (sequence and meta.tail or stop) + 1
            if not found or at > stop then break end
        end
    end
    examined = at - 1
end

local function details(key) return #sequences > 0 and redis.call('HMGET', key, unpack(sequences)) or {} end
local records = ARGV[7] == '1' and #packed > 0 and redis.call('HMGET', USERS, unpack(packed)) or {}
return reply(DONE, examined, rows, details(ORDERS), details(REASONS), details(PAYMENTS), details(REFUNDS), records)
