/*
 * surveys - the policy in this daemon, and how codes and times are written
 */
// SPDX-License-Identifier: Apache-2.0
#include "surveys.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/policies.h"

static const int64_t US_PER_S = 1000000;

/* What this daemon decides by; staff see the others marked. */
static const char *const sections[] = {"survey"};

static struct policies *policies;

void
surveys_init(struct svc *svc)
{
    const struct policies_options options = {.sections = sections,
                                             .section_count = COUNT_OF(sections)};
    policies = policies_open(svc, &options);
}

void
surveys_deinit(void)
{
    policies_close(&policies);
}

enum err
surveys_policy(struct call *call, const struct policy **ret_policy)
{
    return surveys_policy_of(call, 0, ret_policy);
}

enum err
surveys_policy_of(struct call *call, int64_t version, const struct policy **ret_policy)
{
    const struct policies_line *line;
    enum err err = policies_need(policies, call, &line);
    if (err != OK)
        return err;
    *ret_policy = policies_in_force(line);
    for (size_t i = 0; i < line->set.version_count; i++) {
        if (line->set.versions[i]->version == version)
            *ret_policy = line->set.versions[i];
    }
    return OK;
}

int64_t
surveys_day_begin(const struct policy *policy, const Common__V1__Date *day)
{
    struct date date = message_get_date(day);
    const struct policy_subject nobody = {0};
    struct zone_stretch stretches[ZONE_STRETCHES_MAX];
    if (date_is_absent(date))
        return 0;
    while (zone_day(policy_zone(policy, &nobody), date, stretches) == 0)
        date =
            date_add(date, 0, 1); /* a day that the zone skipped begins where the next one does */
    return stretches[0].start_s * US_PER_S;
}

const char *
surveys_code(const ProtobufCEnumDescriptor *codes, int value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(codes, value);
    CHECK(found != NULL);
    return found->name;
}

int
surveys_value(const ProtobufCEnumDescriptor *codes, const char *code)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(codes, code);
    return found == NULL ? 0 : found->value;
}

const char *
surveys_token_time(struct arena *arena, int64_t unix_us)
{
    return arena_printf(arena, "%" PRId64, unix_us);
}

int64_t
surveys_read_token_time(const char *text, int64_t absent_us)
{
    return text[0] == 0 ? absent_us : strtoll(text, NULL, 10);
}

struct db_param
surveys_time_or_null(int64_t unix_us)
{
    struct db_param param = db_time(unix_us);
    param.is_null = unix_us == 0;
    return param;
}
