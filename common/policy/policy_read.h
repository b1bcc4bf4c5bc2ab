/*
 * policy_read - files in memory to a policy: structure, names, kinds, texts
 *
 * Reads the main file (all values, one language), the files of its other languages (the same ids,
 * texts only) and the holiday lists that its calendars name; or a publication, one JSON or YAML
 * file that holds all of them (policy_canon.h). The reader refuses what it cannot understand;
 * whether the rules are complete and free of contradiction is policy_check's work, which readers of
 * drafts call next.
 *
 * The main file:
 *
 *     format: 1                     policy: default            title: ...
 *     languages: [en, de]           the first is this file's
 *     time_zone: Europe/Berlin      regions: {US: {time_zone: America/New_York}}
 *     currency: EUR
 *     version: 7                    effective_from: 2026-01-01        both, or (a draft) neither
 *     also_for_sold_since: 2025-01-01
 *     branding: {company, logo_url, address, imprint_url}
 *     axes: {category: {appliances: {small_appliances: {}}}}          trees
 *     codes: {cause: [...]}         calendars: policy_read_calendars.c
 *     contacts: {service: {phone, email, url, address, hours: calendar}}
 *     labels: policy_read_labels.c; `words.KEY` among them replaces one of the engine's words
 *     sections: [{section, number, title, clauses: [{clause, internal: yes, text,
 *                 set: {parameter: value}, except: [{when: {axis: value}, parameter: value}]}]}]
 *     statutory: [{layer, version, sample, notice, source, applies: {axis: value},
 *                  rights: [...], floors: [{id, parameter, when, is}]}]
 *
 * A right of warranty names the causes that it covers, one at least: none does not mean every.
 *
 * The file of another language has `language`, `title`, `texts` and `labels`. Under
 * `texts` stands a text for the id of every clause, test, step (clause/step), right, section, and
 * pack (its notice; its source is pack/source); sections, notices and sources that are missing are
 * printed in the first language, with a warning.
 *
 * In a publication texts stand under `translations: {language: {...}}`, those of the first language
 * there or in their places, and the lists of holidays under `holidays: {code: {...}}`; lists that
 * it names and does not hold may stand in files. policy->tree is such a tree, so what a policy
 * itself does not keep (names of holidays in other languages) is found there.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policy/policy.h"

enum {
    POLICY_FILES_MAX = 128,
    /* No files within the limits need more, so an arena with this budget is never exhausted by
       reading. */
    POLICY_READ_BUDGET_BYTES = 512 * 1024 * 1024
};

/* What a main file asks for: languages besides its own, and codes of holiday lists. A publication
 * asks only for the holiday lists that it does not hold. */
struct policy_wants {
    const char *const *languages;
    size_t language_count;
    const char *const *holiday_codes;
    size_t holiday_code_count;
};

struct policy_sources {
    struct policy_file main;
    const struct policy_file *languages; /* each says its `language:` */
    size_t language_count;
    const struct policy_file *holidays; /* each says its `code:` */
    size_t holiday_count;
};

/* What files belong to `main`. False: unreadable, `problems` says why. */
bool policy_read_wants(struct arena *arena, const struct policy_file *main,
                       struct policy_wants *ret_wants, struct policy_problems *problems);

/* NULL after any error. Warnings alone give a policy. Memory is linear in the bytes read, and time
 * nearly: a reference to a code or contact walks its list, which has a limit. */
struct policy *policy_read(struct arena *arena, const struct policy_sources *sources,
                           struct policy_problems *problems);
