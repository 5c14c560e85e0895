-- outcome.lua: what becomes of a purchase whose order was confirmed or refused.
--
--- needs: ORDERS, REASONS
--- include: item, results, ledger, holds
--- constants: FLIGHT_HEAD, RESULT_SOLD, RESULT_RESERVED, RESULT_REJECTED, MOVED_CONFIRMED, MOVED_REFUSED
--- shares: end_order

-- Ends the purchase of this record. Its units are sold, held until it is paid, or free again. `note` is the reference
-- of the order, or the reason; '' for none.
local function end_order(field, record, is_confirmed, note)
    local attempt, quantity = struct.unpack(FLIGHT_HEAD, record)
    local sequence, result = tonumber(field), is_confirmed and RESULT_SOLD or RESULT_REJECTED
    if is_confirmed and is_paid_later() then
        result = RESULT_RESERVED
        reserve(field, record)
    else
        meta.held = meta.held - quantity
        if is_confirmed then meta.sold = meta.sold + quantity else meta.free = meta.free + quantity end
        move(is_confirmed and MOVED_CONFIRMED or MOVED_REFUSED, attempt, quantity, sequence, 1)
    end
    if note ~= '' then redis.call('HSET', is_confirmed and ORDERS or REASONS, field, note) end
    decide(sequence, 1, result)
end
