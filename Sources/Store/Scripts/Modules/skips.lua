-- skips.lua: sequences that no purchase has.
--
--- needs: META
--- include: item
--- constants: RESULT_NONE, RESULT_LOST
--- shares: is_missing

-- Whether the sequence lies in a range that was left out after a restart of the store.
local function is_skipped(sequence)
    for first, count in string.gmatch(redis.call('HGET', META, 'skips') or '', '(%d+):(%d+)') do
        if sequence >= tonumber(first) and sequence < first + count then return true end
    end
end

-- Whether no purchase has this sequence, of which `byte` is the result.
local function is_missing(sequence, byte)
    return byte == RESULT_LOST or (byte == RESULT_NONE and (sequence > meta.tail or is_skipped(sequence)))
end
