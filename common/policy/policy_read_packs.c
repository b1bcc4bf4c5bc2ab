/*
 * policy_read_packs - `statutory:`: what the law grants beside the company's terms (rights) and
 * beneath them (floors)
 *
 * Values of rights are read by the same readers as the company's: each field has a row of its own,
 * as in the catalogue. Selectors of rights and floors are narrowed by what the pack applies to.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <string.h>

#include "common/policy/policy_right.h"

enum { PACKS_MAX = 100, PARTS_MAX = 1000 };

/* ---- fields of a right ---- */

/* The ledger counts warranties by the civil calendar; a window for returns may be working time. */
static const struct policy_parameter_row length_rows[] = {
    [POLICY_RIGHT_WARRANTY] = {.name = "length",
                               .parameter = "length",
                               .kind = POLICY_SPAN,
                               .list = ""},
    [POLICY_RIGHT_RETURN] = {.name = "length",
                             .parameter = "length",
                             .kind = POLICY_SPAN,
                             .list = "",
                             .also = POLICY_WORKING_TIME},
};
static const struct policy_parameter_row presumed_row = {.name = "presumed_for",
                                                         .parameter = "presumed_for",
                                                         .kind = POLICY_SPAN,
                                                         .list = "",
                                                         .also = 1 << POLICY_NONE};
static const struct policy_parameter_row starts_row = {
    .name = "starts", .parameter = "starts", .kind = POLICY_ANCHORS, .list = "event"};

/* False: missing or refused. */
static bool
read_field(struct policy_reader *reader, const struct policy_node *map, const char *id,
           const struct policy_parameter_row *row, struct policy_value *ret_value)
{
    const struct policy_node *node = policy_node_get(map, row->name);
    return node != NULL && policy_value_read(reader->arena, reader->policy, row, node, id,
                                             ret_value, reader->problems);
}

static struct policy_codes
read_codes(struct policy_reader *reader, const struct policy_node *map, const char *id,
           const char *name)
{
    struct policy_parameter_row row = {.name = name,
                                       .parameter = name,
                                       .kind = POLICY_CHOICES,
                                       .list = policy_find_right_field(name)->list,
                                       .also = 1 << POLICY_NONE};
    struct policy_value value;
    if (!read_field(reader, map, id, &row, &value) || value.absence != POLICY_PRESENT)
        return (struct policy_codes){NULL, 0};
    return value.codes;
}

/* Ids of the company's tests, all of which have been read. */
static struct policy_codes
read_excludes(struct policy_reader *reader, const struct policy_node *map, const char *id)
{
    struct policy_codes read = {NULL, 0};
    const struct policy_node *list = policy_node_get(map, "excludes");
    if (list == NULL || !policy_read_is_list(reader, list, id, NULL))
        return read;
    if (list->child_count > POLICY_LIST_ITEMS_MAX) {
        policy_read_fail(reader, list->place, id, "ITEMS_TOO_MANY", "more than %d tests",
                         POLICY_LIST_ITEMS_MAX);
        return read;
    }
    const char **codes = arena_alloc(reader->arena, list->child_count * sizeof *codes);
    for (const struct policy_node *node = list->children; node != NULL; node = node->next) {
        const char *code = policy_read_id(reader, node, id, 3);
        if (code == NULL)
            continue;
        const struct policy_read_text *test = policy_read_find_text(reader, code);
        if (test != NULL && test->kind == POLICY_TEXT_TEST)
            codes[read.count++] = code;
        else if (!reader->has_faults)
            policy_read_fail(reader, node->place, id, "TEST_UNKNOWN",
                             "no clause has a test \"%.128s\"", code);
    }
    read.codes = codes;
    return read;
}

static enum entitlement_carry_over
read_carry_over(struct policy_reader *reader, const struct policy_node *map, const char *id)
{
    static const struct policy_parameter_row row = {.name = "on_replacement",
                                                    .parameter = "on_replacement",
                                                    .kind = POLICY_CHOICE,
                                                    .list = "carry_over"};
    struct policy_value value;
    if (!read_field(reader, map, id, &row, &value))
        return ENTITLEMENT_REMAINING;
    if (strcmp(value.code, "restart") == 0)
        return ENTITLEMENT_RESTART;
    return strcmp(value.code, "longer_of") == 0 ? ENTITLEMENT_LONGER_OF : ENTITLEMENT_REMAINING;
}

/* ---- rights and floors ---- */

/* The selector of a part of a pack, within what the pack applies to. */
static bool
read_narrowed(struct policy_reader *reader, const struct policy_node *map, const char *id,
              const struct policy_pack *pack, struct policy_when *ret_when)
{
    struct policy_when own;
    *ret_when = pack->applies;
    const struct policy_node *node = policy_node_get(map, "when");
    if (node == NULL)
        return true;
    return policy_read_when(reader, node, id, &own) &&
           (policy_when_meet(&reader->policy->axes, &pack->applies, &own, ret_when) ||
            policy_read_fail(reader, node->place, id, "WHEN_IMPOSSIBLE",
                             "nobody is in this `when` and in what %s applies to", pack->id));
}

/* The id of a part: the pack's, and one part more. */
static const char *
read_part_id(struct policy_reader *reader, const struct policy_node *map, const char *key,
             const struct policy_pack *pack)
{
    const struct policy_node *node = policy_read_child(reader, map, pack->id, key);
    const char *id = node == NULL ? NULL : policy_read_id(reader, node, pack->id, 2);
    size_t length = strlen(pack->id);
    if (id == NULL || (strncmp(id, pack->id, length) == 0 && id[length] == '.'))
        return id;
    policy_read_fail(reader, node->place, pack->id, "ID_ELSEWHERE",
                     "the id %.128s begins with its pack's: \"%s.\"", id, pack->id);
    return NULL;
}

static bool
read_kind(struct policy_reader *reader, const struct policy_node *map, struct policy_right *right)
{
    const struct policy_node *node = policy_read_child(reader, map, right->id, "right");
    const char *kind = node == NULL ? NULL : policy_read_scalar(reader, node, right->id);
    if (kind == NULL)
        return false;
    right->kind = strcmp(kind, "return") == 0 ? POLICY_RIGHT_RETURN : POLICY_RIGHT_WARRANTY;
    return right->kind == POLICY_RIGHT_RETURN || strcmp(kind, "warranty") == 0 ||
           policy_read_fail(reader, node->place, right->id, "VALUE_WRONG",
                            "right must be warranty or return, and is \"%.32s\"", kind);
}

static void
read_terms(struct policy_reader *reader, const struct policy_node *map, struct policy_right *right)
{
    struct policy_value value;
    if (policy_read_child(reader, map, right->id, "length") != NULL &&
        read_field(reader, map, right->id, &length_rows[right->kind], &value))
        right->length = value.span;
    if (policy_read_child(reader, map, right->id, "starts") != NULL &&
        read_field(reader, map, right->id, &starts_row, &value)) {
        right->starts = value.anchors.items;
        right->start_count = value.anchors.count;
    }
    if (read_field(reader, map, right->id, &presumed_row, &value) &&
        value.absence == POLICY_PRESENT)
        right->presumed_for = value.span;
    right->covers = read_codes(reader, map, right->id, "covers");
    right->causes = read_codes(reader, map, right->id, "causes");
    right->reasons = read_codes(reader, map, right->id, "reasons");
    right->remedies = read_codes(reader, map, right->id, "remedies");
    right->excludes = read_excludes(reader, map, right->id);
    right->on_replacement = read_carry_over(reader, map, right->id);
    right->pauses_in_repair = policy_read_flag(reader, map, right->id, "pauses_in_repair", false);
}

/* A right of warranty grants what its causes name. Without any it would never grant, and its reader
 * would take it for a right to everything. */
static bool
check_causes(struct policy_reader *reader, const struct policy_node *map,
             const struct policy_right *right)
{
    const struct policy_node *causes = policy_node_get(map, "causes");
    if (right->kind != POLICY_RIGHT_WARRANTY)
        return true;
    if (causes == NULL)
        return policy_read_fail(reader, right->place, right->id, "KEY_MISSING",
                                "\"causes\" is missing: a right of warranty names the causes it "
                                "covers, as [material_defect, unknown]");
    bool is_none = causes->kind == POLICY_NODE_SCALAR && strcmp(causes->text, "none") == 0;
    return !is_none || policy_read_fail(reader, causes->place, right->id, "VALUE_WRONG",
                                        "a right of warranty without causes never grants; name "
                                        "each that it covers, as [material_defect, unknown]");
}

static bool
read_right(struct policy_reader *reader, const struct policy_node *map,
           const struct policy_pack *pack, struct policy_right *right)
{
    if (!policy_read_is_map(reader, map, pack->id, "a right"))
        return false;
    const char *id = read_part_id(reader, map, "clause", pack);
    if (id == NULL)
        return false;
    struct policy_place place = policy_node_get(map, "clause")->place;
    *right = (struct policy_right){.id = id, .place = place};
    policy_read_check_keys(reader, map, id,
                           "clause right text when length starts covers causes reasons excludes "
                           "presumed_for on_replacement pauses_in_repair remedies");
    policy_read_add_text(reader, POLICY_TEXT_RIGHT, id, place, policy_node_get(map, "text"),
                         &right->text);
    bool is_known = read_kind(reader, map, right);
    read_terms(reader, map, right);
    return is_known && check_causes(reader, map, right) &&
           read_narrowed(reader, map, id, pack, &right->when);
}

static bool
read_floor(struct policy_reader *reader, const struct policy_node *map,
           const struct policy_pack *pack, struct policy_floor *floor)
{
    if (!policy_read_is_map(reader, map, pack->id, "a floor"))
        return false;
    const char *id = read_part_id(reader, map, "id", pack);
    if (id == NULL)
        return false;
    *floor = (struct policy_floor){.id = id, .place = policy_node_get(map, "id")->place};
    policy_read_check_keys(reader, map, id, "id parameter when is");
    const struct policy_node *name = policy_read_child(reader, map, id, "parameter");
    const struct policy_node *value = policy_read_child(reader, map, id, "is");
    const char *text = name == NULL ? NULL : policy_read_scalar(reader, name, id);
    if (text == NULL || value == NULL)
        return false;
    int parameter = policy_find_parameter_of("", text);
    if (parameter < 0)
        return policy_read_fail(
            reader, name->place, id, "PARAMETER_UNKNOWN", "\"%.64s\" is no parameter%s", text,
            policy_read_is_full(reader) ? ""
                                        : policy_read_hint_for(reader, policy_nearest('p', text)));
    floor->parameter = (enum policy_parameter)parameter;
    const struct policy_parameter_row *row = policy_parameter_row(floor->parameter);
    if (!policy_value_read(reader->arena, reader->policy, row, value, id, &floor->value,
                           reader->problems))
        return false;
    policy_read_value_texts(reader, row, value, id);
    return read_narrowed(reader, map, id, pack, &floor->when);
}

/* ---- packs ---- */

static const struct policy_node *
parts_of(struct policy_reader *reader, const struct policy_node *map, const char *id,
         const char *key)
{
    const struct policy_node *list = policy_node_get(map, key);
    if (list == NULL || !policy_read_is_list(reader, list, id, NULL))
        return NULL;
    if (list->child_count <= PARTS_MAX)
        return list;
    policy_read_fail(reader, list->place, id, "ITEMS_TOO_MANY", "more than %d of them", PARTS_MAX);
    return NULL;
}

static void
read_parts(struct policy_reader *reader, const struct policy_node *map, struct policy_pack *pack)
{
    const struct policy_node *list = parts_of(reader, map, pack->id, "rights");
    struct policy_right *rights =
        arena_alloc(reader->arena, (list == NULL ? 0 : list->child_count) * sizeof *rights);
    for (const struct policy_node *node = list == NULL ? NULL : list->children; node != NULL;
         node = node->next)
        pack->right_count += read_right(reader, node, pack, &rights[pack->right_count]);
    pack->rights = rights;
    list = parts_of(reader, map, pack->id, "floors");
    struct policy_floor *floors =
        arena_alloc(reader->arena, (list == NULL ? 0 : list->child_count) * sizeof *floors);
    for (const struct policy_node *node = list == NULL ? NULL : list->children; node != NULL;
         node = node->next)
        pack->floor_count += read_floor(reader, node, pack, &floors[pack->floor_count]);
    pack->floors = floors;
}

/* Words that a pack may have. A publication has them among the texts of its first language. */
static void
read_words(struct policy_reader *reader, const struct policy_node *map, const char *key,
           const char *id, struct policy_place place, struct policy_text *text)
{
    const struct policy_node *words = policy_node_get(map, key);
    bool is_published =
        reader->translations[0] != NULL &&
        policy_node_get(policy_node_get(reader->translations[0], "texts"), id) != NULL;
    if (words != NULL || is_published)
        policy_read_add_text(reader, POLICY_TEXT_NOTICE, id, place, words, text);
}

static bool
read_pack(struct policy_reader *reader, const struct policy_node *map, struct policy_pack *pack)
{
    if (!policy_read_is_map(reader, map, NULL, "a layer"))
        return false;
    const struct policy_node *name = policy_read_child(reader, map, NULL, "layer");
    const char *id = name == NULL ? NULL : policy_read_id(reader, name, NULL, 1);
    if (id == NULL)
        return false;
    *pack = (struct policy_pack){.id = id, .place = name->place};
    policy_read_check_keys(reader, map, id,
                           "layer version sample notice source applies rights floors");
    if (policy_read_child(reader, map, id, "version") != NULL)
        pack->version = policy_read_number(reader, map, id, "version", 1, 1000000000, 1);
    pack->label = arena_printf(reader->arena, "%s@%lld", id, (long long)pack->version);
    pack->is_sample = policy_read_flag(reader, map, id, "sample", false);
    read_words(reader, map, "notice", id, name->place, &pack->notice);
    read_words(reader, map, "source", arena_printf(reader->arena, "%s/source", id), name->place,
               &pack->source);
    const struct policy_node *applies = policy_read_child(reader, map, id, "applies");
    if (applies != NULL && policy_read_when(reader, applies, id, &pack->applies))
        read_parts(reader, map, pack);
    return true;
}

void
policy_read_packs(struct policy_reader *reader)
{
    const struct policy_node *list = policy_node_get(reader->main, "statutory");
    if (list == NULL || !policy_read_is_list(reader, list, NULL, NULL))
        return;
    if (list->child_count > PACKS_MAX) {
        policy_read_fail(reader, list->place, NULL, "ITEMS_TOO_MANY", "more than %d layers",
                         PACKS_MAX);
        return;
    }
    policy_read_sort_texts(reader);
    struct policy_pack *packs = arena_alloc(reader->arena, list->child_count * sizeof *packs);
    size_t count = 0;
    for (const struct policy_node *node = list->children; node != NULL; node = node->next)
        count += read_pack(reader, node, &packs[count]);
    reader->policy->packs = packs;
    reader->policy->pack_count = count;
}
