-- batch.lua: the purchases of one call, and how the new ones are appended to the queue.
--
-- ARGV[3...9] are those of admit.lua. A user's record of a purchase is sequence (4 bytes), quantity (2), key digest (7)
-- and ticket key id (1); its details are the last three. The answer to a purchase is a code (1), sequence, quantity and
-- key id. `known` holds the records of each user, false for none; `entries` holds users and records by turns. The
-- script that needs them sets both.
--
--- needs: QUEUE, USERS, HOLDERS
--- include: clock
--- constants: BATCH_TEXTS, CHUNK_HEADER, CHUNK_QUANTITIES, CHUNK_DIGESTS, QUANTITY, QUANTITY_LENGTH, DIGEST_LENGTH
--- constants: HOLDER_LENGTH, NUMBERED_DETAILS, ANSWER_ADMITTED, SEQUENCE_LENGTH, RECORD_QUANTITY_END, RECORD_LENGTH
--- shares: n, largest, guess, now, details_at, known, entries, answer, take_in

local n, largest, guess = tonumber(ARGV[3]), tonumber(ARGV[6]), tonumber(ARGV[7])
local now = clock()
local details_at = guess > 0 and SEQUENCE_LENGTH + 1 or 1  -- in an entry of ARGV[9], which may begin with a sequence
local known, entries

-- The answer to one purchase.
local function answer(code, record)
    return string.char(code) .. string.sub(record, 1, RECORD_QUANTITY_END) .. string.sub(record, RECORD_LENGTH)
end

-- Appends the purchases at `places` of the batch, in rising order, to the queue behind sequence `tail`, and puts their
-- answers into `codes`. Returns the largest quantity among them.
local function take_in(places, codes, tail)
    local chunk, tags = ARGV[4], ARGV[5]
    -- `ranges`: first and last of the places that follow each other; `starts`: where each user begins in the chunk.
    local fields, ranges, starts, start = {}, {}, {}, 0
    for i = 1, n + 1 do
        starts[i] = start
        start = start + 1 + #(entries[2 * i - 1] or '')
    end
    for k, i in ipairs(places) do
        local record = struct.pack(NUMBERED_DETAILS, tail + k, string.sub(entries[2 * i], details_at))
        fields[2 * k - 1], fields[2 * k] = entries[2 * i - 1], known[i] and known[i] .. record or record
        codes[i] = answer(ANSWER_ADMITTED, record)
        if i - 1 ~= places[k - 1] then ranges[#ranges + 1] = i end
        if i + 1 ~= places[k + 1] then ranges[#ranges + 1] = i end
    end
    -- From `at` on, `text` has `size` bytes for each purchase of the batch; returns those of the places.
    local function cells(text, at, size)
        local parts = {}
        for k = 1, #ranges, 2 do
            parts[#parts + 1] = string.sub(text, at + size * (ranges[k] - 1), at + size * ranges[k + 1] - 1)
        end
        return table.concat(parts)
    end
    local flags, at, most, parts = string.byte(chunk), BATCH_TEXTS, 1, {}
    parts[1] = struct.pack(CHUNK_HEADER, tail + 1, now, flags, #places)
    if flags % CHUNK_DIGESTS == CHUNK_QUANTITIES then
        local quantities = cells(chunk, at, QUANTITY_LENGTH)
        for k = 1, #quantities, QUANTITY_LENGTH do
            most = math.max(most, (struct.unpack(QUANTITY, quantities, k)))
        end
        parts[2], at = quantities, at + QUANTITY_LENGTH * n
    end
    if flags >= CHUNK_DIGESTS then
        parts[#parts + 1], at = cells(chunk, at, DIGEST_LENGTH), at + DIGEST_LENGTH * n
    end
    for k = 1, #ranges, 2 do
        parts[#parts + 1] = string.sub(chunk, at + starts[ranges[k]], at + starts[ranges[k + 1] + 1] - 1)
    end
    redis.call('STRLEN', HOLDERS)  -- fails before the first write when it is no string
    redis.call('RPUSH', QUEUE, table.concat(parts))
    redis.call('APPEND', HOLDERS, cells(tags, 1, HOLDER_LENGTH))
    redis.call('HSET', USERS, unpack(fields))
    return most
end
