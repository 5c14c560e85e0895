-- skips.lua: sequences that were left out after a restart of the store.
--
--- needs: META
--- shares: is_skipped

local function is_skipped(sequence)
    for first, count in string.gmatch(redis.call('HGET', META, 'skips') or '', '(%d+):(%d+)') do
        if sequence >= tonumber(first) and sequence < first + count then return true end
    end
end
