-- GET of a unit chosen at random.
-- SPDX-License-Identifier: Apache-2.0
dofile(os.getenv("BENCH_LUA"))

local unit_count = tonumber(os.getenv("BENCH_UNIT_COUNT"))
local head = "GET /v1/units/"
local tail = " HTTP/1.1\r\nHost: " .. host .. "\r\nAuthorization: Bearer " .. token .. "\r\n\r\n"

function request()
    return head .. string.format("%.0f", 1e14 + math.random(1, unit_count)) .. tail
end
