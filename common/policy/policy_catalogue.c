/*
 * policy_catalogue - names of kinds, directions and moments; the parameters and axes as tables
 *
 * Code lists and fee units stand in policy_catalogue_lists.c, facts in policy_catalogue_facts.c;
 * policy_catalogue_nearest.c looks for the name that a misspelt one was meant to be.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_catalogue.h"

#include <string.h>

const char *
policy_kind_name(enum policy_kind kind)
{
    static const char *const names[POLICY_KIND_COUNT] = {
        "text",      "flag",    "count",    "percent", "choice",   "choices",
        "span",      "anchors", "calendar", "ladder",  "money",    "fee",
        "checklist", "tests",   "steps",    "contact", "register",
    };
    CHECK((unsigned)kind < POLICY_KIND_COUNT);
    return names[kind];
}

const char *
policy_better_name(enum policy_better better)
{
    static const char *const names[] = {"-",    "longer", "shorter", "higher", "lower",
                                        "more", "fewer",  "yes",     "no",     "ranked"};
    CHECK((unsigned)better < COUNT_OF(names));
    return names[better];
}

const char *
policy_moment_name(enum policy_moment moment)
{
    static const char *const names[POLICY_MOMENT_COUNT] = {"sale", "buy", "case", "live"};
    CHECK((unsigned)moment < POLICY_MOMENT_COUNT);
    return names[moment];
}

const char *
policy_absence_name(enum policy_absence absence)
{
    static const char *const names[] = {"", "none", "unlimited", "not_offered"};
    CHECK((unsigned)absence < COUNT_OF(names));
    return names[absence];
}

/* ---- parameters ---- */

enum {
    BY_CATEGORY = 1 << POLICY_AXIS_CATEGORY,
    BY_SKU = 1 << POLICY_AXIS_SKU,
    BY_REGION = 1 << POLICY_AXIS_REGION,
    BY_CUSTOMER_CLASS = 1 << POLICY_AXIS_CUSTOMER_CLASS,
    BY_CONDITION = 1 << POLICY_AXIS_CONDITION,
    BY_CHANNEL = 1 << POLICY_AXIS_CHANNEL,
    BY_COMPONENT = 1 << POLICY_AXIS_COMPONENT,
    BY_COST_CLASS = 1 << POLICY_AXIS_COST_CLASS,
    BY_ROLE = 1 << POLICY_AXIS_ROLE,
    BY_DATA_CLASS = 1 << POLICY_AXIS_DATA_CLASS,
    BY_REASON = 1 << POLICY_AXIS_REASON,
    BY_GRADE = 1 << POLICY_AXIS_GRADE,
    BY_COVERAGE = 1 << POLICY_AXIS_COVERAGE,
    BY_CHARGE_ITEM = 1 << POLICY_AXIS_CHARGE_ITEM,
    BY_PART_CLASS = 1 << POLICY_AXIS_PART_CLASS,
    BY_PRIORITY = 1 << POLICY_AXIS_PRIORITY,
    BY_SEVERITY = 1 << POLICY_AXIS_SEVERITY,
    BY_CONTACT_CHANNEL = 1 << POLICY_AXIS_CONTACT_CHANNEL,
    BY_PLAN = 1 << POLICY_AXIS_PLAN,
    BY_TRAINING_METHOD = 1 << POLICY_AXIS_TRAINING_METHOD,
    BY_ZONE = 1 << POLICY_AXIS_ZONE,
    BY_SURVEY_AFTER = 1 << POLICY_AXIS_SURVEY_AFTER,
    SOLD = BY_CATEGORY | BY_SKU | BY_REGION | BY_CUSTOMER_CLASS | BY_CONDITION | BY_CHANNEL,

    NONE = 1 << POLICY_NONE,
    UNLIMITED = 1 << POLICY_UNLIMITED,
    NOT_OFFERED = 1 << POLICY_NOT_OFFERED,
    WORKING_TIME = POLICY_WORKING_TIME
};

#define PARAMETER_ROW(NAME, CLAUSE, PARAMETER, KIND, BETTER, RANKING, MOMENT, AXES, LIST, ALSO)    \
    {CLAUSE "/" PARAMETER, CLAUSE, PARAMETER, POLICY_##KIND, POLICY_##BETTER, RANKING,             \
     POLICY_##MOMENT,      AXES,   LIST,      ALSO},

static const struct policy_parameter_row parameter_rows[POLICY_PARAMETER_COUNT] = {
    POLICY_PARAMETERS(PARAMETER_ROW)};

const struct policy_parameter_row *
policy_parameter_row(enum policy_parameter parameter)
{
    CHECK((unsigned)parameter < POLICY_PARAMETER_COUNT);
    return &parameter_rows[parameter];
}

int
policy_find_parameter(const char *clause_id, const char *parameter)
{
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        if (strcmp(parameter_rows[i].parameter, parameter) == 0 &&
            strcmp(parameter_rows[i].clause_id, clause_id) == 0)
            return i;
    return -1;
}

int
policy_find_parameter_of(const char *clause_id, const char *name)
{
    if (strchr(name, '/') == NULL)
        return policy_find_parameter(clause_id, name);
    for (int i = 0; i < POLICY_PARAMETER_COUNT; i++)
        if (strcmp(parameter_rows[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- axes ---- */

static const struct policy_axis_row axis_rows[POLICY_AXIS_COUNT] = {
    [POLICY_AXIS_CATEGORY] = {"category", POLICY_AXIS_DECLARED, NULL, "what kind of product it is"},
    [POLICY_AXIS_SKU] = {"sku", POLICY_AXIS_OPEN, NULL, "the product by its article number"},
    [POLICY_AXIS_REGION] = {"region", POLICY_AXIS_DECLARED, NULL,
                            "where it was sold, or where the service is asked for"},
    [POLICY_AXIS_CUSTOMER_CLASS] = {"customer_class", POLICY_AXIS_DECLARED, NULL,
                                    "who bought it: a consumer or a business"},
    [POLICY_AXIS_CONDITION] = {"condition", POLICY_AXIS_DECLARED, NULL,
                               "as what it was sold: new or refurbished"},
    [POLICY_AXIS_CHANNEL] = {"channel", POLICY_AXIS_DECLARED, NULL,
                             "how it was bought: in a shop or at a distance"},
    [POLICY_AXIS_COMPONENT] = {"component", POLICY_AXIS_DECLARED, NULL, "the part at fault"},
    [POLICY_AXIS_COST_CLASS] = {"cost_class", POLICY_AXIS_LISTED, "cost_class",
                                "what the money is for: parts, labour or travel"},
    [POLICY_AXIS_ROLE] = {"role", POLICY_AXIS_LISTED, "role", "who of the staff acts"},
    [POLICY_AXIS_DATA_CLASS] = {"data_class", POLICY_AXIS_LISTED, "data_class",
                                "what kind of record is kept"},
    [POLICY_AXIS_REASON] = {"reason", POLICY_AXIS_DECLARED, NULL, "why a product is given back"},
    [POLICY_AXIS_GRADE] = {"grade", POLICY_AXIS_LISTED, "grade",
                           "the state in which a returned product arrived"},
    [POLICY_AXIS_COVERAGE] = {"coverage", POLICY_AXIS_LISTED, "coverage",
                              "whether a layer of warranty pays"},
    [POLICY_AXIS_CHARGE_ITEM] = {"charge_item", POLICY_AXIS_LISTED, "charge_item",
                                 "the line of a repair's bill"},
    [POLICY_AXIS_PART_CLASS] = {"part_class", POLICY_AXIS_LISTED, "part_class",
                                "what kind of spare part it is"},
    [POLICY_AXIS_PRIORITY] = {"priority", POLICY_AXIS_LISTED, "priority",
                              "how urgent a request for support is"},
    [POLICY_AXIS_SEVERITY] = {"severity", POLICY_AXIS_LISTED, "severity",
                              "how serious a complaint is"},
    [POLICY_AXIS_CONTACT_CHANNEL] = {"contact_channel", POLICY_AXIS_LISTED, "contact_channel",
                                     "how we are reached"},
    [POLICY_AXIS_PLAN] = {"plan", POLICY_AXIS_DECLARED, NULL, "the plan of an extended warranty"},
    [POLICY_AXIS_TRAINING_METHOD] = {"training_method", POLICY_AXIS_LISTED, "training_method",
                                     "how a training is held"},
    [POLICY_AXIS_ZONE] = {"zone", POLICY_AXIS_DECLARED, NULL,
                          "how far the customer is from the service centre"},
    [POLICY_AXIS_SURVEY_AFTER] = {"survey_after", POLICY_AXIS_LISTED, "survey_after",
                                  "what a survey asks about"},
};

const struct policy_axis_row *
policy_axis_row(enum policy_axis axis)
{
    CHECK((unsigned)axis < POLICY_AXIS_COUNT);
    return &axis_rows[axis];
}

int
policy_find_axis(const char *name)
{
    for (int i = 0; i < POLICY_AXIS_COUNT; i++)
        if (strcmp(axis_rows[i].name, name) == 0)
            return i;
    return -1;
}
