"""The units that are asked for: copies of one that was registered through the API, with facts of their own."""
# SPDX-License-Identifier: Apache-2.0
import datetime

from installation import Trouble

FIRST = 100_000_000_000_001  # serial numbers are FIRST and up: of one length, so that packed messages can be copied
PRODUCT_COUNT = 100
CALLER = ("integration", "bench")
MODEL = str(FIRST - 1)
YOUNGEST_DAYS = 20
SPREAD_DAYS = 300  # the oldest is still covered by everything

PRODUCTS = """
    INSERT INTO warranty.products (sku, name, category, components, create_time)
    SELECT 'BENCH-' || n, 'Product ' || n, p.category, '{}', now() FROM generate_series(1, %s) n, warranty.products p
     WHERE p.sku = 'KETTLE-17' ON CONFLICT DO NOTHING
"""
QUICKLY = "SET session_replication_role = replica;"  # without looking each row's foreign key up
DAY = f"(current_date - {YOUNGEST_DAYS} - (n %% {SPREAD_DAYS})::integer)"
UNITS = f"""
    INSERT INTO warranty.units (serial, sku, owner_id, region, channel, customer_class, condition, price_minor, price_currency,
                                delivery_date, last_cover_date, create_time)
    SELECT ({FIRST} + n - 1)::text, 'BENCH-' || 1 + n %% {PRODUCT_COUNT}, 'customer-' || n, m.region, m.channel, m.customer_class,
           m.condition, m.price_minor, m.price_currency, {DAY}, {DAY} + interval '24 months', m.create_time
      FROM generate_series(%(from)s::bigint, %(to)s::bigint) n, warranty.units m WHERE m.serial = '{MODEL}'
"""
FACTS = f"""
    INSERT INTO warranty.unit_facts (fact_id, serial, kind, fact_date, record_time, content)
    SELECT md5('fact ' || n)::uuid, ({FIRST} + n - 1)::text, m.kind, {DAY}, m.record_time,
           set_byte(set_byte(set_byte(set_byte(
               overlay(overlay(m.content PLACING convert_to(md5('fact ' || n)::uuid::text, 'UTF8') FROM %(fact_id)s + 1)
                       PLACING convert_to(({FIRST} + n - 1)::text, 'UTF8') FROM %(serial)s + 1),
               %(date)s + 1, (extract(year FROM {DAY})::integer & 127) | 128), %(date)s + 2, extract(year FROM {DAY})::integer >> 7),
               %(date)s + 4, extract(month FROM {DAY})::integer), %(date)s + 6, extract(day FROM {DAY})::integer)
      FROM generate_series(%(from)s::bigint, %(to)s::bigint) n, warranty.unit_facts m WHERE m.serial = '{MODEL}'
"""


def register_model(api):
    """The unit that the others are copies of; answers its day of delivery."""
    day = datetime.date.today() - datetime.timedelta(days=YOUNGEST_DAYS)
    api.post("/v1/units", CALLER, {
        "serial": MODEL, "sku": "KETTLE-17", "owner_id": "customer-0", "delivery_date": str(day),
        "price_paid": {"minor": 3900, "currency_code": "EUR"}, "region": "DE", "channel": "online", "customer_class": "consumer",
        "condition": "new"})
    return day


def find_places(execute, day):
    """Where identity, serial number and day stand in the model's packed fact."""
    row = execute("SELECT fact_id::text, content FROM warranty.unit_facts WHERE serial = %s", MODEL)
    content = bytes(row[1])
    date = bytes([8, day.year & 127 | 128, day.year >> 7, 16, day.month, 24, day.day])
    places = {"fact_id": content.find(row[0].encode()), "serial": content.find(MODEL.encode()), "date": content.find(date)}
    if min(places.values()) < 0:
        raise Trouble(f"a packed fact is not as this program knows it: {content.hex()}")
    return places


def fill(execute, api, count):
    """`count` units, from FIRST on; more of them where some are there."""
    there = execute("SELECT count(*) FROM warranty.units WHERE serial >= %s", str(FIRST))[0]
    if there == 0:
        execute(PRODUCTS, PRODUCT_COUNT)
        day = register_model(api)
    else:
        day = execute("SELECT delivery_date FROM warranty.units WHERE serial = %s", MODEL)[0]
    if there < count:
        span = {"from": there + 1, "to": count}
        index = execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'warranty' AND indexname = 'units_serial_trgm_ix'")[0]
        execute("DROP INDEX warranty.units_serial_trgm_ix")  # built at once it takes a part of the time
        execute(QUICKLY + UNITS, **span)
        execute(QUICKLY + FACTS, **span, **find_places(execute, day))
        execute("SET maintenance_work_mem = '256MB';" + index)
    execute("VACUUM (ANALYZE) warranty.units, warranty.unit_facts, warranty.products")
    execute("CHECKPOINT")
