-- results.lua: the result of each sequence, one byte each in segments of fixed length.
--
-- A script that writes results checks their segments first: a key of another type must fail before the first write.
--
--- include: item, joined
--- constants: RESULTS_KEY, SEGMENT, RUN
--- shares: decide, write_decided, decided_runs, result_byte, result_bytes, check_results

-- Gives the same result byte to `count` sequences from `first` on. Those that follow each other are one write and one
-- run in the notification; `write_decided` writes what is not written yet.
local decided_runs = {}
local decide, write_decided = joined(function(first, count, byte)
    decided_runs[#decided_runs + 1] = struct.pack(RUN, first, count, byte)
    while count > 0 do
        local segment, offset = math.floor(first / SEGMENT), first % SEGMENT
        local part = math.min(count, SEGMENT - offset)
        redis.call('SETRANGE', prefix .. RESULTS_KEY .. segment, offset, string.rep(string.char(byte), part))
        first, count = first + part, count - part
    end
end)

-- The results of `count` sequences from `first` on, a byte each.
local function result_bytes(first, count)
    write_decided()
    local segment, offset = math.floor(first / SEGMENT), first % SEGMENT
    local bytes = redis.call('GETRANGE', prefix .. RESULTS_KEY .. segment, offset, offset + count - 1)
    if offset + count > SEGMENT then
        bytes = bytes .. string.rep('\0', SEGMENT - offset - #bytes)
        local remaining = count - (SEGMENT - offset)
        bytes = bytes .. redis.call('GETRANGE', prefix .. RESULTS_KEY .. (segment + 1), 0, remaining - 1)
    end
    return bytes .. string.rep('\0', count - #bytes)
end

-- The result of one sequence, as a number.
local function result_byte(sequence) return string.byte(result_bytes(sequence, 1)) end

local checked = {}
-- Checks the segments that hold the sequences from `first` to `last`.
local function check_results(first, last)
    for segment = math.floor(first / SEGMENT), math.floor(last / SEGMENT) do
        if not checked[segment] then redis.call('STRLEN', prefix .. RESULTS_KEY .. segment) end
        checked[segment] = true
    end
end
