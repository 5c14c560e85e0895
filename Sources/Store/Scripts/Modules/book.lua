-- book.lua: find purchases of an item by their sequence, whatever became of them.
--
-- Chunks lie in lists that follow each other in order of sequence: past:<first>, of which PAST has the first sequences,
-- then TAKEN, then QUEUE. Sequences may be missing: those that were left out after a restart of the store, and those of
-- chunks that an earlier release dropped.
--
-- One search costs O(log chunks) reads, mostly three of 1 us to 5 us. Purchases that follow each other cost one search
-- together, and 0.5 us each. So a caller asks in order of sequence, and bounds the searches of one call.
--
--- needs: QUEUE, TAKEN, PAST
--- include: item, chunk
--- constants: PAST_CHUNKS_KEY, LAST_SEQUENCE, CHUNK_HEADER, QUANTITY, QUANTITY_LENGTH, AHEAD = 64, ROWS = 256
--- shares: next_purchase, find_purchase, read_purchase, searches

local list, index, text = nil, 0, nil  -- the chunk at hand, and where it lies
local first, time, count, quantities, users = 0, 0, 0, false, 0
local place, cursor = 0, 0  -- of the purchase whose user begins at `cursor`
local following, followed = {}, 0  -- chunks that were read together with it; how many of them are used
local made = 0

-- How many searches this call has made.
local function searches() return made end

local function open(key, at, chunk)
    local _
    list, index, text = key, at, chunk
    first, time, count, quantities, _, users = open_chunk(chunk)
    place, cursor = 0, users
end

-- The first sequence of a chunk of a list, how many it has, and the chunk; nothing where there is none.
local function chunk_at(key, at)
    local chunk = redis.call('LINDEX', key, at)
    if not chunk then return end
    local begins, _, _, purchases = struct.unpack(CHUNK_HEADER, chunk)
    return begins, purchases, chunk
end

-- The last list that begins at the sequence or before it.
local function list_of(sequence)
    for _, key in ipairs({QUEUE, TAKEN}) do
        local begins = chunk_at(key, 0)
        if begins and begins <= sequence then return key end
    end
    local begins = redis.call('ZREVRANGEBYSCORE', PAST, sequence, 0, 'LIMIT', 0, 1)[1]
    return begins and prefix .. PAST_CHUNKS_KEY .. begins
end

-- Opens the first chunk of the first list that begins behind the sequence. Returns whether there is one.
local function open_list_behind(sequence)
    local begins = redis.call('ZRANGEBYSCORE', PAST, sequence + 1, LAST_SEQUENCE, 'LIMIT', 0, 1)[1]
    following, followed = {}, 0
    for _, key in ipairs({begins and prefix .. PAST_CHUNKS_KEY .. begins or TAKEN, TAKEN, QUEUE}) do
        local starts, _, chunk = chunk_at(key, 0)
        if starts and starts > sequence then
            open(key, 0, chunk)
            return true
        end
    end
    return false
end

-- Opens the chunk behind the one at hand. Returns whether there is one.
local function open_next()
    if followed == #following then
        local wanted = math.max(1, math.min(AHEAD, math.floor(ROWS / count)))
        following, followed = redis.call('LRANGE', list, index + 1, index + wanted), 0
        if #following == 0 then return open_list_behind(first) end
    end
    followed = followed + 1
    open(list, index + 1, following[followed])
    return true
end

-- Opens the last chunk of a list that begins at the sequence or before it; the first one does. Chunks are of like
-- sizes, so a guess by proportion is near; every other step halves what is left, so that many unlike ones cost no more.
-- Returns whether the list is there.
local function search(key, sequence)
    local low, high = 0, redis.call('LLEN', key) - 1
    local low_first, size, chunk = chunk_at(key, low)
    if not chunk then return false end
    local high_first, high_size, high_chunk = chunk_at(key, high)
    if high_first <= sequence then low, size, chunk, high_first = high, high_size, high_chunk, high_first + 1 end
    local halves = false
    while high - low > 1 and sequence >= low_first + size do
        local share = halves and 1 / 2 or (sequence - low_first) / (high_first - low_first)
        local at = math.max(low + 1, math.min(high - 1, low + math.floor(share * (high - low))))
        local begins, purchases, found = chunk_at(key, at)
        if begins <= sequence then low, low_first, size, chunk = at, begins, purchases, found
        else high, high_first = at, begins end
        halves = not halves
    end
    following, followed = {}, 0
    open(key, low, chunk)
    return true
end

-- The first sequence from this one on of which there is a purchase; nothing where none follows. Opens its chunk.
local function next_purchase(sequence)
    local is_near = text and sequence >= first and sequence <= first + count
    if not is_near then
        made = made + 1
        local key = list_of(sequence)
        if not (key and search(key, sequence)) and not open_list_behind(sequence) then return end
    end
    if sequence >= first + count and not open_next() then return end
    return math.max(sequence, first)
end

-- User (packed), units and time of admission (ms) of a purchase that `next_purchase` has found.
local function read_purchase(sequence)
    local at = sequence - first
    if at < place then place, cursor = 0, users end
    for _ = place + 1, at do cursor = cursor + 1 + string.byte(text, cursor) end
    place = at
    local quantity = quantities and struct.unpack(QUANTITY, text, quantities + QUANTITY_LENGTH * at) or 1
    return string.sub(text, cursor + 1, cursor + string.byte(text, cursor)), quantity, time
end

-- The same of any sequence; nothing where there is no purchase.
local function find_purchase(sequence)
    if next_purchase(sequence) == sequence then return read_purchase(sequence) end
end
