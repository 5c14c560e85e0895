-- repeats.lua: the part of admit that knows a repeat of an earlier purchase; it stands in front of short_way.lua.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- Returns: nothing of its own; `replay` says whether a purchase is a repeat.
-- Cost: O(records of a user). Idempotent: yes, it only reads.

local NO_KEY = string.rep('\0', 7)

-- What a user is told who asks with the key of an earlier purchase: the code, its record, and whether it is without a
-- key; nil for another key. Of several without one the newest counts.
local function replay(records, rest)
    local key = string.sub(rest, 3, 9)
    for at = #records - 13, 1, -14 do
        if string.sub(records, at + 6, at + 12) == key then
            local same = string.sub(records, at + 4, at + 5) == string.sub(rest, 1, 2)
            return same and 1 or 2, string.sub(records, at, at + 13), key == NO_KEY
        end
    end
end
