/*
 * machine_chart - a state machine as an SVG drawing
 *
 * States stand side by side, each with a line below it; every transition has a row of its own: a
 * dot on the line of each state that it leaves, a triangle on that of each that it may lead to. So
 * nothing ever crosses a label, whatever the machine, and rows read like the table beside it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "proto/plugin/model.h"
#include "proto/plugin/text.h"

void machine_chart(struct text *out, const struct model_enum *states);
