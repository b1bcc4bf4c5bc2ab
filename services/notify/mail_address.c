/*
 * mail_address - addresses, by a list of the characters that they may hold
 */
// SPDX-License-Identifier: Apache-2.0
#include "mail_address.h"

#include <stdio.h>
#include <string.h>
#include <unicode/uidna.h>

enum { NAME_SIZE_MAX = 64 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* In ASCII, into `ret_domain` of MAIL_ADDRESS_SIZE. What IDNA finds wrong with labels in ASCII
 * (hyphens in odd places) is no matter: the domain's server decides. */
static bool
read_domain(const char *text, char *ret_domain)
{
    UErrorCode code = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UIDNA *idna = uidna_openUTS46(
        UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ, &code);
    const uint32_t spared =
        UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;
    int32_t size = uidna_nameToASCII_UTF8(idna, text, (int32_t)strlen(text), ret_domain,
                                          MAIL_ADDRESS_SIZE - 1, &info, &code);
    uidna_close(idna);
    if (U_FAILURE(code) || (info.errors & ~spared) != 0 || size <= 0 ||
        size >= MAIL_ADDRESS_SIZE - 1)
        return false;
    ret_domain[size] = 0;
    return strspn(ret_domain, LETTERS DIGITS "-.") == (size_t)size && ret_domain[0] != '.';
}

bool
mail_address_read(const char *text, char ret_address[MAIL_ADDRESS_SIZE])
{
    char domain[MAIL_ADDRESS_SIZE];
    size_t name_size = strspn(text, LETTERS DIGITS ".!#$%&'*+-/=?^_`{|}~");
    if (name_size == 0 || name_size > NAME_SIZE_MAX || text[name_size] != '@' ||
        strlen(text) > 4 * MAIL_ADDRESS_SIZE || !read_domain(text + name_size + 1, domain))
        return false;
    int size = snprintf(ret_address, MAIL_ADDRESS_SIZE, "%.*s@%s", (int)name_size, text, domain);
    return size > 0 && size < MAIL_ADDRESS_SIZE;
}
