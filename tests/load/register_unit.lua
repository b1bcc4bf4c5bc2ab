-- POST of a unit that is new, under a key that is new.
-- SPDX-License-Identifier: Apache-2.0
dofile(os.getenv("BENCH_LUA"))

local unit = os.getenv("BENCH_UNIT") -- a JSON object, to which the serial number is added
local body = '{"serial":"%.0f",' .. unit:sub(2)
local head = "POST /v1/units HTTP/1.1\r\nHost: " .. host .. "\r\nAuthorization: Bearer " .. token ..
    "\r\nContent-Type: application/json\r\nIdempotency-Key: %09d%09d\r\nContent-Length: " .. #string.format(body, 6e14) ..
    "\r\n\r\n"

function request()
    return string.format(head, math.random(100000000, 999999999), math.random(0, 999999999)) ..
        string.format(body, 6e14 + math.random(0, 399999999) * 1e6 + math.random(0, 999999))
end
