/*
 * policy_case_names - what a case could have said where it says a name that there is not
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"

/* Half a sentence for a message: the nearest name, else all there are. "" is a name that is
 * missing. In the arena. */
const char *policy_case_questions(struct arena *arena, const char *name);
const char *policy_case_kinds(struct arena *arena, const char *kind);
