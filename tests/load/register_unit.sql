-- The unit of work of POST /v1/units. bench.py puts the statement of that name in place of the last line. Serial and key are
-- new in each, and so are its two facts; the rest is that of a unit that was registered through the gateway just before.
-- SPDX-License-Identifier: Apache-2.0
\set serial random(200000000000000, 599999999999999)
\set key random(100000000000000000, 999999999999999999)
@let facts = (ARRAY[gen_random_uuid()::text, :serial::text, 'PURCHASED', :purchase_date, :create_time, '', :content, gen_random_uuid()::text, :serial::text, 'DELIVERED', :delivery_date, :create_time, '', :content])
@let false = false
@warranty_create_unit(principal key fingerprint response create_time event_id type aggregate_type serial owner serial trace payload serial sku owner_id order_number NULL NULL NULL NULL NULL NULL NULL purchase_date delivery_date NULL NULL NULL last_cover_date facts false false)
