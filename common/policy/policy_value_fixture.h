/*
 * policy_value_fixture - for tests of values and conditions: a policy's names, without its clauses,
 * and random numbers from a seed
 *
 * The names (axes, codes, calendars, contacts) come from the head of a policy file.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "common/policy/policy.h"
#include "common/test.h"

static struct arena *arena;
static struct policy_problems problems;
static struct policy fixture;

static const char small_policy[] =
    "axes:\n"
    "  category: {appliances: {small_appliances: {}, large_appliances: {}}}\n"
    "  component: {compressor: {}, lamp: {}, battery: {}}\n"
    "  channel: {shop: {}, distance: {online: {}, telephone: {}}}\n"
    "  reason: {our_fault: {defect: {}, wrong_item: {}}, change_of_mind: {}}\n"
    "codes:\n"
    "  cause: [material_defect, workmanship_defect, wear]\n"
    "  finding: [misuse, impact, liquid]\n"
    "  document: [proof_of_purchase, fault_photo, delivery_note, technician_report, "
    "warranty_card]\n"
    "calendars: {office: {}, workshop: {}}\n"
    "contacts: {service: {}, complaints: {}}\n";

static inline struct policy_node *
fixture_node(const char *text)
{
    struct policy_file file = {.name = "test.yaml", .bytes = text, .size_bytes = strlen(text)};
    return policy_node_read(&file, POLICY_FILE_BYTES_MAX, &problems);
}

static inline void
fixture_add_axis_values(enum policy_axis axis, int parent, const struct policy_node *map)
{
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        int value = fixture.axes.value_count++;
        assert_true(value < 512);
        fixture.axes.values[value] =
            (struct policy_axis_value){.axis = axis, .code = node->key, .parent = parent};
        fixture_add_axis_values(axis, value, node);
    }
}

static inline void
fixture_add_axes(const struct policy_node *axes)
{
    fixture.axes.values = arena_alloc(arena, 512 * sizeof *fixture.axes.values);
    fixture.axes.value_count = 1;
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        const struct policy_axis_row *row = policy_axis_row((enum policy_axis)axis);
        const struct policy_node *tree = policy_node_get(axes, row->name);
        if (tree != NULL)
            fixture_add_axis_values((enum policy_axis)axis, 0, tree);
        if (row->source != POLICY_AXIS_LISTED)
            continue;
        for (const char *const *code = policy_find_list(row->list)->codes; *code != NULL; code++)
            fixture.axes.values[fixture.axes.value_count++] =
                (struct policy_axis_value){.axis = (enum policy_axis)axis, .code = *code};
    }
    policy_axes_finish(arena, &fixture.axes);
}

static inline void
fixture_add_lists(const struct policy_node *codes)
{
    struct policy_code_list *lists = arena_alloc(arena, codes->child_count * sizeof *lists);
    for (const struct policy_node *node = codes->children; node != NULL; node = node->next) {
        const char **list = arena_alloc(arena, node->child_count * sizeof *list);
        size_t count = 0;
        for (const struct policy_node *code = node->children; code != NULL; code = code->next)
            list[count++] = code->text;
        lists[fixture.list_count++] =
            (struct policy_code_list){.name = node->key, .codes = {.codes = list, .count = count}};
    }
    fixture.lists = lists;
}

static inline void
fixture_add_calendars(const struct policy_node *map)
{
    struct calendar **calendars = arena_alloc(arena, map->child_count * sizeof(void *));
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        struct calendar_source source = {.name = node->key, .time_zone = "Europe/Berlin"};
        source.week[0] = (struct calendar_hours){.intervals = {{540, 1080}}, .interval_count = 1};
        struct fault fault;
        assert_int_equal(calendar_new(arena, &source, &calendars[fixture.calendar_count++], &fault),
                         OK);
    }
    fixture.calendars = calendars;
}

/* Puts the names of a policy file into `fixture`. */
static inline void
fixture_load(const char *text)
{
    const struct policy_node *root = fixture_node(text);
    assert_non_null(root);
    fixture = (struct policy){0};
    fixture_add_axes(policy_node_get(root, "axes"));
    fixture_add_lists(policy_node_get(root, "codes"));
    fixture_add_calendars(policy_node_get(root, "calendars"));
    const struct policy_node *map = policy_node_get(root, "contacts");
    struct policy_contact *contacts = arena_alloc(arena, map->child_count * sizeof *contacts);
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        contacts[fixture.contact_count++].name = node->key;
    fixture.contacts = contacts;
}

static inline int
fixture_open(void **state UNUSED)
{
    arena = arena_new(8 * (size_t)ARENA_BUDGET_BYTES);
    problems = (struct policy_problems){.arena = arena};
    fixture_load(small_policy);
    return 0;
}

static inline int
fixture_close(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    zone_deinit();
    return 0;
}

/* For properties: gives back what one round took. The fixture's names go with it. */
static inline void
fixture_renew(void)
{
    arena_free(&arena);
    arena = arena_new(8 * (size_t)ARENA_BUDGET_BYTES);
    problems = (struct policy_problems){.arena = arena};
}

/* ---- random numbers, from the seed alone ---- */

static uint64_t random_state;

/* Takes AFTERCARE_TEST_SEED or `fallback`, and prints it. */
static inline void
random_start(uint64_t fallback)
{
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 0) : fallback;
    print_message("AFTERCARE_TEST_SEED=%llu\n", (unsigned long long)random_state);
}

static inline int
random_count(int usual, int many)
{
    const char *is_long = getenv("AFTERCARE_TEST_LONG");
    return is_long != NULL && is_long[0] != 0 ? many : usual;
}

static inline uint64_t
random_bits(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t bits = random_state;
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

/* 0 .. bound - 1 */
static inline int
below(int bound)
{
    return (int)(random_bits() % (uint64_t)bound);
}
