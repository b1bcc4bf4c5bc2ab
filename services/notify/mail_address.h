/*
 * mail_address - addresses as mails and SMTP take them
 *
 * Pure. Only the plain form of RFC 5321: a dot-atom, @, a domain. Quoted names, comments, domain
 * literals and names beyond ASCII (RFC 6531) are refused: hardly anybody has one, and what they may
 * hold has broken many programs. A domain beyond ASCII is turned into its ASCII form (IDNA 2008).
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum { MAIL_ADDRESS_SIZE = 255 }; /* RFC 5321, 4.5.3.1.3: a path of 256, of which two are < and > */

/* False: it is no address that a mail can be sent to. */
bool mail_address_read(const char *text, char ret_address[MAIL_ADDRESS_SIZE]) MUST_CHECK;
