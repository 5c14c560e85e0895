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
-- ARGV[7]  guess    the first sequence that the caller expects, 0 where it can't say; when it is right, the records
--                   need no packing here
-- ARGV[8]  users    the n users, each as a MessagePack string, one behind the other
-- ARGV[9]  entries  the same with a record behind each user: sequence counted from the guess (4 bytes, left out where
--                   there is none), quantity (2), key digest (7), ticket key id (1)
--
-- Returns: {0, version, head, tail, free, held, first sequence, largest} when all are new; {1, …, packed, largest}
--          otherwise: 8 bytes a purchase: code (0 admitted, 1 replayed, 2 mismatch, 3 limit, 4 closed, 5 not open,
--          6 sold out, 7 paused, 8 full, 9 frozen), sequence (4), quantity (2), key id (1) of the ticket to tell of.
--          largest: nobody up to tail asked for more at once.
-- Cost: O(n); about 1.3 us a purchase at n = 256. Idempotent: yes, by user and key.
--
-- Who cancelled a purchase without a key, and asks without one again, is a newcomer. Of a user's eight records the
-- oldest that ended without a unit makes room for a ninth. An item whose sequences are used up is closed.
--
-- short_way.lua comes before it and takes the batches of newcomers who may come in, and of repeats.

local refused = open_item('frozen', 'closed', 'paused', 'opens_at', 'closes_at', 'queue_limit', 'per_user_limit',
    'per_user_units', 'largest')
if refused then return refused end
check('LLEN', KEYS[2], 'STRLEN', KEYS[4])

local tail_before, was_empty = meta.tail, meta.tail - meta.head - meta.cancelled == 0

local state = 0
if meta.frozen == 1 then state = 9
elseif meta.closed == 1 or (meta.closes_at > 0 and now >= meta.closes_at) then state = 4
elseif now < meta.opens_at then state = 5
elseif meta.ended == 1 then state = 6
elseif meta.paused == 1 then state = 7 end

local function finish(codes)
    if meta.tail > tail_before then
        local is_larger = largest > meta.largest
        if is_larger then
            meta.largest = largest
            redis.call('HSET', KEYS[1], 'largest', largest)
        end
        if was_empty or is_larger then
            commit(is_larger and 'C' or 'D')  -- why these are news: see short_way.lua
        else
            meta.version = meta.version + 1
            redis.call('HSET', KEYS[1], 'tail', meta.tail, 'version', meta.version)
        end
    end
    return {1, meta.version, meta.head, meta.tail, meta.free, meta.held, codes, meta.largest}
end

local function is_without_unit(sequence)
    local byte = string.byte(result_bytes(sequence, 1))
    if byte == 0 then return sequence <= meta.ended_at end
    return byte == REJECTED or byte == EXPIRED or byte == CANCELLED or byte == INSUFFICIENT or byte == LOST
end

-- What the user's earlier purchases say: a code and the record to tell of. For a newcomer: nil, and of the records
-- those that stay, at most seven.
local function earlier(records, rest)
    local code, record, is_without_key = replay(records, rest)
    local is_over = is_without_key and string.byte(result_bytes(struct.unpack('>I4', record), 1)) == CANCELLED
    if code and not is_over then return code, record end
    local counted, units, holder, ended = 0, 0, nil, nil
    for at = 1, #records, 14 do
        local sequence, quantity = struct.unpack('>I4I2', records, at)
        if is_without_unit(sequence) then
            ended = ended or at
        else
            counted, units, holder = counted + 1, units + quantity, holder or string.sub(records, at, at + 13)
        end
    end
    local too_many = meta.per_user_limit > 0 and counted >= meta.per_user_limit
    local too_much = meta.per_user_units > 0 and units + struct.unpack('>I2', rest) > meta.per_user_units
    local is_full = #records >= 8 * 14
    if too_many or too_much or (is_full and not ended) then return 3, holder end
    if is_full then records = string.sub(records, 1, ended - 1) .. string.sub(records, ended + 14) end
    return nil, records ~= '' and records
end

local space, numbers = meta.queue_limit - (meta.tail - meta.head - meta.cancelled), LAST - meta.tail
known = known or redis.call('HMGET', KEYS[3], cmsgpack.unpack(ARGV[8]))
entries = entries or {cmsgpack.unpack(ARGV[9])}
local codes, places = {}, {}
for i = 1, n do
    local code, told = earlier(known[i] or '', string.sub(entries[2 * i], behind_sequence))
    if not code then
        code = state
        if state == 0 and #places >= numbers then code = 4 elseif state == 0 and #places >= space then code = 8 end
        if code == 0 then known[i] = told end
        told = nil
    end
    if code == 0 then
        places[#places + 1] = i
    else
        codes[i] = answer(code, told or string.rep('\0', 14))
    end
end
if #places > 0 then
    largest = take_in(places, codes, meta.tail)
    meta.tail = meta.tail + #places
end
return finish(table.concat(codes))
