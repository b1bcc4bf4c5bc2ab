/*
 * policy_canon_names - axes, regions, codes, contacts, branding, and the texts of all languages
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_canon_parts.h"

#include <string.h>

static void
write_codes(struct policy_canon *canon)
{
    const struct policy *policy = canon->policy;
    policy_canon_open(canon, "codes", '{');
    for (size_t i = 0; i < policy->list_count; i++) {
        policy_canon_open(canon, policy->lists[i].name, '[');
        for (size_t j = 0; j < policy->lists[i].codes.count; j++)
            policy_canon_text(canon, NULL, policy->lists[i].codes.codes[j]);
        policy_canon_close(canon, ']');
    }
    policy_canon_close(canon, '}');
}

static void
write_regions(struct policy_canon *canon)
{
    const struct policy *policy = canon->policy;
    policy_canon_open(canon, "regions", '{');
    for (size_t i = 0; i < policy->region_zone_count; i++) {
        const struct policy_region_zone *zone = &policy->region_zones[i];
        policy_canon_open(canon, policy->axes.values[zone->region].code, '{');
        policy_canon_text(canon, "time_zone", zone_name(zone->zone));
        policy_canon_close(canon, '}');
    }
    policy_canon_close(canon, '}');
}

static void
write_if_said(struct policy_canon *canon, const char *key, const char *text)
{
    if (text != NULL && text[0] != 0)
        policy_canon_text(canon, key, text);
}

static void
write_contacts(struct policy_canon *canon)
{
    const struct policy *policy = canon->policy;
    policy_canon_open(canon, "contacts", '{');
    for (size_t i = 0; i < policy->contact_count; i++) {
        const struct policy_contact *contact = &policy->contacts[i];
        policy_canon_open(canon, contact->name, '{');
        write_if_said(canon, "phone", contact->phone);
        write_if_said(canon, "email", contact->email);
        write_if_said(canon, "url", contact->url);
        write_if_said(canon, "address", contact->address);
        write_if_said(canon, "hours", contact->calendar);
        policy_canon_close(canon, '}');
    }
    policy_canon_close(canon, '}');
}

static void
write_branding(struct policy_canon *canon)
{
    const struct policy_branding *branding = &canon->policy->branding;
    policy_canon_open(canon, "branding", '{');
    write_if_said(canon, "company", branding->company);
    write_if_said(canon, "logo_url", branding->logo_url);
    write_if_said(canon, "address", branding->address);
    write_if_said(canon, "imprint_url", branding->imprint_url);
    policy_canon_close(canon, '}');
}

void
policy_canon_write_names(struct policy_canon *canon)
{
    const struct policy_node *axes = policy_node_get(canon->reader->main, "axes");
    if (axes != NULL)
        policy_canon_copy(canon, "axes", axes);
    write_codes(canon);
    write_regions(canon);
    write_contacts(canon);
    write_branding(canon);
}

/* ---- languages ---- */

static void
write_labels(struct policy_canon *canon, size_t language)
{
    const struct policy *policy = canon->policy;
    policy_canon_open(canon, "labels", '{');
    for (size_t i = 0; i < policy->label_count; i++)
        write_if_said(canon, policy->labels[i].key, policy->labels[i].text.texts[language]);
    policy_canon_close(canon, '}');
}

static void
write_language(struct policy_canon *canon, size_t language)
{
    const struct policy_reader *reader = canon->reader;
    policy_canon_open(canon, canon->policy->languages[language], '{');
    policy_canon_text(canon, "title", canon->policy->title.texts[language]);
    policy_canon_open(canon, "texts", '{');
    for (size_t i = 0; i < reader->text_count; i++) {
        const char *text = reader->texts[i].text->texts[language];
        if (text != NULL) /* else of an internal clause */
            policy_canon_text(canon, reader->texts[i].id, text);
    }
    policy_canon_close(canon, '}');
    write_labels(canon, language);
    policy_canon_close(canon, '}');
}

void
policy_canon_write_translations(struct policy_canon *canon)
{
    policy_canon_open(canon, "translations", '{');
    for (size_t i = 0; i < canon->policy->language_count; i++)
        write_language(canon, i);
    policy_canon_close(canon, '}');
}
