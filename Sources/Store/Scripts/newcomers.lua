-- newcomers.lua: the part of admit that puts newcomers into the queue; it stands in front of short_way.lua.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- Returns: nothing yet; `take_in` and `take_all_in` write, once it is known who may come in.
-- Cost: O(n). Idempotent: no.

local n, largest, guess, call = tonumber(ARGV[3]), tonumber(ARGV[6]), tonumber(ARGV[7]), redis.call
local LAST = 4294967295  -- sequence: a chunk has four bytes for it
local behind_sequence = guess > 0 and 5 or 1  -- where quantity, key digest and key id begin in a record of ARGV[9]
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known, entries  -- earlier records of each user, false for none; what ARGV[9] holds: both once they are needed

-- What a buyer is told of a purchase, see Returns of admit.lua: a code, and the record's sequence, quantity and key id.
local function answer(code, record) return string.char(code) .. string.sub(record, 1, 6) .. string.sub(record, 14) end

-- Puts the purchases at `places` of the batch, which rise, into the queue behind sequence `tail`, and what the buyers
-- are told of them into `codes`. Returns the largest quantity among them.
local function take_in(places, codes, tail)
    local fields, runs, starts, start = {}, {}, {}, 0  -- runs: first and last place; starts: of each user in the chunk
    for i = 1, n + 1 do
        starts[i] = start
        start = start + 1 + #(entries[2 * i - 1] or '')
    end
    for k, i in ipairs(places) do
        local record = struct.pack('>I4c10', tail + k, string.sub(entries[2 * i], behind_sequence))
        fields[2 * k - 1], fields[2 * k] = entries[2 * i - 1], known[i] and known[i] .. record or record
        codes[i] = answer(0, record)
        if i - 1 ~= places[k - 1] then runs[#runs + 1] = i end
        if i + 1 ~= places[k + 1] then runs[#runs + 1] = i end
    end
    -- Of a text with so many bytes for each purchase of the batch from `at` on, those at the places.
    local function cells(text, at, size)
        local parts = {}
        for k = 1, #runs, 2 do
            parts[#parts + 1] = string.sub(text, at + size * (runs[k] - 1), at + size * runs[k + 1] - 1)
        end
        return table.concat(parts)
    end
    local flags, at, most, parts = string.byte(ARGV[4]), 4, 1, {}
    parts[1] = struct.pack('>I4I8BI2', tail + 1, now, flags, #places)
    if flags % 2 == 1 then
        local quantities = cells(ARGV[4], at, 2)
        for k = 1, #quantities, 2 do most = math.max(most, (struct.unpack('>I2', quantities, k))) end
        parts[2], at = quantities, at + 2 * n
    end
    if flags >= 2 then parts[#parts + 1], at = cells(ARGV[4], at, 7), at + 7 * n end
    for k = 1, #runs, 2 do
        parts[#parts + 1] = string.sub(ARGV[4], at + starts[runs[k]], at + starts[runs[k + 1] + 1] - 1)
    end
    call('STRLEN', KEYS[4])  -- fails before the first write when it is no string
    call('RPUSH', KEYS[2], table.concat(parts))
    call('APPEND', KEYS[4], cells(ARGV[5], 1, 4))
    call('HSET', KEYS[3], unpack(fields))
    return most
end

-- The same for a batch that is new as a whole, as the caller packed it.
local function take_all_in(tail)
    call('STRLEN', KEYS[4])
    call('RPUSH', KEYS[2], struct.pack('>I4I8', tail + 1, now) .. ARGV[4])
    call('APPEND', KEYS[4], ARGV[5])
    if guess == tail + 1 then return call('HSET', KEYS[3], cmsgpack.unpack(ARGV[9])) end
    entries = {cmsgpack.unpack(ARGV[9])}
    for i = 1, n do
        entries[2 * i] = struct.pack('>I4c10', tail + i, string.sub(entries[2 * i], behind_sequence))
    end
    call('HSET', KEYS[3], unpack(entries))
end
