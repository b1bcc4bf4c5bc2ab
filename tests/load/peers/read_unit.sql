-- What both peers read of a unit, for its coverage and before a claim: all in one statement, where Aftercare may ask more often.
-- SPDX-License-Identifier: Apache-2.0
SELECT u.serial, u.sku, u.owner_id, u.region, u.channel, u.customer_class, u.condition, u.price_minor, u.price_currency, u.version,
       u.claim_count, p.category, f.fact_id::text AS fact_id, f.fact_date::text AS start, f.record_time::text AS record_time
  FROM units u
  JOIN products p ON p.sku = u.sku
  JOIN unit_facts f ON f.serial = u.serial AND f.kind = 'DELIVERED'
 WHERE u.serial = $1
   AND NOT EXISTS (SELECT FROM recalls r WHERE r.sku = u.sku AND r.state = 'OPEN' AND u.serial COLLATE "C" BETWEEN r.first_serial AND r.last_serial)
