/*
 * policy_canon_property_test - the digest is of what a policy says, not of how it is written
 *
 * The files of tests/policies/whole are written anew at random: as JSON or YAML, maps in another
 * order, in block or flow form, texts plain or in either quotes, comments between. The digest
 * stays. Then one text or value is changed at random: the file is refused, or the digest is
 * another.
 *
 * The seed is printed; AFTERCARE_TEST_SEED replays it. AFTERCARE_TEST_LONG runs more.
 */
// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "common/policy/policy_node.h"
#include "common/policy/policy_read_fixture.h"

enum { SHORT_COUNT = 60, LONG_COUNT = 5000 };

static uint64_t random_state;

static uint32_t
pick(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % bound;
}

/* ---- writing a tree anew ---- */

enum style { STYLE_JSON, STYLE_YAML };

static void
add_indent(struct buf *out, int depth)
{
    for (int i = 0; i < depth; i++)
        buf_add_text(out, "  ");
}

static void
add_line_end(struct buf *out)
{
    static const char *const ends[] = {"\n", " # a comment\n", "\n# another\n", "\r\n", "\n\n"};
    buf_add_text(out, ends[pick(COUNT_OF(ends))]);
}

/* Whether YAML takes the text as it is, also within brackets. */
static bool
is_plain(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && strchr(" -", text[0]) == NULL && text[size - 1] != ' ' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+ %-") ==
               size;
}

static void
add_scalar(struct buf *out, enum style style, const char *text)
{
    bool can_be_single = text[strcspn(text, "\n")] == 0;
    uint32_t choice = style == STYLE_JSON ? 0 : pick(3);
    if (choice == 1 && is_plain(text)) {
        buf_add_text(out, text);
    } else if (choice == 2 && can_be_single) {
        buf_add_char(out, '\'');
        for (; *text != 0; text++)
            buf_printf(out, *text == '\'' ? "''" : "%c", *text);
        buf_add_char(out, '\'');
    } else {
        buf_add_json(out, text, strlen(text));
    }
}

/* The children of a map in any order, of a list in theirs. */
static size_t
shuffled(const struct policy_node *node, const struct policy_node **ret_children)
{
    size_t count = 0;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        size_t place = node->kind == POLICY_NODE_MAP ? pick((uint32_t)count + 1) : count;
        ret_children[count] = ret_children[place];
        ret_children[place] = child;
        count++;
    }
    return count;
}

static void
write_flow(struct buf *out, enum style style, const struct policy_node *node)
{
    const struct policy_node *children[512];
    if (node->kind == POLICY_NODE_SCALAR) {
        add_scalar(out, style, node->text);
        return;
    }
    assert_true(node->child_count < COUNT_OF(children));
    size_t count = shuffled(node, children);
    bool is_map = node->kind == POLICY_NODE_MAP;
    buf_add_char(out, is_map ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_text(out, pick(2) == 0 ? ", " : ",\n   ");
        if (is_map) {
            add_scalar(out, style, children[i]->key);
            buf_add_text(out, ": ");
        }
        write_flow(out, style, children[i]);
    }
    buf_add_char(out, is_map ? '}' : ']');
}

static void
write_block(struct buf *out, const struct policy_node *node, int depth)
{
    const struct policy_node *children[512];
    assert_true(node->child_count < COUNT_OF(children));
    size_t count = shuffled(node, children);
    for (size_t i = 0; i < count; i++) {
        const struct policy_node *child = children[i];
        add_indent(out, depth);
        if (node->kind == POLICY_NODE_MAP) {
            add_scalar(out, STYLE_YAML, child->key);
            buf_add_char(out, ':');
        } else {
            buf_add_char(out, '-');
        }
        if (child->kind == POLICY_NODE_SCALAR || child->child_count == 0 || pick(4) == 0) {
            buf_add_char(out, ' ');
            write_flow(out, STYLE_YAML, child);
            add_line_end(out);
        } else {
            add_line_end(out);
            write_block(out, child, depth + 1);
        }
    }
}

static void
write_anew(struct buf *out, const struct policy_node *root)
{
    if (pick(4) == 0) {
        write_flow(out, STYLE_JSON, root);
        return;
    }
    if (pick(4) == 0)
        buf_add_text(out, "\xef\xbb\xbf");
    write_block(out, root, 0);
}

/* ---- the files of the whole policy, as trees ---- */

enum { FILE_COUNT = 3 };

struct files {
    struct read_fixture fixture;
    struct policy_node *trees[FILE_COUNT]; /* main, German, holidays */
    uint8_t digest[POLICY_DIGEST_BYTES];
};

static void
load(struct files *files)
{
    read_start(&files->fixture);
    memcpy(files->digest, read_whole(&files->fixture)->digest, POLICY_DIGEST_BYTES);
    const struct policy_file *sources[] = {
        &files->fixture.sources.main, &files->fixture.languages[0], &files->fixture.holidays[0]};
    for (size_t i = 0; i < FILE_COUNT; i++) {
        files->trees[i] =
            policy_node_read(sources[i], POLICY_FILE_BYTES_MAX, &files->fixture.problems);
        assert_non_null(files->trees[i]);
    }
}

/* Reads the trees as they are now, written anew. False: refused. */
static bool
read_anew(const struct files *files, bool must_read, uint8_t ret_digest[POLICY_DIGEST_BYTES])
{
    struct buf texts[FILE_COUNT] = {{0}};
    struct policy_file sources[FILE_COUNT];
    for (size_t i = 0; i < FILE_COUNT; i++) {
        write_anew(&texts[i], files->trees[i]);
        sources[i] = (struct policy_file){.name = i == 0   ? "main"
                                                  : i == 1 ? "german"
                                                           : "holidays",
                                          .bytes = texts[i].bytes,
                                          .size_bytes = texts[i].size_bytes};
    }
    struct arena *arena = arena_new(POLICY_READ_BUDGET_BYTES);
    struct policy_problems problems = {.arena = arena};
    struct policy_sources all = {.main = sources[0],
                                 .languages = &sources[1],
                                 .language_count = 1,
                                 .holidays = &sources[2],
                                 .holiday_count = 1};
    const struct policy *policy = policy_read(arena, &all, &problems);
    if (policy != NULL)
        memcpy(ret_digest, policy->digest, POLICY_DIGEST_BYTES);
    else if (must_read)
        read_print_problems(&problems);
    bool is_read = policy != NULL;
    arena_free(&arena);
    for (size_t i = 0; i < FILE_COUNT; i++)
        buf_free(&texts[i]);
    return is_read;
}

/* ---- the properties ---- */

static uint64_t first_seed;
static int run_count;

static void
the_way_it_is_written_does_not_show(void **state UNUSED)
{
    struct files files;
    load(&files);
    for (int i = 0; i < run_count; i++) {
        uint8_t digest[POLICY_DIGEST_BYTES];
        random_state = (first_seed + (uint64_t)i) * UINT64_C(0xd1342543de82ef95);
        if (!read_anew(&files, true, digest) ||
            memcmp(digest, files.digest, POLICY_DIGEST_BYTES) != 0)
            fail_msg("AFTERCARE_TEST_SEED=%llu", (unsigned long long)first_seed + (unsigned)i);
    }
    read_end(&files.fixture);
}

/* Scalars of a tree in order; the one with number `wanted` is kept. */
static struct policy_node *
find_scalar(struct policy_node *node, uint32_t wanted, uint32_t *count)
{
    if (node->kind == POLICY_NODE_SCALAR)
        return (*count)++ == wanted ? node : NULL;
    struct policy_node *found = NULL;
    for (struct policy_node *child = node->children; child != NULL && found == NULL;
         child = child->next)
        found = find_scalar(child, wanted, count);
    return found;
}

/* Another text: a digit changed if there is one, else a letter more. */
static const char *
changed_text(struct arena *arena, const char *text)
{
    size_t digit = strcspn(text, "0123456789");
    char *changed = arena_printf(arena, "%s%s", text, text[digit] == 0 ? "x" : "");
    if (text[digit] != 0)
        changed[digit] = (char)('0' + (changed[digit] - '0' + 1 + (int)pick(9)) % 10);
    return changed;
}

static void
whatever_is_changed_shows(void **state UNUSED)
{
    struct files files;
    load(&files);
    int read_count = 0;
    for (int i = 0; i < run_count; i++) {
        uint8_t digest[POLICY_DIGEST_BYTES];
        random_state = (first_seed + (uint64_t)i) * UINT64_C(0xd1342543de82ef95);
        struct policy_node *tree = files.trees[pick(FILE_COUNT)];
        uint32_t count = 0;
        (void)find_scalar(tree, UINT32_MAX, &count);
        uint32_t wanted = pick(count);
        count = 0;
        struct policy_node *scalar = find_scalar(tree, wanted, &count);
        const char *was = scalar->text;
        scalar->text = changed_text(files.fixture.arena, was);
        bool is_read = read_anew(&files, false, digest);
        read_count += is_read;
        if (is_read && memcmp(digest, files.digest, POLICY_DIGEST_BYTES) == 0)
            fail_msg("AFTERCARE_TEST_SEED=%llu: \"%s\" and \"%s\" give one digest",
                     (unsigned long long)first_seed + (unsigned)i, was, scalar->text);
        scalar->text = was;
    }
    assert_true(read_count > run_count / 10);
    read_end(&files.fixture);
}

int
main(void)
{
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    const char *is_long = getenv("AFTERCARE_TEST_LONG");
    bool is_replay = seed != NULL && seed[0] != 0;
    run_count = is_long != NULL && is_long[0] != 0 ? LONG_COUNT : SHORT_COUNT;
    first_seed = is_replay ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    print_message("%d runs, AFTERCARE_TEST_SEED=%llu\n", run_count, (unsigned long long)first_seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_it_is_written_does_not_show),
        cmocka_unit_test(whatever_is_changed_shows),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    date_deinit();
    arena_deinit();
    return failed;
}
