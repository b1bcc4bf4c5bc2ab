/*
 * webhook_post - one signed POST, and what its answer means
 */
// SPDX-License-Identifier: Apache-2.0
#include "webhook_post.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

enum { CONNECT_MS = 5000, HTTP_OK = 200, HTTP_MOVED = 300, HTTP_GONE_FOR_EVER = 410 };

static struct curl_slist *
add_header(struct curl_slist *list, const char *name, const char *value)
{
    char line[512];
    int size = snprintf(line, sizeof line, "%s: %s", name, value);
    CHECK(size > 0 && (size_t)size < sizeof line && strpbrk(line, "\r\n") == NULL);
    list = curl_slist_append(list, line);
    CHECK(list != NULL);
    return list;
}

/* NULL: a secret is none. */
static struct curl_slist *
make_headers(const struct webhook_delivery *delivery)
{
    char signature[WEBHOOK_SIGNATURE_SIZE], seconds[24];
    int64_t unix_s = clock_real_ms() / 1000;
    size_t count = 0;
    while (count < WEBHOOK_SECRETS_MAX && delivery->secrets[count] != NULL)
        count++;
    if (!webhook_sign(delivery->secrets, count, delivery->id, unix_s, delivery->body,
                      delivery->body_size_bytes, signature))
        return NULL;
    snprintf(seconds, sizeof seconds, "%lld", (long long)unix_s);
    struct curl_slist *list = add_header(NULL, "Content-Type", delivery->content_type);
    list = add_header(list, "webhook-id", delivery->id);
    list = add_header(list, "webhook-timestamp", seconds);
    list = add_header(list, "webhook-signature", signature);
    list = curl_slist_append(list, "Expect:"); /* no 100 Continue */
    CHECK(list != NULL);
    return list;
}

static void
set_request(CURL *easy, const struct webhook_delivery *delivery, const struct curl_slist *headers)
{
    curl_easy_setopt(easy, CURLOPT_URL, delivery->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "aftercare/" AFTERCARE_VERSION);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, delivery->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)delivery->body_size_bytes);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)WEBHOOK_LIMIT_MS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (delivery->ca_path[0] != 0) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, delivery->ca_path);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
}

static void
judge(CURL *easy, CURLcode code, const struct transfer_reply *reply, bool is_refused,
      struct attempt *attempt)
{
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    /* A status before a body that is too long has been said. */
    bool is_heard = code == CURLE_OK || (status >= HTTP_OK && reply->is_cut);
    if (!is_heard) {
        const char *words = curl_easy_strerror(code);
        attempt_keep_words(attempt, words, strlen(words), NULL);
        attempt_end_unheard(attempt, code);
        if (is_refused)
            attempt->name = "NOT_PUBLIC";
        return;
    }
    attempt->code = (int)status;
    attempt->retry_after_s = retry_after_s;
    attempt_keep_words(attempt, reply->body.bytes, reply->body.size_bytes, NULL);
    if (status >= HTTP_OK && status < HTTP_MOVED)
        attempt_end(attempt, ATTEMPT_DONE, "ACCEPTED");
    else if (status == HTTP_GONE_FOR_EVER)
        attempt_end(attempt, ATTEMPT_GONE, "GONE");
    else
        attempt_end(attempt, ATTEMPT_LATER, "DEFERRED");
}

enum err
webhook_post_await(struct transfer *transfer, struct call *call,
                   const struct webhook_delivery *delivery, struct attempt *ret_attempt)
{
    struct attempt attempt;
    attempt_begin(&attempt);
    struct curl_slist *headers = make_headers(delivery);
    if (headers == NULL)
        return ERR_INVALID_ARGUMENT;
    CURL *easy = curl_easy_init();
    CHECK(easy != NULL);
    struct transfer_guard guard = {.is_http_fine = delivery->is_http_fine,
                                   .is_private_fine = delivery->is_private_fine};
    struct transfer_reply reply = {.size_max = WEBHOOK_ANSWER_BYTES_MAX};
    CURLcode code = CURLE_OK;
    set_request(easy, delivery, headers);
    transfer_guard(easy, &guard);
    transfer_keep(easy, &reply);
    enum err err = transfer_await(transfer, call, easy, &code);
    if (err == OK) {
        judge(easy, code, &reply, guard.is_refused, &attempt);
        *ret_attempt = attempt;
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    buf_free(&reply.body);
    return err;
}
