/*
 * mail_text - text as it may go on, whatever bytes it came in
 *
 * Everything these functions add is UTF-8 without control characters, so that it can be kept, shown
 * and written into a header. What cannot be read becomes U+FFFD. No state but GMime's, which is
 * safe in threads.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/buf.h"

/* Starts GMime; as often as one likes, in any thread. */
void mail_text_init(void);

enum mail_text_form {
    MAIL_TEXT_LINE,  /* one line: line ends and tabs become a space; none at either end */
    MAIL_TEXT_LINES, /* lines end with LF, whatever they ended with */
};

/* Adds `bytes`, which ought to be UTF-8, until `buf` holds `size_max`; cut between characters.
 * False: it was cut. */
bool mail_text_add(struct buf *buf, enum mail_text_form form, const char *bytes, size_t size_bytes,
                   size_t size_max);

/* The same for bytes in another charset, by the name that a mail gives it; NULL, "" or a name that
 * nobody knows: UTF-8. */
bool mail_text_add_charset(struct buf *buf, enum mail_text_form form, const char *charset,
                           const char *bytes, size_t size_bytes, size_t size_max);
