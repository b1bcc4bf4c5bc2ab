/*
 * policy_parameters - the rows of the parameter catalogue: everything the program can be told
 *
 *   X(NAME, clause, parameter, KIND, BETTER, ranking, MOMENT, axes, list, also)
 *
 * BETTER is the direction that is better for the customer: a statutory floor lifts a value in it.
 * RANKED goes by `ranking`, "best > next > ..."; UNCOMPARED cannot have a floor. MOMENT pins the
 * version: SALE of the unit or order line, BUY of a plan, CASE opened, LIVE at the moment of use.
 * `axes` are those by which rules may vary; SOLD stands for those of a sold thing. `list` names the
 * codes that a choice, anchor, document, rung or register may be. `also` is what may stand in place
 * of a value: absences; 0: the program needs one, as for a choice that it knows all codes of. A
 * span without WORKING_TIME is counted on the civil calendar alone, as the ledger does.
 *
 * Included only by policy_catalogue.h. A row is added with a release; a name never changes its
 * meaning.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

/* clang-format off */
#define POLICY_PARAMETERS(X) \
    X(GENERAL_CONTACT_CONTACT, "general.contact", "contact", CONTACT, UNCOMPARED, "", LIVE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(GENERAL_MONEY_ROUNDING, "general.money", "rounding", CHOICE, UNCOMPARED, "", CASE, 0, "rounding", 0) \
    X(GENERAL_MONEY_TAX_INCLUDED, "general.money", "tax_included", FLAG, YES, "", CASE, BY_REGION | BY_CUSTOMER_CLASS, "", 0) \
    X(GENERAL_AUTHORITY_OVERRIDE_LIMIT, "general.authority", "override_limit", MONEY, UNCOMPARED, "", LIVE, BY_ROLE, "", NONE | UNLIMITED) \
    X(GENERAL_PRIVACY_RETENTION, "general.privacy", "retention", SPAN, SHORTER, "", LIVE, BY_DATA_CLASS | BY_REGION, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(WARRANTY_PERIOD_LENGTH, "warranty.period", "length", SPAN, LONGER, "", SALE, SOLD | BY_COMPONENT | BY_COST_CLASS, "", NONE | UNLIMITED | NOT_OFFERED) \
    X(WARRANTY_PERIOD_STARTS, "warranty.period", "starts", ANCHORS, UNCOMPARED, "", SALE, SOLD, "event", 0) \
    X(WARRANTY_COVERAGE_CAUSES, "warranty.coverage", "causes", CHOICES, MORE, "", SALE, SOLD, "cause", NONE | NOT_OFFERED) \
    X(WARRANTY_EXCLUSIONS_TESTS, "warranty.exclusions", "tests", TESTS, FEWER, "", SALE, SOLD, "", NONE) \
    X(WARRANTY_PROCESS_DOCUMENTS, "warranty.process", "documents", CHECKLIST, FEWER, "", SALE, SOLD, "document", NONE) \
    X(WARRANTY_PROCESS_DECIDE_WITHIN, "warranty.process", "decide_within", SPAN, SHORTER, "", CASE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(WARRANTY_PROCESS_STEPS, "warranty.process", "steps", STEPS, UNCOMPARED, "", LIVE, 0, "", NONE) \
    X(WARRANTY_PROCESS_CONTACT, "warranty.process", "contact", CONTACT, UNCOMPARED, "", LIVE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(WARRANTY_PROCESS_AUTO_APPROVE_UP_TO, "warranty.process", "auto_approve_up_to", MONEY, HIGHER, "", CASE, BY_CATEGORY, "", NONE | UNLIMITED) \
    X(WARRANTY_LIMITS_CLAIMS_MAX, "warranty.limits", "claims_max", COUNT, HIGHER, "", SALE, SOLD, "", UNLIMITED) \
    X(WARRANTY_LIMITS_PER, "warranty.limits", "per", SPAN, SHORTER, "", SALE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(WARRANTY_REPLACEMENT_CARRY_OVER, "warranty.replacement", "carry_over", CHOICE, RANKED, "restart > longer_of > remaining", SALE, SOLD, "carry_over", 0) \
    X(WARRANTY_REPLACEMENT_AT_LEAST, "warranty.replacement", "at_least", SPAN, LONGER, "", SALE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED) \
    X(WARRANTY_REPAIR_TIME_PAUSES, "warranty.repair_time", "pauses", FLAG, YES, "", SALE, SOLD, "", 0) \
    X(WARRANTY_REPAIR_TIME_REPAIRS_COUNTED, "warranty.repair_time", "repairs_counted", CHOICE, RANKED, "all > covered", SALE, SOLD, "repairs_counted", 0) \
    X(WARRANTY_REPAIR_TIME_MAX, "warranty.repair_time", "max", SPAN, LONGER, "", SALE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED) \
    X(WARRANTY_TRANSFER_TRANSFERABLE, "warranty.transfer", "transferable", FLAG, YES, "", SALE, SOLD, "", 0) \
    X(RETURNS_CONDITIONS_REASONS, "returns.conditions", "reasons", CHOICES, MORE, "", SALE, SOLD, "reason", NONE | NOT_OFFERED) \
    X(RETURNS_CONDITIONS_TESTS, "returns.conditions", "tests", TESTS, FEWER, "", SALE, SOLD, "", NONE) \
    X(RETURNS_WINDOW_LENGTH, "returns.window", "length", SPAN, LONGER, "", SALE, SOLD | BY_REASON, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(RETURNS_WINDOW_EXCHANGE_LENGTH, "returns.window", "exchange_length", SPAN, LONGER, "", SALE, SOLD | BY_REASON, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(RETURNS_WINDOW_STARTS, "returns.window", "starts", ANCHORS, UNCOMPARED, "", SALE, SOLD, "event", 0) \
    X(RETURNS_WINDOW_ROLL_TO_OPEN_DAY, "returns.window", "roll_to_open_day", FLAG, YES, "", SALE, BY_REGION, "", 0) \
    X(RETURNS_PROCESS_DOCUMENTS, "returns.process", "documents", CHECKLIST, FEWER, "", SALE, SOLD | BY_REASON, "document", NONE) \
    X(RETURNS_PROCESS_STEPS, "returns.process", "steps", STEPS, UNCOMPARED, "", LIVE, 0, "", NONE) \
    X(RETURNS_PROCESS_CONTACT, "returns.process", "contact", CONTACT, UNCOMPARED, "", LIVE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(RETURNS_PROCESS_SEND_WITHIN, "returns.process", "send_within", SPAN, LONGER, "", CASE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(RETURNS_REFUND_SHIPPING_PAID_BY, "returns.refund", "shipping_paid_by", CHOICE, RANKED, "company > customer", SALE, SOLD | BY_REASON, "payer", 0) \
    X(RETURNS_REFUND_DEDUCTION, "returns.refund", "deduction", FEE, LOWER, "", SALE, SOLD | BY_REASON | BY_GRADE, "", NOT_OFFERED) \
    X(RETURNS_REFUND_REFUND_WITHIN, "returns.refund", "refund_within", SPAN, SHORTER, "", SALE, BY_REGION | BY_CUSTOMER_CLASS, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(RETURNS_REFUND_METHODS, "returns.refund", "methods", CHOICES, UNCOMPARED, "", SALE, BY_CHANNEL, "refund_method", NONE | NOT_OFFERED) \
    X(REPAIR_SCOPE_OFFERED, "repair.scope", "offered", CHOICES, MORE, "", LIVE, SOLD, "repair_scope", NONE | NOT_OFFERED) \
    X(REPAIR_CHARGES_CHARGE, "repair.charges", "charge", FEE, LOWER, "", CASE, SOLD | BY_COVERAGE | BY_CHARGE_ITEM, "", NOT_OFFERED) \
    X(REPAIR_TIMEFRAME_COMPLETE_WITHIN, "repair.timeframe", "complete_within", SPAN, SHORTER, "", CASE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(REPAIR_TIMEFRAME_INTERNAL_TARGET, "repair.timeframe", "internal_target", SPAN, UNCOMPARED, "", CASE, SOLD, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(REPAIR_TIMEFRAME_STARTS, "repair.timeframe", "starts", ANCHORS, UNCOMPARED, "", CASE, 0, "event", 0) \
    X(REPAIR_TIMEFRAME_PAUSE_REASONS, "repair.timeframe", "pause_reasons", CHOICES, FEWER, "", CASE, 0, "pause_reason", NONE | NOT_OFFERED) \
    X(REPAIR_TIMEFRAME_BREACH_REMEDY, "repair.timeframe", "breach_remedy", CHOICES, MORE, "", CASE, SOLD, "breach_remedy", NONE | NOT_OFFERED) \
    X(REPAIR_ESTIMATE_VALID_FOR, "repair.estimate", "valid_for", SPAN, LONGER, "", CASE, 0, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(REPAIR_ESTIMATE_NEEDED_ABOVE, "repair.estimate", "needed_above", MONEY, LOWER, "", CASE, BY_REGION, "", NONE | UNLIMITED) \
    X(REPAIR_WARRANTY_LENGTH, "repair.warranty", "length", SPAN, LONGER, "", CASE, SOLD | BY_COST_CLASS, "", NONE | UNLIMITED | NOT_OFFERED) \
    X(REPAIR_REMEDY_TESTS, "repair.remedy", "tests", TESTS, MORE, "", SALE, SOLD, "", NONE) \
    X(REPAIR_UNCOLLECTED_STORAGE_FEE, "repair.uncollected", "storage_fee", FEE, LOWER, "", CASE, BY_CATEGORY, "", NOT_OFFERED) \
    X(REPAIR_UNCOLLECTED_FREE_FOR, "repair.uncollected", "free_for", SPAN, LONGER, "", CASE, BY_CATEGORY, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(SUPPORT_CHANNELS_CHANNELS, "support.channels", "channels", CHOICES, MORE, "", LIVE, BY_REGION, "contact_channel", NONE | NOT_OFFERED) \
    X(SUPPORT_CHANNELS_CONTACT, "support.channels", "contact", CONTACT, UNCOMPARED, "", LIVE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(SUPPORT_HOURS_HOURS, "support.hours", "hours", CALENDAR, UNCOMPARED, "", CASE, BY_CONTACT_CHANNEL | BY_REGION, "", NONE | NOT_OFFERED) \
    X(SUPPORT_CONTENT_TOPICS, "support.content", "topics", CHOICES, MORE, "", LIVE, BY_CATEGORY, "topic", NONE | NOT_OFFERED) \
    X(SUPPORT_TARGETS_FIRST_RESPONSE, "support.targets", "first_response", SPAN, SHORTER, "", CASE, BY_PRIORITY | BY_CUSTOMER_CLASS, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(SUPPORT_TARGETS_RESOLVE, "support.targets", "resolve", SPAN, SHORTER, "", CASE, BY_PRIORITY | BY_CUSTOMER_CLASS, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(COMPLAINTS_CHANNELS_CHANNELS, "complaints.channels", "channels", CHOICES, MORE, "", LIVE, BY_REGION, "contact_channel", NONE | NOT_OFFERED) \
    X(COMPLAINTS_CHANNELS_CONTACT, "complaints.channels", "contact", CONTACT, UNCOMPARED, "", LIVE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(COMPLAINTS_HANDLING_ACKNOWLEDGE, "complaints.handling", "acknowledge", SPAN, SHORTER, "", CASE, BY_SEVERITY | BY_REGION, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(COMPLAINTS_HANDLING_ANSWER, "complaints.handling", "answer", SPAN, SHORTER, "", CASE, BY_SEVERITY | BY_REGION, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(COMPLAINTS_HANDLING_INTERIM_EVERY, "complaints.handling", "interim_every", SPAN, SHORTER, "", CASE, BY_SEVERITY, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(COMPLAINTS_HANDLING_STEPS, "complaints.handling", "steps", STEPS, UNCOMPARED, "", LIVE, 0, "", NONE) \
    X(COMPLAINTS_ESCALATION_LADDER, "complaints.escalation", "ladder", LADDER, UNCOMPARED, "", CASE, BY_SEVERITY | BY_REGION, "position", NONE | NOT_OFFERED) \
    X(PARTS_AVAILABILITY_LENGTH, "parts.availability", "length", SPAN, LONGER, "", SALE, BY_CATEGORY | BY_SKU | BY_REGION | BY_PART_CLASS, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(PARTS_AVAILABILITY_STARTS, "parts.availability", "starts", ANCHORS, UNCOMPARED, "", SALE, 0, "event", 0) \
    X(PARTS_PRICING_PRICE_LIST, "parts.pricing", "price_list", REGISTER, UNCOMPARED, "", LIVE, 0, "register", NONE | NOT_OFFERED) \
    X(PARTS_PRICING_VALID_FOR, "parts.pricing", "valid_for", SPAN, LONGER, "", LIVE, 0, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(PARTS_PROCESS_STEPS, "parts.process", "steps", STEPS, UNCOMPARED, "", LIVE, 0, "", NONE) \
    X(PARTS_PROCESS_CONTACT, "parts.process", "contact", CONTACT, UNCOMPARED, "", LIVE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(PARTS_PROCESS_DELIVER_WITHIN, "parts.process", "deliver_within", SPAN, SHORTER, "", CASE, BY_REGION | BY_PART_CLASS, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(EXTENDED_PERIOD_LENGTH, "extended.period", "length", SPAN, LONGER, "", BUY, BY_PLAN, "", NONE | UNLIMITED | NOT_OFFERED) \
    X(EXTENDED_PERIOD_BUY_WITHIN, "extended.period", "buy_within", SPAN, LONGER, "", LIVE, BY_PLAN | BY_CATEGORY, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(EXTENDED_PERIOD_BUY_FROM, "extended.period", "buy_from", ANCHORS, UNCOMPARED, "", LIVE, 0, "event", 0) \
    X(EXTENDED_FEES_FEE, "extended.fees", "fee", FEE, LOWER, "", BUY, BY_PLAN | BY_CATEGORY | BY_SKU | BY_REGION, "", NOT_OFFERED) \
    X(EXTENDED_COVERAGE_COVERS, "extended.coverage", "covers", CHOICES, MORE, "", BUY, BY_PLAN, "cost_class", NONE | NOT_OFFERED) \
    X(EXTENDED_COVERAGE_CAUSES, "extended.coverage", "causes", CHOICES, MORE, "", BUY, BY_PLAN, "cause", NONE | NOT_OFFERED) \
    X(EXTENDED_COVERAGE_CLAIMS_MAX, "extended.coverage", "claims_max", COUNT, HIGHER, "", BUY, BY_PLAN, "", UNLIMITED) \
    X(EXTENDED_CANCELLATION_COOLING_OFF, "extended.cancellation", "cooling_off", SPAN, LONGER, "", BUY, BY_REGION, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(EXTENDED_CANCELLATION_REFUND_AFTER, "extended.cancellation", "refund_after", CHOICE, RANKED, "pro_rata > none", BUY, BY_REGION, "plan_refund", 0) \
    X(EXTENDED_CANCELLATION_TRANSFERABLE, "extended.cancellation", "transferable", FLAG, YES, "", BUY, BY_PLAN, "", 0) \
    X(TRAINING_CONTENT_TOPICS, "training.content", "topics", CHOICES, MORE, "", LIVE, BY_CATEGORY, "topic", NONE | NOT_OFFERED) \
    X(TRAINING_CONTENT_COURSES, "training.content", "courses", REGISTER, UNCOMPARED, "", LIVE, 0, "register", NONE | NOT_OFFERED) \
    X(TRAINING_METHODS_METHODS, "training.methods", "methods", CHOICES, MORE, "", LIVE, BY_CATEGORY | BY_REGION, "training_method", NONE | NOT_OFFERED) \
    X(TRAINING_FEES_FEE, "training.fees", "fee", FEE, LOWER, "", CASE, BY_TRAINING_METHOD | BY_CUSTOMER_CLASS, "", NOT_OFFERED) \
    X(TRAINING_FEES_FREE_SEATS, "training.fees", "free_seats", COUNT, HIGHER, "", SALE, BY_CATEGORY | BY_TRAINING_METHOD, "", UNLIMITED) \
    X(NETWORK_CENTRES_CENTRES, "network.centres", "centres", REGISTER, UNCOMPARED, "", LIVE, BY_REGION, "register", NONE | NOT_OFFERED) \
    X(NETWORK_ONSITE_OFFERED, "network.onsite", "offered", FLAG, YES, "", CASE, BY_CATEGORY | BY_REGION, "", 0) \
    X(NETWORK_ONSITE_FEE, "network.onsite", "fee", FEE, LOWER, "", CASE, BY_COVERAGE | BY_ZONE | BY_REGION, "", NOT_OFFERED) \
    X(NETWORK_ONSITE_CONDITIONS, "network.onsite", "conditions", TESTS, FEWER, "", CASE, BY_CATEGORY, "", NONE) \
    X(NETWORK_ONLINE_SERVICES, "network.online", "services", CHOICES, MORE, "", LIVE, BY_REGION, "online_service", NONE | NOT_OFFERED) \
    X(NETWORK_ONLINE_HOURS, "network.online", "hours", CALENDAR, UNCOMPARED, "", CASE, BY_REGION, "", NONE | NOT_OFFERED) \
    X(SURVEY_METHODS_METHODS, "survey.methods", "methods", CHOICES, UNCOMPARED, "", LIVE, BY_REGION, "contact_channel", NONE | NOT_OFFERED) \
    X(SURVEY_METHODS_AFTER, "survey.methods", "after", CHOICES, UNCOMPARED, "", LIVE, 0, "survey_after", NONE | NOT_OFFERED) \
    X(SURVEY_METHODS_DELAY, "survey.methods", "delay", SPAN, UNCOMPARED, "", CASE, 0, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(SURVEY_METHODS_EXPIRES, "survey.methods", "expires", SPAN, UNCOMPARED, "", CASE, 0, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(SURVEY_METHODS_REMINDERS_MAX, "survey.methods", "reminders_max", COUNT, UNCOMPARED, "", CASE, 0, "", UNLIMITED) \
    X(SURVEY_METHODS_COOL_DOWN, "survey.methods", "cool_down", SPAN, LONGER, "", LIVE, BY_CUSTOMER_CLASS, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(SURVEY_METHODS_SAMPLE, "survey.methods", "sample", PERCENT, UNCOMPARED, "", LIVE, BY_SURVEY_AFTER, "", 0) \
    X(SURVEY_FEEDBACK_LOW_SCORE, "survey.feedback", "low_score", TESTS, UNCOMPARED, "", CASE, 0, "", NONE) \
    X(SURVEY_FEEDBACK_CONTACT_WITHIN, "survey.feedback", "contact_within", SPAN, SHORTER, "", CASE, 0, "", NONE | UNLIMITED | NOT_OFFERED | WORKING_TIME) \
    X(SURVEY_FEEDBACK_OWNER, "survey.feedback", "owner", CHOICE, UNCOMPARED, "", CASE, 0, "position", NONE | NOT_OFFERED) \
    X(SURVEY_FEEDBACK_CLUSTER, "survey.feedback", "cluster", TESTS, UNCOMPARED, "", CASE, BY_CATEGORY, "", NONE)
/* clang-format on */
