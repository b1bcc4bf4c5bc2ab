/*
 * read_rules - what a pull asks for, and whether the log can give it without a gap
 */
// SPDX-License-Identifier: Apache-2.0
#include "read_rules.h"

#include <string.h>

#include "common/cloudevent.h"
#include "common/contract.h"

int64_t
log_first_position(const struct log_wish *wish, const struct log_ends *ends)
{
    bool has_lasting = wish->type_count == 0, has_brief = wish->type_count == 0;
    for (size_t i = 0; i < wish->type_count; i++) {
        const struct contract_message *type = cloudevent_find_type(wish->types[i]);
        bool is_brief = type != NULL && type->is_event_brief;
        has_brief |= is_brief;
        has_lasting |= !is_brief;
    }
    int64_t first = 1;
    if (has_lasting && ends->first_lasting > first)
        first = ends->first_lasting;
    if (has_brief && ends->first_brief > first)
        first = ends->first_brief;
    return first;
}

/* What it has read since an epoch behind its own began is no more what it read. */
static bool
has_read_what_was_lost(const struct log_wish *wish, const struct log_ends *ends)
{
    return wish->epoch != 0 && wish->after >= ends->newer_first_position;
}

int64_t
log_resync_position(const struct log_wish *wish, const struct log_ends *ends)
{
    int64_t kept = log_first_position(wish, ends);
    bool is_later = has_read_what_was_lost(wish, ends) && ends->newer_first_position > kept;
    return is_later ? ends->newer_first_position : kept;
}

const char *
log_find_gap(const struct log_wish *wish, const struct log_ends *ends)
{
    if (wish->epoch > ends->epoch)
        return "the log has no such epoch yet";
    if (has_read_what_was_lost(wish, ends))
        return "the log has lost its end since, and these events are other ones now";
    if (wish->after > ends->last_position)
        return "the log does not reach so far";
    if (wish->after + 1 < log_first_position(wish, ends))
        return "events behind this position are kept no more";
    return NULL;
}

enum log_way
log_choose_way(const struct log_wish *wish)
{
    if (wish->aggregate_id[0] != 0)
        return LOG_WAY_AGGREGATE;
    if (wish->owner_id[0] != 0)
        return LOG_WAY_OWNER;
    bool is_plain = wish->lane_count <= 1;
    if (is_plain && wish->type_count > 0 && wish->type_count <= LOG_TYPES_SOUGHT_MAX)
        return LOG_WAY_TYPES;
    return LOG_WAY_POSITION;
}

bool
log_is_filtered(const struct log_wish *wish)
{
    return wish->type_count > 0 || wish->aggregate_type[0] != 0 || wish->owner_id[0] != 0 ||
           wish->lane_count > 1;
}

bool
log_has_hole(const struct log_wish *wish, int64_t count, int64_t first, int64_t last,
             int64_t next_after)
{
    if (log_is_filtered(wish))
        return false;
    if (count == 0)
        return next_after != wish->after;
    return first != wish->after + 1 || last - first + 1 != count || next_after != last;
}

int64_t
log_scan_end(const struct log_wish *wish)
{
    if (log_choose_way(wish) != LOG_WAY_POSITION || !log_is_filtered(wish))
        return INT64_MAX;
    return wish->after + LOG_SCAN_POSITIONS;
}
