/*
 * import - files of units that are read in: the job, its rows, its error report
 *
 *     ImportUnits    notes the job and sets a timer; the file lies with the documents service
 *     import.run     (timer) reads the next rows, a batch at a time, for a slice of time; the
 *                    slice's last batch sets the next timer
 *     GetImport, ListImports, ListImportErrors
 *     import.forget  (timer, set by the batch that ends an import) deletes the error report, which
 *                    holds what stood in the file, when its time is over
 *
 * A batch is a unit of work: units, facts, events, refused rows, counters and the position up to
 * which the file is read are one statement, which holds the import at the version that was read.
 * The position is always the beginning of a row, so there is nothing to carry over: whoever goes
 * on, after a crash or in another replica, begins there. No row is stored twice, and none is left
 * out, also while two replicas run the same import: one of them loses each race.
 *
 * What is held at once is a batch: at most IMPORT_ROWS rows and about IMPORT_BATCH_BYTES of the
 * file.
 *
 * A dry run does all of it, but for the units, their facts and events. The serial numbers that it
 * would have stored are kept beside it until it ends, so that a file contradicts itself in a dry
 * run too.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fact.h"
#include "import_rules.h"

enum {
    IMPORT_ROWS = 200,
    IMPORT_BATCH_BYTES = 256 * 1024,
    IMPORT_ERRORS_MAX = 100000, /* rows that may be refused before the rest is left unread */
};

#define IMPORT_TIMER_RUN "import.run"
#define IMPORT_TIMER_FORGET "import.forget"

timer_handler import_on_run;    /* import_timer.c */
timer_handler import_on_forget; /* import_timer.c */

struct import {
    struct uuid import_id;
    int state; /* Warranty__V1__Import__State */
    bool is_dry_run;
    struct uuid document_id;
    const char *media_type;
    const char *mapping;
    int64_t size_bytes;
    int64_t read_bytes; /* the first byte of the next row */
    int64_t line_count; /* ends of lines before it */
    int64_t row_count;
    int64_t stored_count;
    int64_t same_count;
    int64_t error_count;
    const Warranty__V1__Import
        *layout; /* columns, separator, is_utf8; NULL before the head is read */
    const char *refusal_reason;
    const char *refusal;
    int64_t create_time_us;
    int64_t end_time_us;
    int64_t report_until_us; /* of the refused rows; 0: it runs, or there are none */
    int64_t version;
};

struct import_config {
    int64_t report_retention_ms; /* of the refused rows, from the import's end on */
};

/* Before anything else of imports. Borrowed. */
void import_init(const struct import_config *config);

Warranty__V1__Import *import_to_message(struct arena *arena, const struct import *import);

/* A row that was refused. */
struct import_error {
    int64_t line;
    const char *column;
    const char *reason;
    const char *message;
    const char *value;
};

/* What a batch stores. Of a dry run the units are not stored, but the serial numbers and what the
 * rows said are kept. */
struct import_batch {
    struct unit *units;
    const Warranty__V1__RegisterUnitRequest **requests; /* that the units were made of */
    size_t unit_count;
    Warranty__V1__UnitFact **facts;
    size_t fact_count;
    struct import_error *errors;
    size_t error_count;
    int64_t time_us;
    /* With the batch that ends a slice: the timer that runs, and the one that goes on. With the one
     * that ends an import which has a report: the timer that deletes that. NULL otherwise. */
    const struct uuid *timer_id;
    const struct uuid *next_timer_id;
};

/* ---- import_store.c ---- */

enum err import_read_await(struct call *call, const struct uuid *import_id,
                           struct import *ret_import) MUST_CHECK;

/* Stores a new import and its first timer. Errors as change_commit_await. */
enum err import_create_await(struct call *call, const struct import *import,
                             const ProtobufCMessage *event,
                             const ProtobufCMessage *response) MUST_CHECK;

/* What rows of a dry run said before of these serial numbers. None is OK. */
enum err import_read_rows_await(struct call *call, const struct uuid *import_id,
                                const char *const *serials, size_t serial_count,
                                Warranty__V1__RegisterUnitRequest ***ret_requests,
                                size_t *ret_count) MUST_CHECK;

/* A page of the error report, after the row of that number. */
enum err import_list_errors_await(struct call *call, const struct uuid *import_id,
                                  int64_t after_number, int32_t size,
                                  struct page *ret_page) MUST_CHECK;

/* A page of at most `size`, newest first, older than the row of `before_time_us` and `before_id`
 * (0: from the start); `state` "" for all. */
enum err import_list_await(struct call *call, const char *state, int64_t before_time_us,
                           const struct uuid *before_id, int32_t size,
                           struct page *ret_page) MUST_CHECK;

/* Deletes some rows of an error report; none is left where it answers 0. Errors as
 * db_write_await. */
enum err import_forget_errors_await(struct call *call, const struct uuid *import_id,
                                    int64_t *ret_count) MUST_CHECK;

/* ---- import_batch_store.c ---- */

/* Stores a batch and the import as it is after it, its version one more than the one that was read.
 * Errors as change_commit_await; ERR_ALREADY_EXISTS: one of the units is there meanwhile. */
enum err import_commit_await(struct call *call, const struct import *import,
                             const struct import_batch *batch, const ProtobufCMessage *event,
                             const struct contract_message *event_contract,
                             const ProtobufCMessage *response) MUST_CHECK;

/* ---- import_batch.c: what becomes of rows ---- */

/* A row of the file within the bytes at hand. */
struct import_row {
    size_t at; /* in the bytes, to read it again where it is refused */
    size_t size_bytes;
    int64_t line;
    Warranty__V1__RegisterUnitRequest *request; /* NULL: refused */
    struct fault fault;
};

/* Judges rows: same, stored or refused; counts them in `import` and fills `ret_batch`. `bytes` is
 * what the rows stand in. Errors are those of reading; a bad row is none. */
enum err import_judge_await(struct call *call, struct import *import,
                            const struct import_columns *columns, const char *bytes,
                            struct import_row *rows, size_t row_count,
                            struct import_batch *ret_batch) MUST_CHECK;

/* ---- import_file.c: the file, from the documents service ---- */

/* Bytes of the file from `offset_bytes` on. {0} before the first; import_file_free ends it. */
struct import_file {
    struct buf bytes;
    int64_t offset_bytes;
};

/* Drops what stands before a position; where that is not within the bytes, all of them. */
void import_file_seek(struct import_file *file, int64_t offset_bytes);
/* All bytes up to the file's end are there. */
bool import_file_is_whole(const struct import_file *file, const struct import *import);
/* Adds the next piece. ERR_NOT_FOUND: the documents service has the file no more. Others as
 * svc_ask_await. */
enum err import_file_read_await(struct call *call, const struct import *import,
                                struct import_file *file) MUST_CHECK;
void import_file_free(struct import_file *file);

/* ---- import_run.c ---- */

/* Reads and stores the next batch; `ret_import` is the import after it. `timer_id` as in struct
 * import_batch. Errors as import_commit_await. */
enum err import_step_await(struct call *call, const struct uuid *import_id,
                           struct import_file *file, const struct uuid *timer_id,
                           struct import *ret_import) MUST_CHECK;
