-- ledger.lua: the movements of stock, and what else happened, in the order of the calls.
--
--- include: joined
--- constants: MOVEMENT_KIND, MOVEMENT_RANGE
--- shares: movements, move, flush_moved, further

-- `move` notes that units of `count` purchases from sequence `first` on moved. Movements that are alike and follow each
-- other are joined. `commit` calls `flush_moved` and writes them, and the fields and values of `further`, if there are
-- any.
local movements, further = {}, nil
local move_all, flush_moved = joined(function(first, count, kind_attempt_quantity)
    movements[#movements + 1] = kind_attempt_quantity .. struct.pack(MOVEMENT_RANGE, first, count)
end)
local function move(kind, attempt, quantity, first, count)
    move_all(first, count, struct.pack(MOVEMENT_KIND, kind, attempt, quantity))
end
