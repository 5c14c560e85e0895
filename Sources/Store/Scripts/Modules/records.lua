-- records.lua: find an earlier purchase of a user by its key.
--
--- constants: DIGEST_LENGTH, DETAILS_DIGEST, QUANTITY_LENGTH, ANSWER_REPLAYED, ANSWER_MISMATCH, RECORD_LENGTH
--- constants: RECORD_DIGEST, RECORD_DIGEST_END, RECORD_QUANTITY, RECORD_QUANTITY_END
--- include: batch
--- shares: earlier_purchase

local NO_KEY = string.rep('\0', DIGEST_LENGTH)

-- Where purchase `i` of a user with these records has the key of an earlier one: returns the code of the answer, the
-- earlier record, and whether both are without a key. Returns nothing for another key. Of several without a key the
-- newest counts.
local function earlier_purchase(records, i)
    local details = string.sub(entries[2 * i], details_at)
    local key = string.sub(details, DETAILS_DIGEST, DETAILS_DIGEST + DIGEST_LENGTH - 1)
    for at = #records - RECORD_LENGTH, 0, -RECORD_LENGTH do
        if string.sub(records, at + RECORD_DIGEST, at + RECORD_DIGEST_END) == key then
            local quantity = string.sub(records, at + RECORD_QUANTITY, at + RECORD_QUANTITY_END)
            local is_same = quantity == string.sub(details, 1, QUANTITY_LENGTH)
            local record = string.sub(records, at + 1, at + RECORD_LENGTH)
            return is_same and ANSWER_REPLAYED or ANSWER_MISMATCH, record, key == NO_KEY
        end
    end
end
