/*
 * tables_test - the tables that the plugin wrote, against the descriptors that protobuf-c wrote
 *
 * Over the whole contract and over the test contract, which has every kind of field.
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "contract_all.h"
#include "contract_testdata.h"
#include "warranty/v1/warranty.contract.h"

typedef void check_message(const struct contract_message *message);

static void
for_each_message(check_message *check)
{
    assert_true(contract_all_messages_count > 20);
    assert_true(contract_testdata_messages_count > 5);
    for (size_t i = 0; i < contract_all_messages_count; i++)
        check(contract_all_messages[i]);
    for (size_t i = 0; i < contract_testdata_messages_count; i++)
        check(contract_testdata_messages[i]);
}

static const struct contract_field *
find_field(const struct contract_message *message, const char *name)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (strcmp(message->fields[i].name, name) == 0)
            return &message->fields[i];
    fail_msg("%s has no field %s", message->descriptor->name, name);
    return NULL;
}

static void
check_names(const struct contract_message *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        assert_string_equal(message->fields[i].name, message->descriptor->fields[i].name);
}

static void
fields_are_parallel_to_the_descriptor(void **state)
{
    (void)state;
    for_each_message(check_names);
}

static void
check_links(const struct contract_message *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const struct contract_message *linked = message->fields[i].message;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
            assert_null(linked);
            continue;
        }
        assert_non_null(linked);
        assert_ptr_equal(linked->descriptor, field->descriptor);
        bool is_map = (message->fields[i].flags & CONTRACT_MAP) != 0;
        assert_int_equal(is_map, linked->kind == CONTRACT_MAP_ENTRY);
    }
}

static void
message_fields_lead_to_the_table_of_their_type(void **state)
{
    (void)state;
    for_each_message(check_links);
}

static void
check_sizes(const struct contract_message *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool is_sized = field->label == PROTOBUF_C_LABEL_REPEATED ||
                        field->type == PROTOBUF_C_TYPE_STRING ||
                        field->type == PROTOBUF_C_TYPE_BYTES;
        assert_int_equal(message->fields[i].size_max > 0, is_sized);
    }
}

static void
texts_bytes_and_lists_have_a_limit_and_nothing_else_has(void **state)
{
    (void)state;
    for_each_message(check_sizes);
    const struct contract_message *everything = &everything_v1_everything_contract;
    assert_int_equal(find_field(everything, "text")->size_max, 1024);
    assert_int_equal(find_field(everything, "short_text")->size_max, 8);
    assert_int_equal(find_field(everything, "texts")->size_max, 100);
    assert_int_equal(find_field(everything, "few_texts")->size_max, 3);
    assert_int_equal(find_field(everything, "words")->size_max, 100);
}

static void
options_reach_their_field(void **state)
{
    (void)state;
    const struct contract_message *everything = &everything_v1_everything_contract;
    const struct contract_message *guarded = &everything_v1_guarded_contract;
    assert_int_equal(find_field(everything, "bounded")->number_min, -5);
    assert_int_equal(find_field(everything, "bounded")->number_max, 5);
    assert_int_equal(find_field(everything, "text_id")->format, CONTRACT_UUID);
    assert_int_equal(find_field(everything, "line")->format, CONTRACT_LINE);
    assert_int_equal(find_field(everything, "kept")->flags, CONTRACT_KEEP_EMPTY);
    assert_int_equal(find_field(guarded, "name")->flags, CONTRACT_REQUIRED);
    assert_int_equal(find_field(guarded, "state_text")->flags, CONTRACT_OUTPUT_ONLY);
    assert_int_equal(find_field(guarded, "expected_version")->flags, CONTRACT_IF_MATCH);
    assert_int_equal(find_field(&warranty_v1_unit_contract, "version")->flags, CONTRACT_ETAG);
    assert_int_equal(find_field(&warranty_v1_unit_contract, "owner_id")->flags, CONTRACT_PERSONAL);
}

static void
an_option_in_two_pieces_is_one_option(void **state)
{
    (void)state;
    const struct contract_field *field =
        find_field(&everything_v1_everything_contract, "in_pieces");
    assert_int_equal(field->size_max, 5);
    assert_int_equal(field->flags, CONTRACT_KEEP_EMPTY);
}

static void
dates_and_times_are_known_by_their_kind(void **state)
{
    (void)state;
    const struct contract_message *everything = &everything_v1_everything_contract;
    assert_int_equal(find_field(everything, "day")->message->kind, CONTRACT_DATE);
    assert_int_equal(find_field(everything, "create_time")->message->kind, CONTRACT_TIMESTAMP);
    assert_int_equal(find_field(everything, "price")->message->kind, CONTRACT_OBJECT);
    assert_int_equal(everything_v1_nothing_contract.descriptor->n_fields, 0);
}

static void
an_owner_path_leads_to_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < contract_all_methods_count + contract_testdata_methods_count; i++) {
        const struct contract_method *method =
            i < contract_all_methods_count
                ? contract_all_methods[i]
                : contract_testdata_methods[i - contract_all_methods_count];
        const struct contract_message *message = method->response;
        assert_int_equal(method->owner.count > 0, method->owner.text != NULL);
        for (uint32_t k = 0; k < method->owner.count; k++) {
            assert_non_null(message);
            const ProtobufCFieldDescriptor *field =
                &message->descriptor->fields[method->owner.indexes[k]];
            assert_non_null(strstr(method->owner.text, field->name));
            if (k + 1 == method->owner.count)
                assert_int_equal(field->type, PROTOBUF_C_TYPE_STRING);
            message = message->fields[method->owner.indexes[k]].message;
        }
    }
}

static void
a_method_carries_its_policy(void **state)
{
    (void)state;
    const struct contract_method *method = &everything_v1_create_everything_method;
    assert_string_equal(method->name, "everything.v1.EverythingService/CreateEverything");
    assert_string_equal(method->service, "everything");
    assert_string_equal(method->verb, "CreateEverything");
    assert_int_equal(method->deadline_ms, 250);
    assert_int_equal(method->repeat, CONTRACT_KEYED);
    assert_int_equal(method->roles, 1 << 2 | 1 << 7);
    assert_int_equal(method->own_roles, 1 << 1);
    assert_int_equal(method->link_field, -1);
    assert_int_equal(method->if_match_field, -1);
    assert_int_equal(everything_v1_get_everything_method.link_field, 0);
    assert_int_equal(everything_v1_replace_everything_method.if_match_field, 2);
    assert_true(everything_v1_list_everythings_method.is_anonymous);
    assert_int_equal(everything_v1_list_everythings_method.deadline_ms, 5000);
}

static const struct contract_route *
find_route(const struct contract_method *method)
{
    for (size_t i = 0; i < contract_testdata_routes_count; i++)
        if (contract_testdata_routes[i].method == method)
            return &contract_testdata_routes[i];
    return NULL;
}

static void
a_path_is_taken_apart(void **state)
{
    (void)state;
    const struct contract_route *route = find_route(&everything_v1_grow_everything_method);
    assert_non_null(route);
    assert_int_equal(route->verb, CONTRACT_POST);
    assert_int_equal(route->segment_count, 5);
    assert_string_equal(route->segments[0].literal, "v1");
    assert_null(route->segments[2].literal);
    assert_int_equal(route->segments[2].field, 1); /* text_id has number 2 */
    assert_string_equal(route->segments[3].literal, "parts");
    assert_int_equal(route->segments[4].field, 0);
    assert_string_equal(route->suffix, ":grow");
    assert_int_equal(route->reply_field, -1);
    assert_int_equal(route->etag_field, -1);
    route = find_route(&everything_v1_create_everything_method);
    assert_int_equal(route->reply_field, 0);
    assert_string_equal(route->location, "/v1/everythings/{text_id}");
    assert_int_equal(find_route(&everything_v1_replace_everything_method)->etag_field, 0);
}

static void
a_route_says_which_bodies_are_not_json(void **state)
{
    (void)state;
    const struct contract_route *route = find_route(&everything_v1_paint_everything_method);
    assert_non_null(route);
    assert_string_equal(route->consumes[0], "image/png");
    assert_string_equal(route->consumes[1], "text/plain");
    assert_null(route->consumes[2]);
    assert_int_equal(route->body_bytes_max, 300000);
    assert_int_equal(route->upload_field, 1);
    assert_null(route->produces);
    route = find_route(&everything_v1_print_everything_method);
    assert_string_equal(route->produces[0], "text/html; charset=utf-8");
    assert_string_equal(route->produces[1], "application/json");
    assert_null(route->produces[2]);
    assert_int_equal(route->body_field, 1);
    assert_int_equal(route->offset_field, 1);
    assert_int_equal(route->reply_field, 0);
    assert_null(route->consumes);
    assert_false(route->is_form);
}

static void
a_form_takes_names_that_its_request_does_not_know(void **state)
{
    (void)state;
    const struct contract_route *route = find_route(&everything_v1_post_everything_method);
    assert_non_null(route);
    assert_true(route->is_form);
    assert_int_equal(route->form_field, 3);
    assert_int_equal(route->body_field, 0);
    assert_int_equal(route->offset_field, -1);
    assert_null(route->consumes);
}

static void
a_method_between_services_has_no_route(void **state)
{
    (void)state;
    assert_null(find_route(&everything_v1_count_everythings_method));
}

static void
transitions_carry_the_numbers_of_their_states(void **state)
{
    (void)state;
    const struct contract_machine *machine = &everything_v1_everything_size_machine;
    assert_string_equal(machine->name, "everything.v1.Everything.Size");
    assert_int_equal(machine->count, 8);
    assert_int_equal(machine->transitions[0].from, 0);
    assert_int_equal(machine->transitions[0].to, EVERYTHING__V1__EVERYTHING__SIZE__SMALL);
    assert_int_equal(machine->transitions[2].from, EVERYTHING__V1__EVERYTHING__SIZE__SMALL);
    assert_int_equal(machine->transitions[2].to, EVERYTHING__V1__EVERYTHING__SIZE__LARGE);
    assert_int_equal(machine->transitions[2].roles, 1 << 10);
    for (size_t i = 3; i < 7; i++) { /* from each of two states to each of two */
        assert_string_equal(machine->transitions[i].verb, "ChangeEverything");
        assert_int_equal(machine->transitions[i].from,
                         i < 5 ? EVERYTHING__V1__EVERYTHING__SIZE__LARGE
                               : EVERYTHING__V1__EVERYTHING__SIZE__SMALL);
    }
}

static void
what_no_method_does_is_found_by_its_words(void **state)
{
    (void)state;
    const struct contract_machine *machine = &everything_v1_everything_size_machine;
    const struct contract_transition *transition =
        contract_find_way(machine, EVERYTHING__V1__EVERYTHING__SIZE__LARGE, "the winter comes",
                          EVERYTHING__V1__EVERYTHING__SIZE__SMALL);
    assert_non_null(transition);
    assert_int_equal(transition->roles, 0);
    assert_null(
        contract_find_move(machine, EVERYTHING__V1__EVERYTHING__SIZE__SMALL, "the winter comes"));
}

static void
an_event_names_its_aggregate_and_who_knows_its_person(void **state)
{
    (void)state;
    assert_string_equal(everything_v1_everything_grown_contract.event_aggregate, "everything");
    assert_null(everything_v1_everything_contract.event_aggregate);
    assert_ptr_equal(everything_v1_everything_grown_contract.event_contact,
                     &everything_v1_get_everything_contact_method);
    assert_ptr_equal(warranty_v1_claim_moved_contract.event_contact,
                     &warranty_v1_get_claim_contact_method);
    assert_null(warranty_v1_unit_registered_contract.event_contact);
    assert_true(warranty_v1_import_advanced_contract.is_event_brief);
    assert_false(warranty_v1_import_ended_contract.is_event_brief);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_parallel_to_the_descriptor),
        cmocka_unit_test(message_fields_lead_to_the_table_of_their_type),
        cmocka_unit_test(texts_bytes_and_lists_have_a_limit_and_nothing_else_has),
        cmocka_unit_test(options_reach_their_field),
        cmocka_unit_test(an_option_in_two_pieces_is_one_option),
        cmocka_unit_test(dates_and_times_are_known_by_their_kind),
        cmocka_unit_test(an_owner_path_leads_to_a_text),
        cmocka_unit_test(a_method_carries_its_policy),
        cmocka_unit_test(a_path_is_taken_apart),
        cmocka_unit_test(a_method_between_services_has_no_route),
        cmocka_unit_test(transitions_carry_the_numbers_of_their_states),
        cmocka_unit_test(what_no_method_does_is_found_by_its_words),
        cmocka_unit_test(a_route_says_which_bodies_are_not_json),
        cmocka_unit_test(a_form_takes_names_that_its_request_does_not_know),
        cmocka_unit_test(an_event_names_its_aggregate_and_who_knows_its_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
