/*
 * notice_events - the consumer "notices": what each event has us tell people and other systems
 *
 * One statement writes all that comes of an event: for each notice that wants it a part, joined to
 * the open message of that person and channel or to a new one with its timer; for each webhook that
 * wants it a delivery with its timer. The event goes along, packed: the log may have let go of it
 * by the last attempt, and events hold no personal data.
 *
 * Whom it is about: the event's owner; else the person_id that the payload names; else, where
 * nobody is known, the aggregate itself, so that what is told of one case is collected and can be
 * opted out of all the same.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notify.h"

/* After svc_serve and catalogue_open. */
void notice_events_open(struct svc *svc);
