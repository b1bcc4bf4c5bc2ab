/*
 * relay_house - what the relay does once a second beside its ticks
 *
 * The outbox goes to its next slot, slots whose every row is in the log are emptied, and now and
 * then partitions of the log that are too old are dropped. What somebody's lock prevents is tried
 * again the next time: none of it is urgent.
 */
// SPDX-License-Identifier: Apache-2.0
#include "relay.h"

#include "common/clock.h"
#include "common/log.h"

enum { DROPS_MAX = 100 /* partitions in one look */ };

static int64_t
now_us(void)
{
    return clock_real_ms() * 1000;
}

static enum err
empty_slots_await(const struct relay_house *house, struct call *call)
{
    unsigned slots;
    enum err err = relay_read_full_slots_await(house->db, call, &slots);
    for (int slot = 0; err == OK && slot < RELAY_SLOT_COUNT; slot++) {
        bool is_empty;
        if ((slots & 1u << slot) == 0)
            continue;
        err = relay_empty_slot_await(house->db, call, slot, &is_empty);
        if (err != OK || !is_empty)
            continue;
        struct log_line *line = log_begin(LOG_DEBUG, "outbox emptied");
        log_number(line, "slot", slot);
        log_end(line);
    }
    return err;
}

static enum err
switch_outbox_await(const struct relay_house *house, struct call *call)
{
    bool is_switched;
    int64_t before_us = now_us() - house->config->switch_interval_ms * 1000;
    enum err err =
        relay_switch_await(house->db, call, before_us, now_us(), house->row, &is_switched);
    if (err == OK && is_switched)
        log_end(log_begin(LOG_DEBUG, "outbox switched"));
    return err;
}

static enum err
drop_partition_await(const struct relay_house *house, struct call *call, enum relay_class class,
                     bool *ret_is_dropped)
{
    const int64_t retention_ms[] = {[RELAY_BRIEF] = house->config->retention_brief_ms,
                                    [RELAY_LASTING] = house->config->retention_lasting_ms};
    struct relay_oldest oldest[RELAY_CLASS_COUNT];
    *ret_is_dropped = false;
    enum err err = relay_read_oldest_await(house->db, call, oldest);
    const struct relay_oldest *o = &oldest[class];
    if (err != OK || !o->is_there ||
        !relay_may_drop(o->end_position, house->row->position, o->last_time_us, now_us(),
                        retention_ms[class]))
        return err;
    err = relay_drop_partition_await(house->db, call, class, o->first_position, ret_is_dropped);
    if (err != OK || !*ret_is_dropped)
        return err;
    struct log_line *line = log_begin(LOG_INFO, "partition dropped");
    log_text(line, "class", relay_class_names[class]);
    log_number(line, "first_position", o->first_position);
    log_end(line);
    return OK;
}

static enum err
drop_partitions_await(const struct relay_house *house, struct call *call)
{
    for (int class = 0; class < RELAY_CLASS_COUNT; class ++) {
        bool is_dropped = true;
        for (int i = 0; i < DROPS_MAX && is_dropped; i++) {
            enum err err = drop_partition_await(house, call, (enum relay_class) class, &is_dropped);
            if (err != OK)
                return err;
        }
    }
    return OK;
}

enum err
relay_keep_house_await(const struct relay_house *house, struct call *call, bool is_upkeep_due)
{
    enum err err = switch_outbox_await(house, call);
    if (err == OK)
        err = empty_slots_await(house, call);
    if (err == OK && is_upkeep_due)
        err = drop_partitions_await(house, call);
    return err;
}
