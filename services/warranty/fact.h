/*
 * fact - the ledger of units: facts that are told once and never changed
 *
 * A fact is a warranty.v1.UnitFact; the table unit_facts keeps it packed. A ledger is the facts of
 * a family, the units that are linked by replacements. What a unit of work adds is checked against
 * the whole family, and every unit of it is worked out anew: days, links, last day of cover. Units
 * are held at their versions meanwhile, so no two facts that contradict each other get in at once.
 *
 *     fact_prepare_await   reads the family and its ledger, adds the facts, checks, works out
 *     FACTS_INSERTED       the facts, as a step of the statement
 *     UNITS_... (warranty.h) the units, as steps of the same statement
 *     fact_events          an event for each unit that changed
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "warranty.h"

/* Where a fact comes from that a customer told at the registration: a document of a claim corrects
 * it. */
#define FACT_SOURCE_CUSTOMER "customer"

/* ---- fact_rules.c: pure ---- */

/* The event that a kind of fact is the day of; -1: none. */
int fact_event(int kind);
int fact_event_kind(enum entitlement_event event);

/* Whether it is of a kind that this program does not know. */
bool fact_is_unknown(const Warranty__V1__UnitFact *fact);

/* Whether only the customer says so: the day of a purchase as they told it. That they registered a
 * unit on a day is our own record. */
bool fact_is_stated(const Warranty__V1__UnitFact *fact);

/* A new fact with an id of its own, of a kind that needs no more than a day. */
Warranty__V1__UnitFact *fact_make(struct arena *arena, const char *serial, int kind,
                                  struct date date, int64_t record_us, const char *source);

/* For qsort of pointers to facts: by day, those without one last, then by the time at which they
 * were learnt, then by identity. */
int fact_compare(const void *a, const void *b);

/* As the engine wants it. Texts are borrowed. */
struct entitlement_fact fact_to_entitlement(struct arena *arena,
                                            const Warranty__V1__UnitFact *fact);

/* Whether a fact has what its kind needs and nothing that it does not carry. ERR_INVALID_ARGUMENT
 * with the field: FIELD_REQUIRED, FIELD_OUT_OF_PLACE. */
enum err fact_check_fields(const Warranty__V1__UnitFact *fact, struct fault *ret_fault) MUST_CHECK;

/* In a line, in English, for the history: "handed over", "taken in for repair R-17 (covered)". */
const char *fact_print(struct arena *arena, const Warranty__V1__UnitFact *fact);

/* ---- ledger_rules.c: pure ---- */

/* Facts in parallel: as they are stored, and as the engine wants them. As read they are in the
 * order of fact_compare; what is added comes after them. */
struct ledger {
    Warranty__V1__UnitFact **facts;
    struct entitlement_fact *entitlement;
    size_t count;
};

/* The ledger with more facts at its end. */
struct ledger ledger_add(struct arena *arena, const struct ledger *ledger,
                         Warranty__V1__UnitFact *const *facts, size_t fact_count);

/* Of a family's ledger what decides about one unit: its facts, those of the units it replaced, and
 * the replacement that ended it. */
struct ledger ledger_of(struct arena *arena, const struct ledger *family, const char *serial);

/* Which facts count, corrections too: not struck out by a correction that counts. In the order of
 * the ledger. Errors as entitlement_check_facts. */
enum err ledger_find_counted(struct arena *arena, const struct ledger *ledger, bool *ret_counts,
                             struct fault *ret_fault) MUST_CHECK;

/* Puts into a unit what the counted facts say of it: days and links. */
void ledger_apply(const struct ledger *ledger, const bool *counts, struct unit *unit);

/* ---- fact_store.c ---- */

/* The ledger of packed facts in a column of rows, each in a row of its own, in any order; null is
 * none. ERR_DATA_LOSS, FACT_UNREADABLE. */
enum err ledger_from_rows(struct call *call, const struct db_rows *rows, size_t column,
                          struct ledger *ret_ledger) MUST_CHECK;

/* The facts of these units' families, by day, record time and id. None is OK. */
enum err ledger_read_await(struct call *call, const char *const *serials, size_t serial_count,
                           struct ledger *ret_ledger) MUST_CHECK;
/* A unit with that of its family, in one statement where it is alone. */
enum err unit_read_told_await(struct call *call, const char *serial, struct unit *ret_unit,
                              struct ledger *ret_family) MUST_CHECK;

/* Inserts facts, any number of them and of any units, once `from` has answered a row; `param` is
 * the number of a parameter made by fact_param. A fact_id that is there breaks unit_facts_pk. */
#define FACTS_INSERTED(from, param)                                                                \
    "INSERT INTO unit_facts (fact_id, serial, kind, fact_date, record_time, old_serial, content)"  \
    " SELECT f[i]::uuid, f[i + 1], f[i + 2], nullif(f[i + 3], '')::date, f[i + 4]::timestamptz,"   \
    " nullif(f[i + 5], ''), decode(f[i + 6], 'hex') FROM " from ", (SELECT " param                 \
    "::text[] AS f) told, unnest(f) WITH ORDINALITY AS field (text, i) WHERE i % 7 = 1"
struct db_param fact_param(struct arena *arena, Warranty__V1__UnitFact *const *facts, size_t count);

/* ---- fact_change.c ---- */

/* What a unit of work does to units by the facts that it adds. */
struct fact_change {
    struct unit_hold *units; /* the whole family, to be held; the unit at hand is the first */
    size_t unit_count;
    Warranty__V1__UnitFact *const *facts; /* what is added */
    size_t fact_count;
    struct ledger ledger; /* with what is added */
};

enum {
    FACT_UNITS_MAX = 32,              /* of a family that facts are added to */
    FACT_LEDGER_BYTES_MAX = 64 * 1024 /* of its facts, packed: a decision's record holds them all,
                                         and has to fit into an event and an answer */
};

/*
 * Prepares the addition of facts to the ledger of `serial` (each names its own unit: `serial`, one
 * that is linked to it, or one that a REPLACED among them links). The unit at hand counts as
 * changed. `created` is a unit that does not exist yet and begins with this unit of work, as the
 * replacement of the one at hand; NULL: none.
 *
 * ERR_NOT_FOUND: the unit at hand is not there. ERR_INVALID_ARGUMENT: UNIT_MISSING, FACT_WRONG.
 * ERR_FAILED_PRECONDITION: FACTS_CONTRADICT, both are named; FACTS_TOO_MANY, UNITS_TOO_MANY.
 * ERR_ALREADY_EXISTS, FACT_EXISTS.
 * ERR_ABORTED: the family grew meanwhile, read again.
 */
enum err fact_prepare_await(struct call *call, const char *serial, const struct unit *created,
                            Warranty__V1__UnitFact *const *facts, size_t fact_count,
                            struct fact_change *ret_change) MUST_CHECK;

/* Works out a unit's last_cover_date from the ledger of its family. Errors as warranty_decide. */
enum err fact_work_out_cover(struct call *call, const struct ledger *family,
                             struct unit *unit) MUST_CHECK;

/* An event for each unit from the `first` on that changes, a UnitFactRecorded of all that is added,
 * or is new, a UnitRegistered; `ret_events` has room for unit_count. Answers how many. */
size_t fact_events(struct arena *arena, const struct fact_change *change, size_t first,
                   struct change_event *ret_events);

/* What is said of a new unit: itself, and those of the facts that are its own. */
void fact_say_registered(struct arena *arena, const struct unit *unit,
                         Warranty__V1__UnitFact *const *facts, size_t fact_count,
                         Warranty__V1__UnitRegistered *ret_event);

/* Writes it as a unit of work of its own, whose aggregate is the unit at hand: `event` for that
 * one, `also` for the others. change_commit_await's errors. */
struct fact_commit {
    const struct contract_message *event_contract;
    const ProtobufCMessage *event;
    const ProtobufCMessage *response;
    const struct change_event *also;
    size_t also_count;
};
enum err fact_commit_await(struct call *call, const struct fact_change *change,
                           const struct fact_commit *commit) MUST_CHECK;

/* ---- unit_handlers.c: a registration, one by one or many at once ---- */

/* A unit as a registration asks for it, checked by the policy and by what the caller may say. Texts
 * are borrowed. ERR_INVALID_ARGUMENT or ERR_PERMISSION_DENIED, with the field; ERR_UNAVAILABLE as
 * warranty_policy. */
enum err unit_take_request(struct call *call, const Warranty__V1__RegisterUnitRequest *req,
                           struct unit *ret_unit) MUST_CHECK;

/* The first facts of a unit: its days. */
struct ledger unit_first_ledger(struct call *call, const struct unit *unit);

/* What the product says of the unit, and until when it is covered. ERR_INVALID_ARGUMENT: its days
 * contradict each other. Others as warranty_decide. */
enum err unit_work_out(struct call *call, const struct product *product,
                       const struct ledger *ledger, struct unit *unit) MUST_CHECK;
