/*
 * mail_read_fuzz - any bytes as a mail
 *
 * Whatever comes: every text is UTF-8 without control characters but tab and line end, in a line
 * not even these; names of attachments have no path; nothing is beyond its limit.
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <unicode/utf8.h>

#include "mail_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

static void
check_text(const char *text, bool has_lines, size_t size_max)
{
    size_t size_bytes = strlen(text);
    CHECK(size_bytes <= size_max);
    for (size_t i = 0; i < size_bytes;) {
        UChar32 c;
        U8_NEXT((const uint8_t *)text, i, size_bytes, c);
        CHECK(c >= 0x20 || (has_lines && (c == '\n' || c == '\t')));
        CHECK((c < 0x7f || c >= 0xa0) && c != 0x2028 && c != 0x2029);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct mail *mail = mail_read(bytes, size_bytes);
    CHECK(mail != NULL);
    const char *const lines[] = {mail->message_id,    mail->from_address,      mail->from_name,
                                 mail->subject,       mail->bounce.message_id, mail->bounce.action,
                                 mail->bounce.status, mail->bounce.recipient};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        check_text(lines[i], false, MAIL_LINE_BYTES_MAX);
    check_text(mail->text, true, MAIL_TEXT_BYTES_MAX);
    CHECK(mail->reference_count <= MAIL_REFERENCES_MAX);
    for (size_t i = 0; i < mail->reference_count; i++)
        check_text(mail->references[i], false, MAIL_LINE_BYTES_MAX);
    CHECK(mail->attachment_count <= MAIL_PARTS_MAX);
    for (size_t i = 0; i < mail->attachment_count; i++) {
        check_text(mail->attachments[i].name, false, MAIL_LINE_BYTES_MAX);
        check_text(mail->attachments[i].type, false, MAIL_LINE_BYTES_MAX);
        CHECK(mail->attachments[i].name[0] != 0 && strchr(mail->attachments[i].type, '/') != NULL);
        CHECK(strpbrk(mail->attachments[i].name, "/\\") == NULL);
    }
    mail_free(&mail);
    return 0;
}
