/*
 * machine_chart - a state machine as an SVG drawing
 *
 * States stand side by side, each with a line below it; every transition is an arrow on a row of
 * its own, from line to line. So nothing ever crosses a label, whatever the machine, and rows read
 * like the table beside it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/text.h"

void machine_chart(struct text *out, const struct model_enum *states);
