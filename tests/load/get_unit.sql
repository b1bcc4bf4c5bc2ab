-- What aftercare-warranty asks for GET /v1/units/{serial}. bench.py puts the statement of that name in place of the last line.
-- SPDX-License-Identifier: Apache-2.0
\set serial random(100000000000001, 100000000000000 + :unit_count)
@warranty_read_unit(serial)
