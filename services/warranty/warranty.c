/*
 * warranty - the policy's terms and its civil day, read once at the start
 */
// SPDX-License-Identifier: Apache-2.0
#include "warranty.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"

struct warranty_config warranty_config;

static struct terms terms;

void
warranty_init(void)
{
    struct fault fault;
    if (terms_read(warranty_config.policy_file, &terms, &fault) == OK)
        return;
    fprintf(stderr, "aftercare-warranty: AFTERCARE_WARRANTY_POLICY_FILE: %s\n", fault.message);
    exit(2);
}

void
warranty_deinit(void)
{
    terms = (struct terms){0};
    date_deinit();
}

const struct terms *
warranty_terms(void)
{
    return &terms;
}

struct date
warranty_today(void)
{
    struct date today;
    CHECK(date_at(clock_now_us(), terms.time_zone, &today)); /* terms_read tried the zone */
    return today;
}
