"""Imports of units: CSV as spreadsheets write it and NDJSON, dry runs, the error report, daemons that die half-way.

With AFTERCARE_TEST_LONG=1 the large file has 100,000 rows; rows per second and the growth of the memory are printed.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import io
import json
import time
import uuid

import pytest

import wire
from stage import count, wait_until
from world import AGENT, events_of, make_name, make_product, make_unit, read_all, run_threads

STAGE = {"documents": 1, "policy": 1, "warranty": 2, "AFTERCARE_TEST_CLOCK": "the stage's"}
HEAD = ["Seriennummer", "Artikelnummer", "Kaufdatum", "Lieferdatum", "Land", "Preis", "Währung", "Auftragsnr.", "Bemerkung"]
NUMBERS = ("row_count", "stored_count", "same_count", "error_count")


@pytest.fixture(scope="module", name="sku")
def sku_fixture(web):
    """A small appliance."""
    return make_product(web)


def print_csv(rows, head=tuple(HEAD), encoding="utf-8-sig", **dialect):
    """A file as a German spreadsheet writes it."""
    out = io.StringIO()
    csv.writer(out, **({"delimiter": ";", "lineterminator": "\r\n"} | dialect)).writerows([head, *rows])
    return out.getvalue().encode(encoding)


def make_row(sku, serial=None):
    """A good row."""
    return [serial or make_name("IM"), sku, "31.12.2025", "2026-01-05", "DE", "1.234,50", "EUR", "A-1", 'sagt "gut";\nso']


def begin(web, content, media_type="text/csv", caller=AGENT, query=""):
    """A new import."""
    answer = web.call("POST", f"/v1/imports/units{query}", caller, content, Content_Type=media_type)
    assert answer.status == 201, answer
    assert answer.headers["location"] == f"/v1/imports/{answer.json['import_id']}"
    return answer.json["import_id"]


def read(web, import_id):
    """An import."""
    answer = web.get(f"/v1/imports/{import_id}", AGENT)
    assert answer.status == 200, answer
    return answer.json


def finish(web, import_id, limit_s=60):
    """An import once it has ended."""
    wait_until(lambda: read(web, import_id)["state"] != "RUNNING", "the import has ended", limit_s)
    return read(web, import_id)


def run(web, content, media_type="text/csv", query=""):
    """An import from its beginning to its end."""
    return finish(web, begin(web, content, media_type, query=query))


def errors_of(web, import_id):
    """The error report as (line, column, reason, value)."""
    rows, _ = read_all(web, f"/v1/imports/{import_id}/errors", "errors", AGENT, 50)
    return [(row["line"], row.get("column", ""), row["reason"], row.get("value", "")) for row in rows]


def numbers(made):
    """(rows, stored, same, refused)"""
    return tuple(made[name] for name in NUMBERS)


def unit(web, serial):
    """A unit that must be there."""
    answer = web.get(f"/v1/units/{serial}", AGENT)
    assert answer.status == 200, answer
    return answer.json


# ---- what is read ----

def test_a_german_spreadsheet_becomes_units(web, stage, sku):
    rows = [make_row(sku) for _ in range(3)]
    made = run(web, print_csv(rows))
    assert (made["state"], numbers(made)) == ("DONE", (3, 3, 0, 0)), made
    assert made["read_bytes"] == made["size_bytes"] and made["separator"] == ";" and made["is_utf8"]
    fields = {column["heading"]: column.get("field", "") for column in made["columns"]}
    assert fields == {"Seriennummer": "serial", "Artikelnummer": "sku", "Kaufdatum": "purchase_date", "Lieferdatum": "delivery_date",
                      "Land": "region", "Preis": "price_paid", "Währung": "currency", "Auftragsnr.": "order_number", "Bemerkung": ""}
    told = unit(web, rows[0][0])
    assert (told["purchase_date"], told["delivery_date"], told["region"]) == ("2025-12-31", "2026-01-05", "DE")
    assert (told["price_paid"], told["order_number"]) == ({"minor": 123450, "currency_code": "EUR"}, "A-1")
    alone = make_unit(web, sku, purchase_date="2025-12-31", delivery_date="2026-01-05", region="DE",
                      price_paid=told["price_paid"], order_number="A-1")
    own = {"serial", "create_time"}
    assert {k: v for k, v in told.items() if k not in own} == {k: v for k, v in unit(web, alone).items() if k not in own}
    for row in rows:
        (kind, version, event, _), = events_of(stage, row[0])
        assert (kind, version, event.import_id) == ("warranty.v1.UnitRegistered", 1, made["import_id"])
    kinds = [event[0].rpartition(".")[2] for event in events_of(stage, made["import_id"])]
    assert kinds[0] == "ImportStarted" and kinds[-1] == "ImportEnded" and set(kinds[1:-1]) <= {"ImportAdvanced"}
    assert [event[1] for event in events_of(stage, made["import_id"])] == list(range(1, len(kinds) + 1))


@pytest.mark.parametrize("encoding,dialect", [
    ("cp1252", {}), ("utf-8", {"delimiter": ","}), ("utf-8", {"delimiter": "\t", "lineterminator": "\n"}),
    ("cp1252", {"lineterminator": "\r", "quoting": csv.QUOTE_ALL})])
def test_other_spreadsheets_are_read_too(web, sku, encoding, dialect):
    row = make_row(sku)
    row[7] = "Größe–5"
    made = run(web, print_csv([row], encoding=encoding, **dialect))
    assert (made["state"], numbers(made)) == ("DONE", (1, 1, 0, 0)), made
    assert unit(web, row[0])["order_number"] == "Größe–5"


def test_ndjson_is_read_by_the_fields_of_a_unit(web, sku):
    serials = [make_name("ND") for _ in range(2)]
    lines = [json.dumps({"serial": serials[0], "sku": sku, "purchase_date": "2025-12-31", "region": "DE"}), "",
             json.dumps({"serial": serials[1], "sku": sku, "price": 1}), "{", json.dumps({"serial": serials[1], "sku": sku})]
    made = run(web, "\n".join(lines).encode(), "application/x-ndjson")
    assert (made["state"], numbers(made)) == ("DONE", (4, 2, 0, 2)), made
    assert unit(web, serials[0])["purchase_date"] == "2025-12-31"
    assert [error[:3] for error in errors_of(web, made["import_id"])] == [(3, "price", "JSON_FIELD_UNKNOWN"), (4, "", "JSON_MALFORMED")]


def test_a_mapping_names_what_is_not_found(web, sku):
    serial = make_name("IM")
    content = print_csv([[serial, sku, "x"]], ["Nummer am Boden", "Typ", "Zustand"])
    refused = run(web, content)
    assert (refused["state"], refused["refusal_reason"]) == ("REFUSED", "HEAD_INCOMPLETE"), refused
    made = run(web, content, query="?mapping=Nummer%20am%20Boden%3Dserial,Typ%3Dsku,Zustand%3D")
    assert numbers(made) == (1, 1, 0, 0), made
    wrong = web.call("POST", "/v1/imports/units?mapping=Typ%3Dtype", AGENT, content, Content_Type="text/csv")
    assert (wrong.status, wrong.reason) == (400, "MAPPING_FIELD_UNKNOWN")


@pytest.mark.parametrize("content,reason", [
    (b"PK\3\4rest", "FILE_NOT_TEXT"), ("serial;sku".encode("utf-16"), "FILE_NOT_TEXT"), (b"\r\n\r\n", "HEAD_INCOMPLETE"),
    (b"serial;Seriennr.;sku\r\n1;2;3", "COLUMN_TWICE"), (b"serial;sku\r\n" + b"x" * 70000, "LINE_TOO_LONG")])
def test_what_is_no_such_file_is_refused_whole(web, content, reason):
    made = run(web, content)
    assert (made["state"], made["refusal_reason"]) == ("REFUSED", reason), made


# ---- once, twice, not at all ----

def test_a_file_read_twice_finds_its_units_the_same(web, sku):
    rows = [make_row(sku) for _ in range(450)]
    assert numbers(run(web, print_csv(rows))) == (450, 450, 0, 0)
    other = [*rows[7]]
    other[2] = "30.12.2025"
    made = run(web, print_csv([*rows, other]))
    assert numbers(made) == (451, 0, 450, 1)
    assert errors_of(web, made["import_id"]) == [(2 + 2 * 450, "Kaufdatum", "UNIT_DIFFERS", "30.12.2025")]


@pytest.mark.parametrize("apart", [0, 300])
def test_a_dry_run_finds_what_the_import_finds_and_stores_nothing(web, stage, sku, apart):
    row = make_row(sku)
    other = [row[0], sku, "01.12.2025", *row[3:]]
    content = print_csv([row, *(make_row(sku) for _ in range(apart)), row, other, make_row("no product")])
    before = stage.value("SELECT count(*) FROM warranty.units")
    dry = run(web, content, query="?dry_run=true")
    assert dry["is_dry_run"] and stage.value("SELECT count(*) FROM warranty.units") == before
    assert stage.value("SELECT count(*) FROM warranty.import_rows") == 0
    assert events_of(stage, row[0]) == []
    made = run(web, content)
    assert numbers(dry) == numbers(made) == (apart + 4, apart + 1, 1, 2)
    assert errors_of(web, dry["import_id"]) == errors_of(web, made["import_id"])
    assert stage.value("SELECT count(*) FROM warranty.units") == before + apart + 1


def test_a_repeated_request_is_one_import(web, sku):
    key, content = str(uuid.uuid4()), print_csv([make_row(sku)])
    answers = [web.call("POST", "/v1/imports/units", AGENT, content, key, Content_Type="text/csv") for _ in range(2)]
    assert answers[0].status == 201 and answers[0].json["import_id"] == answers[1].json["import_id"]
    other = web.call("POST", "/v1/imports/units?dry_run=true", AGENT, content, key, Content_Type="text/csv")
    assert (other.status, other.reason) == (422, "IDEMPOTENCY_KEY_REUSED")


# ---- bad rows ----

def spoil(row, kind):
    """A row with a mistake; the column and the reason that must be told."""
    if kind == "open quote":
        return ";".join(row[:8]) + ';"nichts endet', "", "QUOTE_MALFORMED"
    at, value, reason = {
        "no serial": (0, "", "FIELD_REQUIRED"), "no product": (1, "nothing", "PRODUCT_MISSING"),
        "no day": (2, "gestern", "DATE_MALFORMED"), "a day that is not": (2, "31.02.2025", "DATE_MISSING_DAY"),
        "two days": (3, "01/02/2025", "DATE_AMBIGUOUS"), "the future": (3, "01.01.2199", "DATE_IN_FUTURE"),
        "a region": (4, "Atlantis", "CODE_UNKNOWN"), "an amount": (5, "viel", "AMOUNT_MALFORMED"),
        "a currency": (6, "EURO", "CURRENCY_UNKNOWN")}[kind]
    row = [*row]
    row[at] = value
    return ";".join(row), HEAD[5 if kind == "a currency" else at], reason


KINDS = ("open quote", "no serial", "no product", "no day", "a day that is not", "two days", "the future", "a region", "an amount",
         "a currency")


def make_large(rng, sku, row_count):
    """A file in which one row of a hundred is bad in one of ten ways; the report that it must get: (line, column, reason)."""
    lines, report, serials = [";".join(HEAD)], [], []
    prefix = make_name("L")
    bad = set(rng.sample(range(row_count), max(len(KINDS), row_count // 100)))
    for i in range(row_count):
        row = [f"{prefix}-{i}", sku, "31.12.2025", "05.01.2026", "DE", "49,90", "EUR", f"A{i}", "x"]
        if i in bad:
            line, column, reason = spoil(row, KINDS[len(report) % len(KINDS)])
            report.append((len(lines) + 1, column, reason))
        else:
            line = ";".join(row)
            serials.append(row[0])
        lines.append(line)
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode(), report, serials


def check_large(web, stage, made, report, serials):
    """No row is there twice, none is missing, and each bad one is told."""
    assert (made["state"], numbers(made)) == ("DONE", (len(serials) + len(report), len(serials), 0, len(report))), made
    found = {row[:3] for row in errors_of(web, made["import_id"])}
    quotes = {row[0] for row in report if row[2] == "QUOTE_MALFORMED"}
    # A quote that nothing ends is told in words that depend on what follows.
    assert {row if row[0] not in quotes else (row[0], "", "QUOTE_MALFORMED") for row in found} == set(report)
    prefix = serials[0].rsplit("-", 1)[0] + "-%"
    there = stage.query("SELECT serial FROM warranty.units WHERE serial LIKE %s", prefix)
    assert sorted(row[0] for row in there) == sorted(serials)
    twice = stage.value("SELECT count(*) - count(DISTINCT aggregate_id) FROM events.outbox WHERE aggregate_id LIKE %s", prefix)
    facts = stage.value("SELECT count(*) FROM warranty.unit_facts WHERE serial LIKE %s", prefix)
    said = stage.value("SELECT count(*) FROM events.outbox WHERE aggregate_id LIKE %s", prefix)
    assert (twice, facts, said) == (0, 2 * len(serials), len(serials))


def rss_kib(daemon):
    """The resident memory of a process."""
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS")))


def test_a_large_file_is_read_and_every_bad_row_told(web, stage, rng, sku):
    daemons = [daemon for daemon in stage.daemons if daemon.noun == "warranty"]
    small, report, serials = make_large(rng, sku, 1000)
    check_large(web, stage, run(web, small), report, serials)  # what is taken once is taken
    before = [rss_kib(daemon) for daemon in daemons]
    content, report, serials = make_large(rng, sku, count(3000, 100000))
    begun = time.monotonic()
    import_id = begin(web, content)
    made = finish(web, import_id, 1200)
    spent_s = time.monotonic() - begun
    growth = [rss_kib(daemon) - size for daemon, size in zip(daemons, before)]
    check_large(web, stage, made, report, serials)
    print(f"\n{made['row_count']} rows, {len(content) >> 10} KiB: {made['row_count'] / spent_s:.0f} rows/s, "
          f"resident memory of the daemons +{growth} KiB")


def test_two_replicas_that_run_the_same_import_store_each_row_once(web, stage, rng, sku):
    """Both are told to go on, over the bus, while the timer runs it too: one of them loses each batch."""
    system = wire.make_principal(wire.envelope.Principal.DAEMON, "system:warranty", ["system"])
    content, report, serials = make_large(rng, sku, 3000)
    import_id = begin(web, content)
    codes = []

    def push(path):
        with wire.Caller(path, stage.installation_key) as caller:
            for i in range(60):
                reply = caller.ask("RunImport", wire.warranty.RunImportRequest(import_id=import_id), system,
                                   idempotency_key=f"{import_id}-{path.name}-{i}")
                codes.append(reply.code)

    paths = sorted(stage.bus_folder.glob("warranty-*.sock"))
    run_threads(len(paths), lambda i: push(paths[i]))
    check_large(web, stage, finish(web, import_id), report, serials)
    assert 0 in codes and set(codes) <= {0, 10}, codes  # done, or lost a race


def test_imports_are_listed_the_newest_first(web, sku):
    made = [begin(web, print_csv([make_row(sku)])) for _ in range(3)]
    for import_id in made:
        finish(web, import_id)
    listed, pages = read_all(web, "/v1/imports", "imports", AGENT, 2)
    assert [one["import_id"] for one in listed][:3] == made[::-1] and pages > 1
    assert [one["create_time"] for one in listed] == sorted((one["create_time"] for one in listed), reverse=True)
    assert listed[0] == read(web, made[2])
    refused = run(web, b"a;b\r\n1;2\r\n")
    assert [one["import_id"] for one in read_all(web, "/v1/imports?state=REFUSED", "imports", AGENT, 50)[0]][0] == refused["import_id"]
    assert {one["state"] for one in read_all(web, "/v1/imports?state=DONE", "imports", AGENT, 50)[0]} == {"DONE"}
    assert web.get("/v1/imports", "customer:anna").status == 403
    assert web.get("/v1/imports?page_token=abc", AGENT).reason == "PAGE_TOKEN_MALFORMED"


def test_the_report_of_an_import_is_kept_for_a_time(web, stage, sku):
    """A month, unless the configuration says otherwise; then what stood in the file is gone, and the counts stay."""
    good, bad = run(web, print_csv([make_row(sku)])), run(web, print_csv([make_row("no-such-product")] * 2500))
    assert "report_until" not in good and bad["error_count"] == 2500
    path = f"/v1/imports/{bad['import_id']}/errors"
    stage.set_clock(30 * 86400 - 60)
    assert len(errors_of(web, bad["import_id"])) == 2500
    stage.set_clock(30 * 86400 + 60)
    wait_until(lambda: web.get(path, AGENT).status == 404, "the report is gone")
    assert web.get(path, AGENT).reason == "REPORT_PURGED"
    wait_until(lambda: stage.value("SELECT count(*) FROM warranty.import_errors WHERE import_id = %s", bad["import_id"]) == 0,
               "its rows are deleted")
    stage.set_clock(0)
    assert read(web, bad["import_id"]) == bad
    assert stage.value("SELECT count(*) FROM warranty.timers WHERE aggregate_id = %s", good["import_id"]) == 0


def test_a_file_that_is_kept_no_more_ends_its_import(web, stage, sku):
    made = run(web, print_csv([make_row(sku)]))
    stage.query("UPDATE warranty.imports SET state = 'RUNNING', end_time = NULL, read_bytes = 0, document_id = gen_random_uuid()"
                " WHERE import_id = %s", made["import_id"])
    stage.query("INSERT INTO warranty.timers (timer_id, kind, aggregate_id, due_time)"
                " VALUES (gen_random_uuid(), 'import.run', %s, 'epoch')", made["import_id"])
    gone = finish(web, made["import_id"])
    assert (gone["state"], gone["refusal_reason"], numbers(gone)) == ("REFUSED", "UPLOAD_MISSING", (1, 1, 0, 0)), gone


@pytest.mark.faults
@pytest.mark.parametrize("is_dry", [False, True])
def test_a_replica_that_dies_half_way_leaves_no_row_twice_and_none_missing(web, stage, rng, sku, is_dry):
    content, report, serials = make_large(rng, sku, count(3000, 20000))
    import_id = begin(web, content, query="?dry_run=true" if is_dry else "")
    wait_until(lambda: read(web, import_id)["row_count"] > 200, "rows are read")
    victims = [daemon for daemon in stage.daemons if daemon.noun == "warranty" and daemon.is_running()]
    for victim in victims:
        victim.kill()
    half = stage.value("SELECT row_count FROM warranty.imports WHERE import_id = %s", import_id)
    assert 0 < half < len(serials) + len(report)
    stage.end_leases("warranty")
    for _ in victims:
        stage.start("warranty")
    made = finish(web, import_id)
    if is_dry:
        assert numbers(made) == (len(serials) + len(report), len(serials), 0, len(report))
        assert stage.value("SELECT count(*) FROM warranty.import_rows") == 0
    else:
        check_large(web, stage, made, report, serials)
