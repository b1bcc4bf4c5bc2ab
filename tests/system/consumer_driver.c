/*
 * consumer_driver - the least daemon that consumes: for tests of common/consumer
 *
 * As "hearer" it has a schema of its own with a table `effects`, into which each event goes that it
 * hears: once, says the consumer; the table would take it twice. What it does with an event besides
 * stands in the product's category:
 *
 *     poison   the handler refuses it
 *     breaks   the effect's statement fails
 *     sick     the handler refuses it for as long as the file AFTERCARE_HEARER_LATER is there, and
 *              says ERR_UNAVAILABLE where that is not empty
 *     moot     the same, and then there is nothing to do for it
 *     later    ERR_UNAVAILABLE for as long as the file AFTERCARE_HEARER_LATER is there
 *     twice    the handler writes the effect and then says that it does not know
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/consumer.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "warranty/v1/warranty.contract.h"

static const char *later_path;
static unsigned lanes, echo_lanes;

static const struct conf_key config_keys[] = {
    CONF_UINT("echo_lanes", echo_lanes, "0", 0, CONSUMER_LANES_MAX,
              "Lanes of a second consumer, which does nothing; 0: there is none."),
    CONF_UINT("lanes", lanes, "16", 1, CONSUMER_LANES_MAX, "Lanes of the consumer."),
    CONF_TEXT("later", later_path, "/nowhere", "While this file is there, some events wait."),
    CONF_END,
};

static const struct contract_dispatch nothing = {.service = "hearer"};

/* $2 type, $3 aggregate, $4 its version, $5 kind, $6 process. */
DB_STATEMENT(add_effect, "hearer_add_effect",
             "WITH " CONSUMER_TAKEN(
                 "$1") ", added AS (INSERT INTO effects (event_id, type,"
                       " aggregate_id, aggregate_version, category, pid)"
                       " SELECT event_id, $2, $3, $4, $5, $6 FROM taken)" CONSUMER_COUNTS);

static enum err
add_await(struct call *call, const struct consumer_event *event, const char *category)
{
    const Events__V1__LoggedEvent *envelope = event->envelope;
    const struct db_param params[] = {
        db_text(envelope->type),
        db_text(envelope->aggregate_id),
        db_int8(envelope->aggregate_version),
        db_text(category),
        db_int4((int32_t)getpid()),
    };
    return consumer_write_await(svc_db(call->svc), call, event, &add_effect, params,
                                COUNT_OF(params));
}

static enum err
refuse_while_sick(struct call *call)
{
    struct stat file;
    if (stat(later_path, &file) != 0)
        return OK;
    if (file.st_size > 0)
        return call_fail(call, ERR_UNAVAILABLE, "NOT_NOW", "the file is not empty");
    return call_fail(call, ERR_FAILED_PRECONDITION, "SICK", "the file is there");
}

static enum err
on_product(struct call *call, const struct consumer_event *event)
{
    const Warranty__V1__ProductCreated *said = (const void *)event->payload;
    bool is_moot = strcmp(said->category, "moot") == 0;
    if (is_moot || strcmp(said->category, "sick") == 0) {
        enum err sick_err = refuse_while_sick(call);
        if (sick_err != OK || is_moot)
            return sick_err;
    }
    if (strcmp(said->category, "poison") == 0)
        return call_fail(call, ERR_FAILED_PRECONDITION, "POISONED", "this event is poison");
    if (strcmp(said->category, "later") == 0 && access(later_path, F_OK) == 0)
        return call_fail(call, ERR_UNAVAILABLE, "NOT_NOW", "the file is there");
    enum err err = add_await(call, event, said->category);
    if (err == OK && strcmp(said->category, "twice") == 0)
        return call_fail(call, ERR_UNKNOWN, "OUTCOME_UNKNOWN", "who knows?");
    return err;
}

/* Not every event is for us. */
static enum err
on_any(struct call *call, const struct consumer_event *event)
{
    if (strcmp(event->envelope->aggregate_type, "nothing") == 0)
        return OK;
    return add_await(call, event, "");
}

static const struct consumer_kind kinds[] = {
    {&warranty_v1_product_created_contract, on_product},
    {NULL, on_any},
    CONSUMER_KIND_END,
};

static enum err
on_echo(struct call *call UNUSED, const struct consumer_event *event UNUSED)
{
    return OK;
}

static const struct consumer_kind echo_kinds[] = {{NULL, on_echo}, CONSUMER_KIND_END};

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("hearer", config_keys, argc, argv);
    svc_serve(svc, &nothing);
    const struct consumer_options options = {.name = "tally", .kinds = kinds, .lanes = lanes};
    consumer_open(svc, &options);
    if (echo_lanes > 0)
        consumer_open(svc, &(struct consumer_options){
                               .name = "echo", .kinds = echo_kinds, .lanes = echo_lanes});
    svc_run(svc);
    return svc_deinit(&svc);
}
