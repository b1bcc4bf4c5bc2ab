/*
 * policy_read_contacts - `contacts:` and `branding:`: how the company is reached, and what its page
 * shows of it
 *
 * Links are printed on public pages, so only what a browser opens as a page is taken.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_read_private.h"

#include <string.h>

enum { CONTACTS_MAX = 1000 };

enum {
    URL_LOCAL = 1,   /* a path on the same site will do */
    URL_PICTURE = 2, /* what a browser shows, so no address to write to */
};

/* Hyphens and spaces as word processors make them (U+00A0, U+00AD, U+2000 to U+203F): an address
 * with one looks right and leads nowhere. */
static bool
has_typography(const char *text)
{
    return strstr(text, "\u00a0") != NULL || strstr(text, "\u00ad") != NULL ||
           strstr(text, "\xe2\x80") != NULL;
}

/* Browsers take a backslash for a slash, so "/\\host" would leave the site. */
static bool
is_url(const char *url, int kinds)
{
    bool is_local = url[0] == '/' && url[1] != '/';
    bool is_mail = text_begins(url, "mailto:");
    return url[strcspn(url, " \"<>\\\n\t")] == 0 && !has_typography(url) &&
           (text_begins(url, "https://") || text_begins(url, "http://") ||
            (is_mail && (kinds & URL_PICTURE) == 0) || (is_local && (kinds & URL_LOCAL) != 0));
}

/* "" where it is missing. */
static const char *
read_url(struct policy_reader *reader, const struct policy_node *map, const char *key, int kinds)
{
    const char *url = policy_read_words(reader, map, NULL, key, "");
    if (url[0] != 0 && !is_url(url, kinds))
        policy_read_fail(reader, policy_node_get(map, key)->place, NULL, "URL_REFUSED",
                         "\"%.64s\" is no address of a %s, as https://example.com/%s", url,
                         (kinds & URL_PICTURE) != 0 ? "picture" : "page",
                         (kinds & URL_PICTURE) != 0 ? "logo.svg" : "service");
    return url;
}

/* One address, of which nothing can be taken for more than an address where it is linked:
 * "x@y?bcc=..." would write to others too. */
static bool
is_email(const char *text)
{
    const char *at = strchr(text, '@');
    return at != NULL && at != text && at[1] != 0 && strchr(at + 1, '@') == NULL &&
           text[strcspn(text, " \t\n?&%#\"<>\\,;:()[]")] == 0 && !has_typography(text);
}

static void
read_contact(struct policy_reader *reader, const struct policy_node *node,
             struct policy_contact *contact)
{
    *contact = (struct policy_contact){.name = node->key, .place = node->key_place};
    policy_read_check_keys(reader, node, NULL, "phone email url address hours");
    contact->phone = policy_read_words(reader, node, NULL, "phone", "");
    contact->email = policy_read_words(reader, node, NULL, "email", "");
    contact->url = read_url(reader, node, "url", 0);
    contact->address = policy_read_words(reader, node, NULL, "address", "");
    contact->calendar = policy_read_words(reader, node, NULL, "hours", NULL);
    if (contact->calendar != NULL &&
        policy_find_calendar(reader->policy, contact->calendar) == NULL)
        policy_read_fail(reader, policy_node_get(node, "hours")->place, NULL, "CALENDAR_UNKNOWN",
                         "there is no calendar \"%.64s\"", contact->calendar);
    if (contact->email[0] != 0 && !is_email(contact->email))
        policy_read_fail(reader, policy_node_get(node, "email")->place, NULL, "EMAIL_MALFORMED",
                         "\"%.64s\" is no e-mail address, as service@example.com", contact->email);
    if (contact->phone[0] == 0 && contact->email[0] == 0 && contact->url[0] == 0 &&
        contact->address[0] == 0)
        policy_read_fail(reader, node->place, NULL, "CONTACT_EMPTY",
                         "a contact has a phone, email, url or address");
}

static void
read_all(struct policy_reader *reader)
{
    const struct policy_node *map = policy_node_get(reader->main, "contacts");
    if (map == NULL || !policy_read_is_map(reader, map, NULL, NULL))
        return;
    if (map->child_count > CONTACTS_MAX) {
        policy_read_fail(reader, map->place, NULL, "CONTACTS_TOO_MANY", "more than %d contacts",
                         CONTACTS_MAX);
        return;
    }
    struct policy_contact *contacts =
        arena_alloc(reader->arena, map->child_count * sizeof *contacts);
    size_t count = 0;
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        if (policy_read_is_map(reader, node, NULL, NULL))
            read_contact(reader, node, &contacts[count++]);
    reader->policy->contacts = contacts;
    reader->policy->contact_count = count;
}

static void
read_branding(struct policy_reader *reader)
{
    static const struct policy_branding none = {"", "", "", ""};
    struct policy_branding *branding = &reader->policy->branding;
    *branding = none;
    const struct policy_node *map = policy_node_get(reader->main, "branding");
    if (map == NULL || !policy_read_is_map(reader, map, NULL, NULL))
        return;
    policy_read_check_keys(reader, map, NULL, "company logo_url address imprint_url");
    branding->company = policy_read_words(reader, map, NULL, "company", "");
    branding->logo_url = read_url(reader, map, "logo_url", URL_LOCAL | URL_PICTURE);
    branding->address = policy_read_words(reader, map, NULL, "address", "");
    branding->imprint_url = read_url(reader, map, "imprint_url", URL_LOCAL);
}

void
policy_read_contacts(struct policy_reader *reader)
{
    read_all(reader);
    read_branding(reader);
}
