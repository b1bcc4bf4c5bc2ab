"""Bodies that are no JSON, or not the JSON that is asked for: 400 with the place, and no harm to the next request."""
# SPDX-License-Identifier: Apache-2.0
import json
import re

import pytest

from world import AGENT, make_name

PATH = "/v1/products"
BODY_BYTES_MAX = 131072


def product(**changes):
    """A body that is right, and what is to be wrong with it."""
    return {"sku": make_name("SKU"), "name": "n", "category": "small_appliances"} | changes


def assert_refused(answer, field=None):
    """400 and the place: line and column, or the field."""
    assert answer.status == 400 and answer.reason, answer
    problem = answer.json
    if field is not None:
        assert problem["field"] == field, problem
    else:
        assert problem["line"] >= 1 and problem["column"] >= 1, problem


def test_each_file_of_the_json_test_suite_gets_its_place_and_harms_nobody(web, stage, shared):
    files = sorted((shared / "jsontestsuite" / "test_parsing").glob("*.json"))
    assert len(files) == 318
    wrong, reasons = [], {}
    for file in files:
        answer = web.post(PATH, AGENT, file.read_bytes())
        assert web.get("/v1/products?page_size=1").status == 200, file.name
        reasons[answer.reason] = reasons.get(answer.reason, 0) + 1
        problem = answer.json
        has_place = "field" in problem or problem.get("line", 0) >= 1 and problem.get("column", 0) >= 1
        if (answer.status, answer.reason) == (413, "BODY_TOO_LARGE") and file.stat().st_size > BODY_BYTES_MAX:
            continue
        if answer.status != 400 or not has_place:
            wrong.append((file.name, answer))
        if file.name.startswith("n_") and "line" not in problem and file.name != "n_structure_no_data.json":
            wrong.append((file.name, "is not JSON, and no line says where", answer))
    print(f"318 files of the JSON test suite as bodies: {reasons}")
    assert not wrong, wrong
    assert stage.value("SELECT count(*) FROM warranty.products") == 0


@pytest.mark.parametrize("body,line,column", [
    (b'{"sku": "a",\n "name" "b"}', 2, 9), (b"{", 1, None), (b'{"sku": tru}', 1, None), (b"\n\n  ]", 3, 3),
    (b'{"sku": "\xc3\xa4", "sku2": \x01}', 1, None)])
def test_the_place_is_where_the_fault_is(web, body, line, column):
    answer = web.post(PATH, AGENT, body)
    assert_refused(answer)
    assert answer.json["line"] == line, answer
    if column is not None:
        assert abs(answer.json["column"] - column) <= 3, answer  # the parser may have read a token further


@pytest.mark.parametrize("changes,field", [
    ({"colour": "red"}, "colour"), ({"name": 5}, "name"), ({"name": ["n"]}, "name"), ({"name": {"x": 1}}, "name"),
    ({"name": True}, "name"), ({"name": ""}, "name"), ({"name": None}, "name"), ({"name": "n" * 201}, "name"),
    ({"name": "a\nb"}, "name"), ({"discontinue_date": "2025-02-30"}, "discontinue_date"),
    ({"discontinue_date": "2025-2-3"}, "discontinue_date"), ({"discontinue_date": 20250203}, "discontinue_date"),
    ({"discontinue_date": "0000-01-01"}, "discontinue_date"), ({"discontinue_date": "2025-02-03T00:00:00Z"}, "discontinue_date")])
def test_a_field_that_is_wrong_is_named(web, changes, field):
    assert_refused(web.post(PATH, AGENT, product(**changes)), field)


def test_a_field_deep_inside_is_named_by_its_path(web):
    body = {"serial": "S", "cause": "x", "description": "y", "contact": {"name": "n", "email": "none"}}
    assert_refused(web.post("/v1/claims", AGENT, body), "contact.email")
    assert_refused(web.post("/v1/claims", AGENT, body | {"contact": {"fax": "1"}}), "contact.fax")
    assert_refused(web.post("/v1/claims", AGENT, body | {"claim_id": "not-a-uuid"}), "claim_id")


@pytest.mark.parametrize("name", ["expected_version", "create_time", "version"])
def test_what_only_the_service_sets_is_refused(web, name):
    sku = product()["sku"]
    assert web.post(PATH, AGENT, product(sku=sku)).status == 201
    answer = web.call("PUT", f"/v1/products/{sku}", AGENT, {"name": "n", "category": "small_appliances", name: 1}, If_Match="*")
    assert_refused(answer, name)


RAW = {
    "duplicate key": b'{"sku": "a", "sku": "b", "name": "n", "category": "small_appliances"}',
    "duplicate key by escape": b'{"sku": "a", "s\\u006bu": "b", "name": "n", "category": "small_appliances"}',
    "lone high surrogate": b'{"sku": "\\ud800", "name": "n", "category": "small_appliances"}',
    "lone low surrogate": b'{"sku": "\\udc00x", "name": "n", "category": "small_appliances"}',
    "surrogate in UTF-8": b'{"sku": "\xed\xa0\x80", "name": "n", "category": "small_appliances"}',
    "overlong UTF-8": b'{"sku": "\xc0\xaf", "name": "n", "category": "small_appliances"}',
    "escaped NUL": b'{"sku": "a\\u0000b", "name": "n", "category": "small_appliances"}',
    "raw NUL": b'{"sku": "a\x00b", "name": "n", "category": "small_appliances"}',
    "byte order mark": b'\xef\xbb\xbf{"sku": "a", "name": "n", "category": "small_appliances"}',
    "UTF-16": '{"sku": "a", "name": "n", "category": "small_appliances"}'.encode("utf-16"),
    "text after the end": b'{"sku": "a", "name": "n", "category": "small_appliances"} {}',
    "comment": b'{"sku": "a", /* */ "name": "n", "category": "small_appliances"}',
    "trailing comma": b'{"sku": "a", "name": "n", "category": "small_appliances",}',
    "single quotes": b"{'sku': 'a'}", "a word": b"hello", "only blanks": b"   ",
    "100,000 open brackets": b"[" * 100000, "100,000 open objects": b'{"a":' * 20000,
    "deep inside an unknown field": b'{"x": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "huge number": b'{"sku": ' + b"9" * 100000 + b"}", "huge exponent": b'{"sku": 1e999999999}',
    "long key": b'{"' + b"k" * 100000 + b'": 1}', "many keys": b"{" + b",".join(b'"k%d":1' % i for i in range(9000)) + b"}",
}


@pytest.mark.parametrize("name", RAW)
def test_json_of_another_kind_is_refused(web, name):
    answer = web.post(PATH, AGENT, RAW[name])
    assert answer.status == 400 and answer.reason, answer
    assert "line" in answer.json or "field" in answer.json, answer
    assert web.post(PATH, AGENT, product()).status == 201


def test_null_is_the_same_as_absent(web):
    answer = web.post(PATH, AGENT, product(brand=None, discontinue_date=None))
    assert answer.status == 201 and "discontinue_date" not in answer.json


@pytest.mark.parametrize("text", ["Kühlschrank", "冷蔵庫", "ثلاجة", "\U0001f9ca ice", "a\u202eb", "\u0301", "'; DROP TABLE products; --",
                                  "%s%n", "\\\"/", "<script>", "\u00a0", "\uffff", "\U0010ffff"])
def test_every_text_comes_back_as_it_was_sent(web, text):
    body = product(name=text)
    made = web.post(PATH, AGENT, body)
    escaped = web.post(PATH, AGENT, json.dumps(body | {"sku": make_name("SKU")}, ensure_ascii=False).encode())
    assert (made.status, escaped.status) == (201, 201), made
    for answer in (made, escaped):
        assert web.get(answer.headers["location"]).json["name"] == text


def test_the_pattern_of_a_text_says_what_is_taken(web):
    openapi = web.get("/openapi.json").json
    body = next(path["post"]["requestBody"] for name, path in openapi["paths"].items() if name == PATH)
    schema = body["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    letters = [chr(point) for point in [*range(0xa2), *range(0x2020, 0x2032), 0xfeff, 0xfffd, 0x1f600]]
    wrong = []
    for field in ("name", "sku"):
        pattern = re.compile(schema["properties"][field]["pattern"].removesuffix("$") + r"\Z")  # as JavaScript reads $
        texts = [f"{make_name(field)}{letter}z" for letter in letters] + [make_name(field) + "\n"]
        for text in texts + [".", "..", "..."]:
            answer = web.post(PATH, AGENT, product(**{field: text}))
            assert answer.status in (201, 400), answer
            if (answer.status == 201) != bool(pattern.match(text)):
                wrong.append((field, text, answer))
    assert not wrong, wrong
