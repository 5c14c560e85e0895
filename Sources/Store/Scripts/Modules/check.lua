-- check.lua: fail before the first write where a key has the wrong type, since Redis does not roll back.
--
--- shares: check

-- Takes pairs of a command that reads a length, and a key.
local function check(...)
    local pairs_ = {...}
    for at = 1, #pairs_, 2 do redis.call(pairs_[at], pairs_[at + 1]) end
end
