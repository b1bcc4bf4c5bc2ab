/*
 * unsubscribe - how somebody ends notices of a category by a mail: link, page, words
 *
 * The link opens the one method that takes the page's form, for one person. Mail programs post to
 * it by themselves (RFC 8058); people who open it see a page with one button. The words are the
 * program's own, in the languages that it speaks.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify.h"

struct buf;

/* What RFC 8058 has mail programs post, and our page too. */
#define UNSUBSCRIBE_FIELD "List-Unsubscribe"
#define UNSUBSCRIBE_VALUE "One-Click"

/* For the headers of a mail, in the arena. "" where nothing can be ended (`category` ""), or where
 * the installation is not reached by https, which RFC 8058 needs. */
const char *unsubscribe_url(struct arena *arena, const struct uuid *message_id,
                            const char *person_id, const char *category, const char *language);

struct unsubscribe_page {
    const char *language;
    Notify__V1__Notice__Category category; /* REMINDER or SURVEY */
    const struct policy_branding *branding;
    bool is_done; /* it says so, in place of the button */
};

/* Pure: no I/O, no clock. Works without a script. */
void unsubscribe_page_write(const struct unsubscribe_page *page, struct buf *out);
