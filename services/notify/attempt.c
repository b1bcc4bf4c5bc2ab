/*
 * attempt - what came of one try, in words that may be kept
 */
// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"

static const char BLANK[] = "***";

void
attempt_begin(struct attempt *attempt)
{
    *attempt = (struct attempt){.name = "NOT_SENT", .outcome = ATTEMPT_LATER};
    attempt->start_mono_ms = clock_mono_ms();
}

void
attempt_end(struct attempt *attempt, enum attempt_outcome outcome, const char *name)
{
    attempt->outcome = outcome;
    attempt->name = name;
    attempt->duration_ms = clock_mono_ms() - attempt->start_mono_ms;
}

static const char *
name_of(CURLcode code)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return "TIMED_OUT";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return "TLS_FAILED";
    case CURLE_LOGIN_DENIED:
        return "LOGIN_FAILED";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return "NOT_SENT";
    default:
        return "UNREACHABLE";
    }
}

void
attempt_end_unheard(struct attempt *attempt, CURLcode code)
{
    attempt_end(attempt, ATTEMPT_LATER, name_of(code));
}

/* ---- words ---- */

static bool
is_of_address(char c)
{
    return c != 0 && !isspace((unsigned char)c) && strchr("<>()[],:;\"'=", c) == NULL;
}

static bool
is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.' || c == '+';
}

/* How long the address or the name is that begins at `at`; 0: none does. */
static size_t
find_blank(const char *words, size_t size_bytes, size_t at, const char *name)
{
    if (at > 0 && is_of_address(words[at - 1]))
        return 0;
    size_t end = at;
    bool has_at = false;
    for (; end < size_bytes && is_of_address(words[end]); end++)
        has_at |= words[end] == '@';
    if (has_at)
        return end - at;
    size_t name_size = name != NULL ? strlen(name) : 0;
    if (name_size == 0 || size_bytes - at < name_size ||
        strncasecmp(words + at, name, name_size) != 0)
        return 0;
    bool is_alone = at + name_size == size_bytes || !is_of_word(words[at + name_size]) ||
                    end == at + name_size + 1; /* "anna." at the end of a sentence */
    return is_alone ? name_size : 0;
}

static void
add(struct attempt *attempt, size_t *size, char c)
{
    if (*size < ATTEMPT_ANSWER_SIZE - 1)
        attempt->answer[(*size)++] = c;
}

void
attempt_keep_words(struct attempt *attempt, const char *words, size_t size_bytes, const char *name)
{
    size_t size = 0;
    for (size_t i = 0; i < size_bytes;) {
        size_t blank_size = find_blank(words, size_bytes, i, name);
        if (blank_size > 0) {
            for (const char *c = BLANK; *c != 0; c++)
                add(attempt, &size, *c);
            i += blank_size;
            continue;
        }
        char c = words[i++];
        if (isspace((unsigned char)c) || c == 0) {
            if (size > 0 && attempt->answer[size - 1] != ' ')
                add(attempt, &size, ' ');
        } else {
            add(attempt, &size, c > ' ' && c < 0x7f ? c : '?');
        }
    }
    while (size > 0 && attempt->answer[size - 1] == ' ')
        size--;
    attempt->answer[size] = 0;
}
