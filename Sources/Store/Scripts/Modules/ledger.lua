-- ledger.lua: the movements of stock, in the order of the calls.
--
--- include: joined
--- constants: MOVEMENT_KIND, MOVEMENT_RANGE
--- shares: movements, move, flush_moved

-- Movements of the same kind, one behind the other, are one. `commit` writes them, behind `flush_moved`.
local movements = {}
local move_all, flush_moved = joined(function(first, count, what)
    movements[#movements + 1] = what .. struct.pack(MOVEMENT_RANGE, first, count)
end)
local function move(kind, attempt, quantity, first, count)
    move_all(first, count, struct.pack(MOVEMENT_KIND, kind, attempt, quantity))
end
