-- attempts.lua: the attempts that flight records carry.
--
--- constants: ATTEMPTS
--- shares: next_attempt, with_attempt

-- The attempt after this one. An attempt is one byte of the record, and 1 follows the last: attempts are only compared
-- for equality, and no late call of so many attempts ago can still be under way. 0 is one that was given back before it
-- was begun.
local function next_attempt(attempt) return attempt % ATTEMPTS + 1 end

-- The record with another attempt.
local function with_attempt(attempt, record) return string.char(attempt) .. string.sub(record, 2) end
