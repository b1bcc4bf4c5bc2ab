/*
 * coverage_rules - a unit as the policy engine is told of it, and what its answer means
 */
// SPDX-License-Identifier: Apache-2.0
#include "coverage_rules.h"

#include "common/message.h"

struct facts {
    struct policy_fact *list;
    size_t count;
};

static struct policy_fact *
add(struct facts *facts, const char *name, enum policy_trust trust, const char *source)
{
    CHECK(facts->count < COVERAGE_FACTS_MAX);
    struct policy_fact *fact = &facts->list[facts->count++];
    *fact = (struct policy_fact){.name = name, .is_known = true, .trust = trust, .source = source};
    return fact;
}

/* Nothing is said of what is not known. */
static void
add_code(struct facts *facts, const char *name, const char *code, enum policy_trust trust,
         const char *source)
{
    if (code[0] != 0)
        add(facts, name, trust, source)->code = code;
}

/* Whether somebody else than the customer says that it was sold: what proves the day of a sale is
 * about the sale that they told of, and nobody is asked twice. */
static bool
is_sale_proven(const struct unit *unit)
{
    bool is_purchase_proven =
        !date_is_absent(unit->days[ENTITLEMENT_PURCHASED]) && !unit->is_purchase_stated;
    return is_purchase_proven || !date_is_absent(unit->days[ENTITLEMENT_DELIVERED]);
}

size_t
coverage_facts(struct arena *arena, const struct unit *unit,
               struct policy_fact ret_facts[COVERAGE_FACTS_MAX])
{
    struct facts facts = {.list = ret_facts};
    const char *product = arena_printf(arena, "warranty/products/%s", unit->sku);
    const char *sale = arena_printf(arena, "warranty/units/%s", unit->serial);
    enum policy_trust sale_trust =
        unit->is_stated && !is_sale_proven(unit) ? POLICY_STATED : POLICY_RECORDED;
    add_code(&facts, "sku", unit->sku, POLICY_RECORDED, sale);
    add_code(&facts, "category", unit->category, POLICY_RECORDED, product);
    if (unit->waterproof != WARRANTY__V1__PRODUCT__TRAIT__TRAIT_UNSPECIFIED)
        add(&facts, "waterproof", POLICY_RECORDED, product)->flag =
            unit->waterproof == WARRANTY__V1__PRODUCT__TRAIT__YES;
    if (!date_is_absent(unit->discontinue_date))
        add(&facts, "discontinued", POLICY_RECORDED, product)->date = unit->discontinue_date;
    add_code(&facts, "region", unit->region, sale_trust, sale);
    add_code(&facts, "channel", unit->channel, sale_trust, sale);
    add_code(&facts, "customer_class", unit->customer_class, sale_trust, sale);
    add_code(&facts, "condition", unit->condition, sale_trust, sale);
    if (unit->price_paid.currency_code[0] != 0)
        add(&facts, "price_paid", POLICY_RECORDED, sale)->money = unit->price_paid;
    struct policy_fact *recalled = add(&facts, "recalled", POLICY_RECORDED, sale);
    recalled->flag = unit->recall_count > 0;
    if (recalled->flag)
        recalled->source = arena_printf(arena, "warranty/recalls/%s", unit->recalls[0].recall_id);
    return facts.count;
}

struct policy_case
coverage_case(struct arena *arena, const struct unit *unit, const struct ledger *ledger,
              const struct policy_fact *facts, size_t fact_count, struct date at,
              int64_t known_at_us)
{
    struct uuid decision_id = uuid_make();
    return (struct policy_case){
        .question = POLICY_WARRANTY_COVERAGE,
        .decision_id = message_uuid(arena, &decision_id),
        .subject = arena_printf(arena, "warranty/units/%s", unit->serial),
        .at_date = at,
        .decide_us = known_at_us,
        .replaces_decision_id = "",
        .facts = facts,
        .fact_count = fact_count,
        .serial = unit->serial,
        .unit_facts = ledger->entitlement,
        .unit_fact_count = ledger->count,
    };
}

int
coverage_outcome(const Common__V1__Decision *decision)
{
    switch (decision->outcome) {
    case COMMON__V1__DECISION__OUTCOME__GRANTED:
    case COMMON__V1__DECISION__OUTCOME__PARTLY_GRANTED:
        return WARRANTY__V1__COVERAGE__OUTCOME__COVERED;
    case COMMON__V1__DECISION__OUTCOME__DENIED:
        return WARRANTY__V1__COVERAGE__OUTCOME__NOT_COVERED;
    default:
        return WARRANTY__V1__COVERAGE__OUTCOME__UNDETERMINED;
    }
}

const char *
coverage_day_field(enum entitlement_event event)
{
    static const char *const fields[ENTITLEMENT_EVENT_COUNT] = {
        [ENTITLEMENT_ORDERED] = "order_date",       [ENTITLEMENT_PURCHASED] = "purchase_date",
        [ENTITLEMENT_DELIVERED] = "delivery_date",  [ENTITLEMENT_INSTALLED] = "install_date",
        [ENTITLEMENT_REGISTERED] = "register_date", [ENTITLEMENT_MANUFACTURED] = "manufacture_date",
    };
    return fields[event];
}
