/*
 * owner_store - SQL for guesses at order numbers
 */
// SPDX-License-Identifier: Apache-2.0
#include "owner.h"

#include <sodium.h>
#include <string.h>

#include "common/clock.h"

enum { DIGEST_BYTES = 16 };

/* $1 who, $2 digest, $3 now, $4 since when guesses count, $5 how many. Rows that count no more go
 * with the guesses of others. Answers whether the guess was noted, and the oldest that counted. */
DB_STATEMENT(
    note_guess, "warranty_note_guess",
    "WITH noted AS (INSERT INTO ownership_guesses AS g (subject, guesses, guess_times, last_time)"
    " VALUES ($1, ARRAY[$2], ARRAY[$3::timestamptz], $3) ON CONFLICT (subject) DO UPDATE SET"
    " (guesses, guess_times, last_time) = (SELECT array_agg(k.guess), array_agg(k.guess_time), $3"
    " FROM (SELECT u.guess, u.guess_time FROM unnest(g.guesses, g.guess_times) AS u (guess,"
    " guess_time) WHERE u.guess_time > $4 AND u.guess <> $2 UNION ALL SELECT $2, $3) k)"
    " WHERE (SELECT count(*) FROM unnest(g.guesses, g.guess_times) AS u (guess, guess_time)"
    " WHERE u.guess_time > $4 AND u.guess <> $2) < $5 RETURNING 1),"
    " gone AS (DELETE FROM ownership_guesses WHERE subject IN (SELECT subject"
    " FROM ownership_guesses WHERE last_time <= $4 AND subject <> $1 ORDER BY last_time LIMIT 10"
    " FOR UPDATE SKIP LOCKED))"
    " SELECT (SELECT count(*) FROM noted), (SELECT min(u.guess_time) FROM ownership_guesses g,"
    " unnest(g.guess_times) AS u (guess_time) WHERE g.subject = $1 AND u.guess_time > $4)");

/* $1 who, $2 digest. */
DB_STATEMENT(take_back_guess, "warranty_take_back_guess",
             "UPDATE ownership_guesses g SET (guesses, guess_times) = (SELECT"
             " coalesce(array_agg(u.guess), '{}'), coalesce(array_agg(u.guess_time), '{}')"
             " FROM unnest(g.guesses, g.guess_times) AS u (guess, guess_time) WHERE u.guess <> $2)"
             " WHERE g.subject = $1 RETURNING 1");

/* Told apart by where the serial number ends, which is never empty. */
static const char *
digest_of(struct arena *arena, const char *serial, const char *order_number)
{
    const char *text = arena_printf(arena, "%zu:%s%s", strlen(serial), serial, order_number);
    uint8_t digest[DIGEST_BYTES];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)text, strlen(text), NULL, 0);
    char *hex = arena_alloc(arena, 2 * sizeof digest + 1);
    return sodium_bin2hex(hex, 2 * sizeof digest + 1, digest, sizeof digest);
}

static enum err
refuse(struct call *call, int64_t oldest_us, int64_t now_us)
{
    const int64_t us_per_ms = 1000, us_per_s = 1000000;
    int64_t end_us = (oldest_us != 0 ? oldest_us : now_us) + OWNER_GUESSES_S * us_per_s;
    call->retry_after_ms = (end_us - now_us) / us_per_ms + 1;
    return call_fail(call, ERR_RESOURCE_EXHAUSTED, "GUESSES_TOO_MANY",
                     "%d serial and order numbers that do not belong together are enough for an "
                     "hour",
                     OWNER_GUESSES_MAX);
}

enum err
owner_guess_await(struct call *call, const char *serial, const char *order_number)
{
    const int64_t us_per_s = 1000000;
    int64_t now_us = clock_now_us();
    const struct db_param params[] = {
        db_text(call_subject(call)), db_text(digest_of(call->arena, serial, order_number)),
        db_time(now_us), db_time(now_us - OWNER_GUESSES_S * us_per_s), db_int8(OWNER_GUESSES_MAX)};
    const struct db_rows *rows;
    enum err err = db_write_await(svc_db(call->svc), call, &note_guess, params, COUNT_OF(params),
                                  call_subject(call), &rows);
    if (err != OK || db_get_int8(rows, 0, 0) > 0)
        return err;
    return refuse(call, db_get_time(rows, 0, 1), now_us);
}

enum err
owner_take_back_await(struct call *call, const char *serial, const char *order_number)
{
    const struct db_param params[] = {db_text(call_subject(call)),
                                      db_text(digest_of(call->arena, serial, order_number))};
    const struct db_rows *rows;
    return db_write_await(svc_db(call->svc), call, &take_back_guess, params, COUNT_OF(params),
                          call_subject(call), &rows);
}
