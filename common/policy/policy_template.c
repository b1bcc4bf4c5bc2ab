/*
 * policy_template - a text with placeholders as a list of parts
 *
 * One walk over the text, branch bodies by the same walk one level deeper. Nothing is looked up
 * here: whether a parameter exists and a branch can be reached is the checker's to say.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_template.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 80 };

/* "length", "warranty.period/length". */
#define PARAMETER_CHARACTERS POLICY_ID_CHARACTERS "./"

/* One walk. `depth` is 1 within a branch. */
struct walk {
    struct arena *arena;
    const char *text;
    size_t position;
    int depth;
    struct fault *fault;
};

/* Parts as they are found; copied to their size at the end. */
struct parts {
    struct policy_part parts[POLICY_TEMPLATE_PARTS_MAX];
    size_t count;
};

static bool
refuse(struct walk *walk, const char *sentence)
{
    fault_set(walk->fault, ERR_INVALID_ARGUMENT, "TEXT_MALFORMED", "%s", sentence);
    walk->fault->line = 1;
    walk->fault->column = (int)walk->position + 1;
    return false;
}

static char
peek(const struct walk *walk)
{
    return walk->text[walk->position];
}

static void
skip_spaces(struct walk *walk)
{
    while (peek(walk) == ' ' || peek(walk) == '\n')
        walk->position++;
}

static struct policy_part *
add_part(struct walk *walk, struct parts *parts, enum policy_part_kind kind)
{
    if (parts->count == POLICY_TEMPLATE_PARTS_MAX) {
        refuse(walk, "the text has too many placeholders");
        return NULL;
    }
    struct policy_part *part = &parts->parts[parts->count++];
    memset(part, 0, sizeof *part);
    part->kind = kind;
    part->form = "";
    return part;
}

/* A name of a parameter or form, or the code that names a branch, in the arena; NULL where there is
 * none. */
static const char *
read_name(struct walk *walk, const char *characters)
{
    size_t start = walk->position;
    size_t size = strspn(walk->text + start, characters);
    walk->position += size;
    if (size == 0 || size > NAME_BYTES_MAX)
        return NULL;
    char *name = arena_alloc(walk->arena, size + 1);
    memcpy(name, walk->text + start, size);
    return name;
}

/* Within a branch, a closing brace ends it even if another one follows. */
static bool
is_doubled_brace(const struct walk *walk, size_t at)
{
    char c = walk->text[at];
    return (c == '{' || c == '}') && walk->text[at + 1] == c && !(c == '}' && walk->depth > 0);
}

/* Where the words that begin here end: at a single brace, or with the text. */
static size_t
find_end(const struct walk *walk)
{
    size_t at = walk->position + strcspn(walk->text + walk->position, "{}");
    while (is_doubled_brace(walk, at)) {
        at += 2;
        at += strcspn(walk->text + at, "{}");
    }
    return at;
}

/* Words up to the next placeholder, or the end of the text or branch; doubled braces become one.
 * They take no more memory than they have bytes: a text has hundreds of pieces. */
static bool
read_words(struct walk *walk, struct parts *parts)
{
    size_t end = find_end(walk), size = 0;
    char *words = arena_alloc(walk->arena, end - walk->position + 1);
    while (walk->position < end) {
        words[size++] = peek(walk);
        walk->position += is_doubled_brace(walk, walk->position) ? 2 : 1;
    }
    if (peek(walk) == '}' && walk->depth == 0)
        return refuse(walk, "'}' without '{'; a brace is written by doubling it");
    struct policy_part *part = add_part(walk, parts, POLICY_PART_WORDS);
    if (part == NULL)
        return false;
    part->words = words;
    return true;
}

static const struct policy_template *read_parts(struct walk *walk);

/* `key {text}`, as "yes {It goes along.}". */
static bool
read_branch(struct walk *walk, struct policy_branch *ret_branch)
{
    ret_branch->key = read_name(walk, POLICY_CODE_CHARACTERS);
    if (ret_branch->key == NULL)
        return refuse(walk, "a branch of a select begins with its value, as yes {...}");
    skip_spaces(walk);
    if (peek(walk) != '{')
        return refuse(walk, "the text of a branch stands in braces, as yes {...}");
    walk->position++;
    walk->depth++;
    ret_branch->then = read_parts(walk);
    walk->depth--;
    if (ret_branch->then == NULL)
        return false;
    if (peek(walk) != '}')
        return refuse(walk, "the text of a branch has no closing brace");
    walk->position++;
    skip_spaces(walk);
    return true;
}

static bool
has_branch(const struct policy_branch *branches, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(branches[i].key, key) == 0)
            return true;
    return false;
}

/* The branches of a select, up to its closing brace. */
static bool
read_branches(struct walk *walk, struct policy_part *part)
{
    struct policy_branch branches[POLICY_TEMPLATE_BRANCHES_MAX];
    size_t count = 0;
    if (walk->depth > 0)
        return refuse(walk, "a select cannot stand within a branch of another");
    while (peek(walk) != '}' && peek(walk) != '\0') {
        if (count == POLICY_TEMPLATE_BRANCHES_MAX)
            return refuse(walk, "a select has too many branches");
        if (!read_branch(walk, &branches[count]))
            return false;
        if (has_branch(branches, count, branches[count].key))
            return refuse(walk, "a select has two branches for one value");
        count++;
    }
    if (count == 0 || strcmp(branches[count - 1].key, "other") != 0)
        return refuse(walk, "a select ends with other {...}, for every value that is not named");
    part->branches = arena_copy(walk->arena, branches, count * sizeof branches[0]);
    part->branch_count = count;
    return true;
}

/* What follows the comma of a placeholder. */
static bool
read_form(struct walk *walk, struct policy_part *part)
{
    skip_spaces(walk);
    const char *form = read_name(walk, PARAMETER_CHARACTERS);
    if (form != NULL && strcmp(form, "table") == 0) {
        part->kind = POLICY_PART_TABLE;
        return true;
    }
    if (form != NULL && (strcmp(form, "dative") == 0 || strcmp(form, "or") == 0)) {
        part->form = form;
        return true;
    }
    if (form == NULL || strcmp(form, "select") != 0)
        return refuse(walk, "after the comma of a placeholder stands `table`, `select`, "
                            "`dative` or `or`, and then its closing brace");
    part->kind = POLICY_PART_SELECT;
    skip_spaces(walk);
    if (peek(walk) != ',')
        return refuse(walk, "select is followed by a comma and its branches");
    walk->position++;
    skip_spaces(walk);
    return read_branches(walk, part);
}

/* `{name}`, `{name, form}`; the walk stands on the brace. */
static bool
read_placeholder(struct walk *walk, struct parts *parts)
{
    walk->position++;
    struct policy_part *part = add_part(walk, parts, POLICY_PART_PLAIN);
    if (part == NULL)
        return false;
    skip_spaces(walk);
    part->parameter = read_name(walk, PARAMETER_CHARACTERS);
    if (part->parameter == NULL)
        return refuse(walk, "a placeholder is the name of a parameter, as {length}");
    skip_spaces(walk);
    if (peek(walk) == ',') {
        walk->position++;
        if (!read_form(walk, part))
            return false;
    }
    skip_spaces(walk);
    if (peek(walk) != '}')
        return refuse(walk, "a placeholder has no closing brace");
    walk->position++;
    return true;
}

/* Parts up to the end of the text, or of the branch. */
static const struct policy_template *
read_parts(struct walk *walk)
{
    struct parts parts;
    parts.count = 0;
    while (peek(walk) != '\0' && !(walk->depth > 0 && peek(walk) == '}')) {
        bool is_placeholder = peek(walk) == '{' && walk->text[walk->position + 1] != '{';
        if (!(is_placeholder ? read_placeholder(walk, &parts) : read_words(walk, &parts)))
            return NULL;
    }
    struct policy_template *result = arena_alloc(walk->arena, sizeof *result);
    result->parts = arena_copy(walk->arena, parts.parts, parts.count * sizeof parts.parts[0]);
    result->part_count = parts.count;
    return result;
}

const struct policy_template *
policy_template_parse(struct arena *arena, const char *text, struct fault *ret_fault)
{
    struct walk walk = {.arena = arena, .text = text, .fault = ret_fault};
    if (strlen(text) > POLICY_TEMPLATE_BYTES_MAX) {
        refuse(&walk, "the text is too long");
        return NULL;
    }
    return read_parts(&walk);
}

/* ---- what a text prints ---- */

/* Adds the names to `names` (which may be NULL: only counts) and answers how many there are. */
static size_t
collect(const struct policy_template *text, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < text->part_count; i++) {
        const struct policy_part *part = &text->parts[i];
        if (part->parameter == NULL)
            continue;
        if (names != NULL)
            names[count] = part->parameter;
        count++;
        for (size_t j = 0; j < part->branch_count; j++)
            count += collect(part->branches[j].then, names != NULL ? names + count : NULL);
    }
    return count;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct policy_codes
policy_template_parameters(struct arena *arena, const struct policy_template *text)
{
    size_t count = collect(text, NULL);
    const char **names = arena_alloc(arena, count * sizeof names[0]);
    collect(text, names);
    qsort(names, count, sizeof names[0], compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    return (struct policy_codes){.codes = names, .count = kept};
}
