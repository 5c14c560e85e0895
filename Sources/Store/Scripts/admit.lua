-- admit.lua: take a batch of purchases into one item's queue.
--
-- KEYS[1]  meta     HASH    sluice:{item}:meta
-- KEYS[2]  queue    LIST    chunks, oldest first        sluice:{item}:queue
-- KEYS[3]  users    HASH    user -> 14-byte records     sluice:{item}:users
-- KEYS[4]  holders  STRING  4 bytes a purchase          sluice:{item}:holders
-- ARGV[3]  n        purchases in the batch, 1...256; no user twice
-- ARGV[4]  chunk    the batch as a queue chunk without its first 12 bytes (see docs/architecture.md)
-- ARGV[5]  tags     4 bytes a purchase, for holders
-- ARGV[6]  largest  largest quantity in the batch, units
-- ARGV[7]  guess    the first sequence that the caller expects, 0 for none; where it is right, the records need no
--                   packing here
-- ARGV[8]  users    the n users, each as a MessagePack string, one after the other
-- ARGV[9]  entries  the same with a record after each user: sequence counted from the guess (4 bytes, left out where
--                   there is none), quantity (2), key digest (7), ticket key id (1)
--
-- Returns: {ALL_NEW, version, head, tail, free, held, first sequence, largest}, or {EACH_ANSWERED, …, packed, largest}:
--          8 bytes a purchase: code (ANSWER_ADMITTED, …), then sequence (4), quantity (2) and key id (1) of the ticket.
--          largest: no purchase up to tail is of more units.
-- Cost: O(n); about 1.3 us a purchase at n = 256. Idempotent: yes, by user and key.
--
-- A user who cancelled a purchase without a key, and sends another without one, is a newcomer. A user has up to eight
-- records; for a ninth the oldest one that ended without a unit is dropped. An item without sequences left is closed.

local META, QUEUE, USERS, HOLDERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
--- include: batch, records, fast_path

local done = fast_path()
if done then return done end

-- The full path. Its modules stand below the fast path, whose calls then do not define them.
--- include: item, check, results, commit
--- constants: EACH_ANSWERED, SETTINGS_CHANGED, COUNTERS_CHANGED, SEQUENCE, SEQUENCE_AND_QUANTITY, QUANTITY
--- constants: ANSWER_ADMITTED, ANSWER_LIMIT_REACHED, ANSWER_CLOSED, ANSWER_NOT_OPEN, ANSWER_SOLD_OUT, ANSWER_PAUSED
--- constants: ANSWER_QUEUE_FULL, ANSWER_FROZEN, RESULT_NONE, RESULT_REJECTED, RESULT_EXPIRED, RESULT_CANCELLED
--- constants: RESULT_INSUFFICIENT, RESULT_LOST, RESULT_SOLD, REFUNDS_KEY, REFUND_RETURNED, RECORD_LENGTH
--- constants: RECORDS_PER_USER, LAST_SEQUENCE

local refused = open_item(ARGV[1], ARGV[2], 'frozen', 'closed', 'paused', 'opens_at', 'closes_at', 'queue_limit',
    'per_user_limit', 'per_user_units', 'largest', 'has_orders')
if refused then return refused end
check('LLEN', QUEUE, 'STRLEN', HOLDERS)

local tail_before, was_empty = meta.tail, meta.tail - meta.head - meta.cancelled == 0

local state = ANSWER_ADMITTED  -- the answer to newcomers
if meta.frozen == 1 then state = ANSWER_FROZEN
elseif meta.closed == 1 or (meta.closes_at > 0 and now >= meta.closes_at) then state = ANSWER_CLOSED
elseif now < meta.opens_at then state = ANSWER_NOT_OPEN
elseif meta.ended == 1 then state = ANSWER_SOLD_OUT
elseif meta.paused == 1 then state = ANSWER_PAUSED end

local function finish(codes)
    if meta.tail > tail_before then
        local is_larger = largest > meta.largest
        if is_larger then
            meta.largest = largest
            redis.call('HSET', META, 'largest', largest)
        end
        if was_empty or is_larger then
            commit(is_larger and SETTINGS_CHANGED or COUNTERS_CHANGED)  -- why only these: see fast_path.lua
        else
            meta.version = meta.version + 1
            redis.call('HSET', META, 'tail', meta.tail, 'version', meta.version)
        end
    end
    return {EACH_ANSWERED, meta.version, meta.head, meta.tail, meta.free, meta.held, codes, meta.largest}
end

local WITHOUT_UNIT = {[RESULT_REJECTED] = true, [RESULT_EXPIRED] = true, [RESULT_CANCELLED] = true,
    [RESULT_INSUFFICIENT] = true, [RESULT_LOST] = true}
local function is_without_unit(sequence)
    local byte = result_byte(sequence)
    if byte == RESULT_NONE then return sequence <= meta.ended_at end
    if byte == RESULT_SOLD and meta.has_orders == 1 then
        return string.find(redis.call('HGET', prefix .. REFUNDS_KEY, sequence) or '', REFUND_RETURNED)
    end
    return WITHOUT_UNIT[byte]
end

-- Judges purchase `i` by its user's earlier records. Returns the code of the answer and the record to answer with; for
-- a newcomer nil, and those of the records that stay, at most one less than a user may have.
local function earlier(records, i)
    local code, record, is_without_key = earlier_purchase(records, i)
    local is_over = is_without_key and result_byte(struct.unpack(SEQUENCE, record)) == RESULT_CANCELLED
    if code and not is_over then return code, record end
    local counted, units, holder, ended = 0, 0, nil, nil
    for at = 1, #records, RECORD_LENGTH do
        local sequence, quantity = struct.unpack(SEQUENCE_AND_QUANTITY, records, at)
        if is_without_unit(sequence) then
            ended = ended or at
        else
            counted, units = counted + 1, units + quantity
            holder = holder or string.sub(records, at, at + RECORD_LENGTH - 1)
        end
    end
    local too_many = meta.per_user_limit > 0 and counted >= meta.per_user_limit
    units = units + struct.unpack(QUANTITY, entries[2 * i], details_at)
    local too_much = meta.per_user_units > 0 and units > meta.per_user_units
    local is_full = #records >= RECORDS_PER_USER * RECORD_LENGTH
    if too_many or too_much or (is_full and not ended) then return ANSWER_LIMIT_REACHED, holder end
    if is_full then records = string.sub(records, 1, ended - 1) .. string.sub(records, ended + RECORD_LENGTH) end
    return nil, records ~= '' and records
end

local space, numbers = meta.queue_limit - (meta.tail - meta.head - meta.cancelled), LAST_SEQUENCE - meta.tail
known = known or redis.call('HMGET', USERS, cmsgpack.unpack(ARGV[8]))
entries = entries or {cmsgpack.unpack(ARGV[9])}
local codes, places = {}, {}
for i = 1, n do
    local code, record = earlier(known[i] or '', i)
    if not code then
        code = state
        if state == ANSWER_ADMITTED and #places >= numbers then code = ANSWER_CLOSED
        elseif state == ANSWER_ADMITTED and #places >= space then code = ANSWER_QUEUE_FULL end
        if code == ANSWER_ADMITTED then known[i] = record end
        record = nil
    end
    if code == ANSWER_ADMITTED then
        places[#places + 1] = i
    else
        codes[i] = answer(code, record or string.rep('\0', RECORD_LENGTH))
    end
end
if #places > 0 then
    largest = take_in(places, codes, meta.tail)
    meta.tail = meta.tail + #places
end
return finish(table.concat(codes))
