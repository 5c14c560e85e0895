-- worker.lua: the worker that a flight is of.
--
--- needs: FLIGHT
--- include: item
--- constants: FLIGHT_KEY
--- shares: worker

local worker = string.sub(FLIGHT, #prefix + #FLIGHT_KEY + 1)
