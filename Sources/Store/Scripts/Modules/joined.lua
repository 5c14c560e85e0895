-- joined.lua: join sequences that follow each other and have the same value.
--
--- shares: joined

-- Returns a function that takes `count` sequences from `first` on and their value, and one that flushes. `write` gets
-- each row: first sequence, count, value.
local function joined(write)
    local current, from, length = nil, 0, 0
    local function flush()
        if length > 0 then write(from, length, current) end
        length = 0
    end
    return function(first, count, value)
        if value ~= current or first ~= from + length then
            flush()
            current, from = value, first
        end
        length = length + count
    end, flush
end
