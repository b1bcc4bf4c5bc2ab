-- A page of both peers: $1 after which serial number, $2 how many.
-- SPDX-License-Identifier: Apache-2.0
SELECT u.serial, u.sku, u.owner_id, u.region, u.channel, u.customer_class, u.condition, u.price_minor, u.price_currency, u.version,
       u.delivery_date::text AS start, u.last_cover_date::text AS law_last, u.create_time::text AS record_time
  FROM units u
 WHERE u.serial > $1
   AND NOT EXISTS (SELECT FROM recalls r WHERE r.sku = u.sku AND r.state = 'OPEN' AND u.serial COLLATE "C" BETWEEN r.first_serial AND r.last_serial)
 ORDER BY u.serial
 LIMIT $2::bigint
