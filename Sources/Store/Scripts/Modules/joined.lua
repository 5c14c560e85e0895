-- joined.lua: join sequences in a row of which the same is said.
--
--- shares: joined

-- Returns a function that takes `count` sequences from `first` and what is said of them, and one that hands those that
-- were joined to `write`.
local function joined(write)
    local said, from, length = nil, 0, 0
    local function flush()
        if length > 0 then write(from, length, said) end
        length = 0
    end
    return function(first, count, what)
        if what ~= said or first ~= from + length then
            flush()
            said, from = what, first
        end
        length = length + count
    end, flush
end
