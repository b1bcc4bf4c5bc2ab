"""What PostgreSQL holds of what clients did, and whether that can be true. A `stage` is whoever has query(statement, *parameters)."""
# SPDX-License-Identifier: Apache-2.0

LOGGED = "SELECT count(*) = 0 FROM events.outbox o WHERE NOT EXISTS (SELECT FROM events.log l WHERE l.event_id = o.event_id)"
GAPS = """SELECT position, row_number() OVER (ORDER BY position) FROM events.log"""
VERSIONS = """SELECT aggregate_type, aggregate_id, aggregate_version,
                     row_number() OVER (PARTITION BY aggregate_type, aggregate_id ORDER BY position) FROM events.log
               WHERE aggregate_type <> 'message'"""  # of a message that waits to be sent nothing is told yet
TWICE = "SELECT event_id FROM events.log GROUP BY event_id HAVING count(*) > 1"
UNTOLD = "SELECT serial FROM warranty.unit_facts EXCEPT SELECT serial FROM warranty.unit_history"
UNSAID = "SELECT serial FROM warranty.unit_history EXCEPT SELECT unit_serial FROM events.log EXCEPT SELECT aggregate_id FROM events.log"


def read_rows(stage, sku):
    """(serials, (serial, version) of events), as PostgreSQL has them, of one product."""
    units = [row[0] for row in stage.query("SELECT serial FROM warranty.units WHERE sku = %s", sku)]
    events = stage.query("SELECT o.aggregate_id, o.aggregate_version FROM (SELECT event_id, aggregate_type, aggregate_id, aggregate_version"
                         "   FROM events.outbox UNION SELECT event_id, aggregate_type, aggregate_id, aggregate_version FROM events.log) AS o"
                         " WHERE o.aggregate_type = 'unit'"
                         "   AND (o.aggregate_id IN (SELECT serial FROM warranty.units WHERE sku = %s)"
                         "        OR NOT EXISTS (SELECT FROM warranty.units u WHERE u.serial = o.aggregate_id))", sku)
    return units, events


def check_log(stage):
    """I3, of the log as PostgreSQL has it."""
    for position, place in stage.query(f"SELECT * FROM ({GAPS}) AS l (position, place) WHERE position <> place ORDER BY 1 LIMIT 1"):
        yield f"position {place} of the log is not there; the next one is {position}"
    for kind, name, version, place in stage.query(f"SELECT * FROM ({VERSIONS}) AS l (kind, id, version, place) WHERE version <> place"):
        yield f"{kind} {name}: event {place} is of version {version}"
    for [event_id] in stage.query(TWICE):
        yield f"event {event_id} has several positions"


def check_views(stage):
    """I4, of what warranty shows of the events."""
    for [serial] in stage.query(UNTOLD):
        yield f"{serial} has facts and no history"
    for [serial] in stage.query(UNSAID):
        yield f"{serial} has a history and is not in the log"
    for consumer, event_id, reason in stage.query("SELECT name, event_id, reason FROM warranty.consumer_parked"):
        yield f"{consumer} put event {event_id} aside: {reason}"
