/*
 * policy_page_style - the style of the published page
 *
 * Colours have a contrast of at least 4.5 to 1 in both schemes. Nothing is wider than the screen:
 * long words break, tables shrink. Where there is room, the contents stand at the side and stay.
 * On paper: no navigation, black on white, addresses after links, page numbers, and no paragraph,
 * short list or short table cut in two. tests/page looks at all of this in a browser.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

extern const char policy_page_style[];
