-- repeats.lua: the part of admit that knows a repeat of an earlier purchase; it stands in front of short_way.lua.
--
-- KEYS     those of admit.lua
-- ARGV     those of admit.lua
--
-- Returns: nothing of its own; `replay` says whether a purchase is a repeat.
-- Cost: O(records of a user). Idempotent: yes, it only reads.

-- What a user is told who asks with the key of an earlier purchase: the code and its record; nil for another key.
local function replay(records, rest)
    for at = 1, #records, 14 do
        if string.sub(records, at + 6, at + 12) == string.sub(rest, 3, 9) then
            local same = string.sub(records, at + 4, at + 5) == string.sub(rest, 1, 2)
            return same and 1 or 2, string.sub(records, at, at + 13)
        end
    end
end
