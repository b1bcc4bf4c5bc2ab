/*
 * policy_page_style - the style of the published page
 *
 * Colours have a contrast of at least 4.5 to 1 in both schemes. Nothing is wider than the screen:
 * long words break, tables shrink. On paper: no navigation, black on white, addresses after links,
 * and no clause cut in two where it can be helped.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

extern const char policy_page_style[];
