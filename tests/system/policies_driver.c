/*
 * policies_driver - the least daemon that decides: for tests of common/policies
 *
 * As "decider" it has a schema of its own, enforces two sections, and answers nothing but its
 * /status: which versions it has, and which of them counts today.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"
#include "common/policies.h"

static const char *const sections[] = {"warranty", "extended"};
static const struct conf_key config_keys[] = {CONF_END};
static const struct contract_dispatch nothing = {.service = "decider"};

static void
add_status(struct buf *out, void *context)
{
    const struct policies_line *line = policies_get(context);
    struct date today;
    CHECK(date_at(clock_now_us(), "Europe/Berlin", &today));
    buf_add_text(out, ",\"versions\":[");
    for (size_t i = 0; line != NULL && i < line->set.version_count; i++)
        buf_printf(out, "%s%lld", i > 0 ? "," : "", (long long)line->set.versions[i]->version);
    buf_add_char(out, ']');
    if (line == NULL)
        return;
    CHECK(line->engine != NULL);
    struct policy_pin pin = policy_set_pin(&line->set, POLICY_CASE, today);
    buf_printf(out, ",\"counts\":%lld", (long long)pin.policy->version);
}

int
main(int argc, char **argv)
{
    struct svc *svc = svc_init("decider", config_keys, argc, argv);
    svc_serve(svc, &nothing);
    struct policies *policies = policies_open(
        svc, &(struct policies_options){.sections = sections, .section_count = COUNT_OF(sections)});
    svc_on_status(svc, add_status, policies);
    svc_run(svc);
    policies_close(&policies);
    date_deinit();
    return svc_deinit(&svc);
}
