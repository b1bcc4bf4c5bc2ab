/*
 * refusal - see refusal.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/refusal.h"

#include "proto/plugin/describe.h"

enum {
    BAD_REQUEST,
    UNAUTHENTICATED,
    PERMISSION_DENIED,
    NOT_FOUND,
    CONFLICT,
    GONE,
    VERSION_MISMATCH,
    TOO_LARGE,
    MEDIA_TYPE,
    KEY_REUSED,
    IF_MATCH_MISSING,
    RATE_LIMITED,
    UNAVAILABLE,
    OTHER,
};

const struct refusal refusals[] = {
    [BAD_REQUEST] = {.status = "400",
                     .name = "BadRequest",
                     .description = "The request can never be right; `field`, or `line` and "
                                    "`column`, name the place.",
                     .reasons = "JSON_MALFORMED, JSON_FIELD_UNKNOWN, JSON_TYPE_WRONG, "
                                "JSON_VALUE_WRONG, FIELD_REQUIRED, FIELD_TOO_LONG, FIELD_TOO_MANY, "
                                "FIELD_RANGE, FIELD_FORMAT, FIELD_DATE, PARAMETER_UNKNOWN, "
                                "PARAMETER_MALFORMED, PAGE_TOKEN_MALFORMED, PATH_CONTRADICTED, "
                                "IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_MALFORMED"},
    [UNAUTHENTICATED] = {.status = "401",
                         .name = "Unauthenticated",
                         .description = "There is no token or link that holds.",
                         .reasons = "TOKEN_MISSING, TOKEN_INVALID, LINK_INVALID",
                         .header = "WWW-Authenticate"},
    [PERMISSION_DENIED] = {.status = "403",
                           .name = "PermissionDenied",
                           .description = "No role of the caller may call this.",
                           .reasons = "ROLE_MISSING, LINK_FOR_SOMETHING_ELSE"},
    [NOT_FOUND] = {.status = "404",
                   .name = "NotFound",
                   .description = "It is not there, or not the caller's.",
                   .reasons = ""},
    [CONFLICT] = {.status = "409",
                  .name = "Conflict",
                  .description = "Not in this state, there already, or a lost race.",
                  .reasons = "LOST_RACE"},
    [GONE] = {.status = "410",
              .name = "Gone",
              .description = "What follows the place that the reader names is not kept any more; "
                             "`details` say what is.",
              .reasons = "RESYNC"},
    [VERSION_MISMATCH] = {.status = "412",
                          .name = "VersionMismatch",
                          .description = "The version of `If-Match` is not the present one.",
                          .reasons = "VERSION_MISMATCH"},
    [TOO_LARGE] = {.status = "413",
                   .name = "TooLarge",
                   .description = "The body is larger than the gateway takes.",
                   .reasons = "BODY_TOO_LARGE"},
    [MEDIA_TYPE] =
        {.status = "415",
         .name = "MediaTypeUnsupported",
         .description =
             "The body is not declared as what the method takes: JSON in UTF-8, or one of its "
             "media types.",
         .reasons = "MEDIA_TYPE_UNSUPPORTED"},
    [KEY_REUSED] = {.status = "422",
                    .name = "KeyReused",
                    .description = "The idempotency key was used for another request, or the "
                                   "content has faults: `problems` lists them.",
                    .reasons = "IDEMPOTENCY_KEY_REUSED"},
    [IF_MATCH_MISSING] = {.status = "428",
                          .name = "IfMatchMissing",
                          .description = "This method needs `If-Match`.",
                          .reasons = "IF_MATCH_MISSING"},
    [RATE_LIMITED] = {.status = "429",
                      .name = "RateLimited",
                      .description = "The client's limit is reached.",
                      .reasons = "RATE_LIMITED",
                      .header = "Retry-After"},
    [UNAVAILABLE] = {.status = "503",
                     .name = "Unavailable",
                     .description = "A limit of ours is reached, or a server is away; try again, "
                                    "with the same key.",
                     .reasons = "DATABASE_UNAVAILABLE, DEADLINE_EXCEEDED, OUTCOME_UNKNOWN",
                     .header = "Retry-After"},
    [OTHER] = {.status = "default",
               .name = "Problem",
               .description = "Any other refusal.",
               .reasons = ""},
};

const size_t refusal_count = COUNT_OF(refusals);

bool
refusal_is_possible(size_t index, const struct model_method *method, const struct route *route)
{
    bool is_keyed = method->run->repeat == COMMON__V1__REPEAT__KEYED;
    bool has_body =
        describe_place_count(method, route, DESCRIBE_BODY) > 0 || method->http->n_consumes > 0;
    bool has_if_match = model_if_match_field(method->request) != NULL;
    switch (index) {
    case UNAUTHENTICATED:
    case PERMISSION_DENIED:
        return !method->access->anonymous;
    case NOT_FOUND:
        return describe_place_count(method, route, DESCRIBE_PATH) > 0 ||
               (is_keyed && method->access->n_own_roles > 0);
    case CONFLICT:
    case KEY_REUSED:
        return is_keyed;
    case GONE:
        return route_is_stream(method);
    case VERSION_MISMATCH:
        return has_if_match;
    case IF_MATCH_MISSING:
        return has_if_match && route->verb != ROUTE_POST;
    case TOO_LARGE:
    case MEDIA_TYPE:
        return has_body;
    default:
        return true;
    }
}
