#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Looks over openapi.json, docs.html and events.md as the plugin writes them from a contract with everything in it.

    documents_test.py PLUGIN SOURCE_DIR PROTOBUF_INCLUDE

What Redocly says of openapi.json is part of scripts/check; this needs nothing but Python.
"""
import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PLUGIN, SOURCE, INCLUDE = sys.argv[1:4]
ROOTS = [f"{SOURCE}/proto", f"{SOURCE}/proto/plugin/testdata", INCLUDE]
PROTOS = ["common/v1/types.proto", "common/v1/options.proto", "warranty/v1/warranty.proto",
          "events/v1/events.proto", "gateway/v1/gateway.proto", "everything/v1/everything.proto"]
VERBS = {"get", "post", "put", "patch", "delete"}
VOID = {"meta", "br", "hr", "img", "link", "input"}


def write_documents():
    with tempfile.TemporaryDirectory() as scratch:
        includes = [word for root in ROOTS for word in ("-I", root)]
        subprocess.run(["protoc", *includes, f"--plugin=protoc-gen-aftercare={PLUGIN}",
                        f"--aftercare_out={scratch}", "--aftercare_opt=documents,version=1.2.3", *PROTOS], check=True)
        folder = pathlib.Path(scratch)
        return {path.name: path.read_text() for path in folder.iterdir()}


def once(pairs):
    """A JSON object in which no name stands twice."""
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), names
    return dict(pairs)


DOCUMENTS = write_documents()
OPENAPI = json.loads(DOCUMENTS["openapi.json"], object_pairs_hook=once)
OPERATIONS = [(path, verb, operation) for path, verbs in OPENAPI["paths"].items() for verb, operation in verbs.items()]


def operation_of(name):
    return next(operation for _, _, operation in OPERATIONS if operation["operationId"] == name)


def resolve(reference):
    node = OPENAPI
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def parameters(operation):
    found = [resolve(one["$ref"]) if "$ref" in one else one for one in operation["parameters"]]
    return {(one["in"], one["name"]): one for one in found}


def body_schema(operation):
    return resolve(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"])


class OpenApi(unittest.TestCase):
    def test_every_reference_leads_somewhere_and_everything_is_referred_to(self):
        used = set(references(OPENAPI))
        for reference in used:
            resolve(reference)
        for part in ("schemas", "responses", "headers", "parameters"):
            for name in OPENAPI["components"][part]:
                self.assertIn(f"#/components/{part}/{name}", used)

    def test_operations_have_names_of_their_own(self):
        names = [operation["operationId"] for _, _, operation in OPERATIONS]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(VERBS >= {verb for _, verb, _ in OPERATIONS})

    def test_the_version_is_the_one_given(self):
        self.assertEqual(OPENAPI["info"]["version"], "1.2.3")

    def test_path_variables_are_required_parameters(self):
        for path, _, operation in OPERATIONS:
            names = {name for place, name in parameters(operation) if place == "path"}
            self.assertEqual(names, {word[1:].split("}")[0] for word in path.split("/") if word.startswith("{")})
            for (place, _), parameter in parameters(operation).items():
                self.assertTrue(place != "path" or parameter["required"])

    def test_a_post_needs_a_key_and_a_put_a_version(self):
        for _, verb, operation in OPERATIONS:
            found = parameters(operation)
            if verb == "post" and operation["operationId"] != "gateway_create_event_ticket":  # it keeps nothing
                is_form = operation["security"] == [{"link": []}]
                self.assertEqual(found["header", "Idempotency-Key"]["required"], not is_form)
            if verb in ("put", "patch", "delete"):
                self.assertFalse(found["header", "Idempotency-Key"]["required"])
                self.assertTrue(found["header", "If-Match"]["required"])
                self.assertLessEqual({"412", "428"}, set(operation["responses"]))
        withdraw = operation_of("warranty_withdraw_claim")
        self.assertFalse(parameters(withdraw)["header", "If-Match"]["required"])

    def test_only_post_put_and_patch_have_a_body(self):
        for _, verb, operation in OPERATIONS:
            self.assertTrue("requestBody" not in operation or verb in ("post", "put", "patch"))
        self.assertNotIn("requestBody", operation_of("warranty_withdraw_claim"))

    def test_a_form_has_its_own_body_and_is_opened_by_a_link_alone(self):
        posted = operation_of("everything_post_everything")
        content = posted["requestBody"]["content"]
        self.assertEqual(set(content), {"application/x-www-form-urlencoded"})
        schema = resolve(content["application/x-www-form-urlencoded"]["schema"]["$ref"])
        self.assertEqual(set(schema["properties"]), {"colour", "texts"})
        self.assertEqual(schema["additionalProperties"], {"type": "string"})
        self.assertEqual(set(posted["responses"]["200"]["content"]), {"text/html; charset=utf-8"})
        self.assertLessEqual({"413", "415", "422"}, set(posted["responses"]))
        self.assertNotIn("common.v1.FormField", OPENAPI["components"]["schemas"])

    def test_a_created_resource_has_its_place_and_version(self):
        created = operation_of("warranty_register_unit")["responses"]["201"]
        self.assertLessEqual({"Location", "ETag", "Idempotent-Replayed"}, set(created["headers"]))
        self.assertIn("304", operation_of("warranty_get_unit")["responses"])

    def test_a_stream_says_how_it_is_opened_and_goes_on(self):
        listed = operation_of("events_list_events")
        self.assertEqual(set(listed["responses"]["200"]["content"]), {"application/cloudevents-batch+json", "text/event-stream"})
        self.assertIn({"ticket": []}, listed["security"])
        self.assertIn("410", listed["responses"])
        self.assertFalse(parameters(listed)["header", "Last-Event-ID"]["required"])
        self.assertNotIn(("query", "body_offset"), parameters(listed))
        schema = operation_of("events_get_event_schema")
        self.assertEqual(schema["security"], [{"bearer": []}])
        self.assertNotIn("410", schema["responses"])

    def test_access_is_said(self):
        self.assertEqual(operation_of("everything_list_everythings")["security"], [])
        opened = operation_of("everything_get_everything")
        self.assertEqual(opened["security"], [{"bearer": []}, {"link": []}])
        self.assertEqual(opened["x-own-roles"], ["customer"])
        self.assertEqual(operation_of("everything_create_everything")["x-roles"], ["agent", "manager"])

    def test_what_the_path_and_the_headers_hold_is_not_in_the_body(self):
        schema = body_schema(operation_of("everything_replace_everything"))
        self.assertEqual(set(schema["properties"]), {"guarded"})
        self.assertFalse(schema["additionalProperties"])

    def test_fields_have_their_types_and_limits(self):
        fields = OPENAPI["components"]["schemas"]["everything.v1.Everything"]["properties"]
        self.assertEqual(fields["short_text"]["maxLength"], 8)
        self.assertEqual(fields["text_id"]["format"], "uuid")
        self.assertEqual((fields["bounded"]["minimum"], fields["bounded"]["maximum"]), (-5, 5))
        self.assertEqual(fields["number_int64"]["maximum"], 2**53 - 1)
        self.assertEqual(fields["number_uint32"]["minimum"], 0)
        self.assertEqual(fields["day"]["format"], "date")
        self.assertEqual(fields["create_time"]["format"], "date-time")
        self.assertEqual(fields["few_texts"]["maxItems"], 3)
        self.assertEqual(fields["digest"]["contentEncoding"], "base64")
        self.assertEqual(fields["parts_by_name"]["additionalProperties"],
                         {"$ref": "#/components/schemas/everything.v1.Everything.Part"})
        self.assertEqual(OPENAPI["components"]["schemas"]["everything.v1.Everything.Size"]["enum"], ["SMALL", "LARGE"])

    def test_a_comment_that_points_elsewhere_is_replaced_by_what_stands_there(self):
        found = parameters(operation_of("everything_get_everything"))
        self.assertEqual(found["path", "text_id"]["description"], "A UUID.")
        self.assertEqual(found["query", "size"]["description"], "An enum of the message. Only these.")

    def test_examples_have_the_fields_of_their_schema(self):
        for _, _, operation in OPERATIONS:
            for status in ("200", "201"):
                if status not in operation["responses"]:
                    continue
                content = operation["responses"][status]["content"].get("application/json")
                if content is None:
                    continue
                schema = content["schema"]
                schema = resolve(schema.get("$ref") or schema["anyOf"][0]["$ref"])
                self.assertLessEqual(set(content["example"]), set(schema["properties"]))
                self.assertLessEqual(set(schema.get("required", [])), set(content["example"]))

    def test_examples_of_requests_leave_out_what_only_answers_hold_and_what_is_rare_however_deep(self):
        body = operation_of("everything_create_everything")["requestBody"]["content"]["application/json"]
        self.assertIn("name", body["example"]["guarded"])
        self.assertNotIn("state_text", body["example"]["guarded"])
        self.assertNotIn("note_text", body["example"]["guarded"])
        self.assertIn("note_text", OPENAPI["components"]["schemas"]["everything.v1.Guarded"]["properties"])

    def test_a_body_that_is_not_json_has_its_media_types_and_leaves_the_other_fields_to_the_query(self):
        paint = operation_of("everything_paint_everything")
        self.assertEqual(paint["requestBody"]["content"], {"image/png": {"schema": {}}, "text/plain": {"schema": {}}})
        self.assertTrue(paint["requestBody"]["required"])
        self.assertIn("300000", paint["requestBody"]["description"])
        found = {place for place in parameters(paint) if place[0] != "header"}
        self.assertEqual(found, {("path", "text_id"), ("query", "colour"), ("query", "file_name")})
        self.assertLessEqual({"413", "415"}, set(paint["responses"]))

    def test_an_answer_that_is_not_json_has_its_media_types(self):
        show = operation_of("everything_show_everything")
        self.assertEqual(set(show["responses"]["200"]["content"]), {"image/png", "text/html; charset=utf-8"})
        self.assertIn(("header", "If-None-Match"), parameters(show))
        self.assertIn("304", show["responses"])
        self.assertNotIn(("query", "body_offset"), parameters(show))
        print_ = operation_of("everything_print_everything")
        self.assertEqual(set(print_["responses"]["200"]["content"]), {"application/json", "text/html; charset=utf-8"})
        self.assertEqual(print_["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"],
                         [{"$ref": "#/components/schemas/everything.v1.Everything"}, {"type": "object"}])
        self.assertNotIn("common.v1.Body", OPENAPI["components"]["schemas"])


class Page(html.parser.HTMLParser):
    """Follows open tags, and gathers anchors and what refers to them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if "id" in values:
            self.ids.append(values["id"])
        if "href" in values:
            self.links.append(values["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> at {self.getpos()}")


class Docs(unittest.TestCase):
    def setUp(self):
        self.page = Page(DOCUMENTS["docs.html"])

    def test_every_tag_is_closed(self):
        self.assertEqual(self.page.open, [])

    def test_anchors_are_unique_and_links_lead_to_them(self):
        self.assertEqual(len(self.page.ids), len(set(self.page.ids)))
        for link in self.page.links:
            self.assertTrue(link == "/openapi.json" or link.removeprefix("#") in self.page.ids, link)

    def test_it_stands_alone(self):
        self.assertFalse({tag for tag, _ in self.page.tags} & {"script", "link", "img", "iframe"})
        for word in ("http://", "https://", "url(", "@import"):
            self.assertNotIn(word, DOCUMENTS["docs.html"])

    def test_every_operation_is_there(self):
        for _, _, operation in OPERATIONS:
            self.assertIn(operation["operationId"], self.page.ids)

    def test_drawings_have_words_beside_them(self):
        drawings = [values for tag, values in self.page.tags if tag == "svg"]
        self.assertGreaterEqual(len(drawings), 2)
        for values in drawings:
            self.assertEqual(values["role"], "img")
            self.assertTrue(values["aria-label"])

    def test_a_machine_names_the_route_of_each_transition(self):
        for cell in ('<a href="#everything_grow_everything">GrowEverything</a><br>'
                     "<code>POST /v1/everythings/{text_id}/parts/{part_id}:grow</code>", "RunImport<br>by the service itself"):
            self.assertIn(f"<td>{cell}</td>", DOCUMENTS["docs.html"])

    def test_comments_are_escaped(self):
        self.assertIn("has <code>code</code>, &lt;angles&gt; &amp; &quot;quotes&quot;", DOCUMENTS["docs.html"])
        self.assertIn("There is &lt;room&gt; &amp; time.", DOCUMENTS["docs.html"])


class Catalogue(unittest.TestCase):
    def test_every_event_is_there(self):
        for event in ("warranty.v1.UnitRegistered", "everything.v1.EverythingGrown"):
            self.assertIn(f"### `{event}`", DOCUMENTS["events.md"])


class Embedded(unittest.TestCase):
    def test_bytes_are_those_of_the_document(self):
        for name, document in (("openapi", "openapi.json"), ("docs", "docs.html")):
            source = DOCUMENTS[f"embedded_{name}.c"]
            numbers = source.split("{")[1].split("}")[0].replace("\n", "").split(",")
            self.assertEqual(bytes(int(number) for number in numbers), DOCUMENTS[document].encode() + b"\0")
            self.assertIn(f"embedded_{name}_size = {len(DOCUMENTS[document].encode())};", source)


unittest.main(argv=sys.argv[:1])
