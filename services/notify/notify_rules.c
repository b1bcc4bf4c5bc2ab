/*
 * notify_rules - what decides, with no I/O and no clock
 */
// SPDX-License-Identifier: Apache-2.0
#include "notify.h"

#include <string.h>

bool
note_is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == 0;
}
