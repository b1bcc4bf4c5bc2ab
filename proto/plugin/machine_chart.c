/*
 * machine_chart - see machine_chart.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/machine_chart.h"

#include <string.h>

/* All in SVG units, which are pixels at the text's usual size. */
enum {
    LETTER_WIDTH = 8,
    BOX_HEIGHT = 28,
    ROW_HEIGHT = 40,
    MARGIN = 12,
    DOT_RADIUS = 6, /* of the point before the first state */
    LOOP_WIDTH = 36,
};

struct chart {
    const struct model_enum *states;
    int column_width;
    int width;
    int height;
};

/* The middle of a state's column; an empty name is the point before there is anything. */
static int
column_x(const struct chart *chart, const char *state)
{
    if (state[0] == '\0')
        return MARGIN + DOT_RADIUS;
    size_t index = 0;
    for (size_t i = 1; i < chart->states->value_count; i++)
        if (text_is_equal(chart->states->values[i].name, state))
            index = i - 1;
    return MARGIN + DOT_RADIUS + (int)(index + 1) * chart->column_width;
}

static int
row_y(size_t row)
{
    return MARGIN + BOX_HEIGHT + (int)(row + 1) * ROW_HEIGHT;
}

/* Wide enough for the longest name, of a state or of what leads from it to its neighbour. */
static void
measure(struct chart *chart)
{
    const Common__V1__Machine *machine = chart->states->machine;
    size_t len = 8;
    for (size_t i = 1; i < chart->states->value_count; i++)
        if (strlen(chart->states->values[i].name) > len)
            len = strlen(chart->states->values[i].name);
    for (size_t i = 0; i < machine->n_transitions; i++)
        if (strlen(model_cause(machine->transitions[i])) > len)
            len = strlen(model_cause(machine->transitions[i]));
    chart->column_width = (int)len * LETTER_WIDTH + 3 * MARGIN;
    /* The last column is centred on its line: half of it, and a loop's label, stand to the right.
     */
    chart->width = 2 * MARGIN + DOT_RADIUS + (int)chart->states->value_count * chart->column_width;
    chart->height = row_y(machine->n_transitions) - ROW_HEIGHT / 2 + MARGIN;
}

static void
draw_states(const struct chart *chart, struct text *out)
{
    int bottom = chart->height - MARGIN;
    int start = column_x(chart, "");
    text_add(out, "<circle cx=\"%d\" cy=\"%d\" r=\"%d\" fill=\"currentColor\"/>\n", start,
             MARGIN + BOX_HEIGHT / 2, DOT_RADIUS);
    text_add(out, "<path d=\"M%d %dV%d\" stroke=\"currentColor\" stroke-opacity=\".35\"/>\n", start,
             MARGIN + BOX_HEIGHT / 2, bottom);
    for (size_t i = 1; i < chart->states->value_count; i++) {
        const char *name = chart->states->values[i].name;
        int x = column_x(chart, name);
        int box_width = chart->column_width - MARGIN;
        text_add(out,
                 "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"none\" "
                 "stroke=\"currentColor\"/>\n",
                 x - box_width / 2, MARGIN, box_width, BOX_HEIGHT);
        text_add(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
                 MARGIN + BOX_HEIGHT - 9, name);
        text_add(out, "<path d=\"M%d %dV%d\" stroke=\"currentColor\" stroke-opacity=\".35\"/>\n", x,
                 MARGIN + BOX_HEIGHT, bottom);
    }
}

static void
draw_dot(int x, int y, struct text *out)
{
    text_add(out, "<circle cx=\"%d\" cy=\"%d\" r=\"3\" fill=\"currentColor\"/>\n", x, y);
}

/* Below the row, so that a state may have a dot and a triangle. */
static void
draw_triangle(int x, int y, struct text *out)
{
    text_add(out, "<path d=\"M%d %dl-5 -8h10z\" fill=\"currentColor\"/>\n", x, y + 9);
}

static void
draw_transition(const struct chart *chart, const Common__V1__Transition *transition, int y,
                struct text *out)
{
    int left = chart->width;
    int right = 0;
    for (size_t i = 0; i < model_source_count(transition) + transition->n_to; i++) {
        bool is_source = i < model_source_count(transition);
        int x = is_source ? column_x(chart, model_source(transition, i))
                          : column_x(chart, transition->to[i - model_source_count(transition)]);
        left = x < left ? x : left;
        right = x > right ? x : right;
        if (is_source)
            draw_dot(x, y, out);
        else
            draw_triangle(x, y, out);
    }
    /* What stays in its state goes out to the right. */
    right = left == right ? left + LOOP_WIDTH : right;
    text_add(out, "<path d=\"M%d %dH%d\" stroke=\"currentColor\"/>\n", left, y, right);
    text_add(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", (left + right) / 2,
             y - 6, model_cause(transition));
}

void
machine_chart(struct text *out, const struct model_enum *states)
{
    struct chart chart = {.states = states};
    measure(&chart);
    text_add(
        out,
        "<svg role=\"img\" aria-label=\"State machine %s; the table says the same\" width=\"%d\" "
        "height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"ui-monospace,monospace\" "
        "font-size=\"13\" fill=\"currentColor\">\n",
        states->full_name, chart.width, chart.height, chart.width, chart.height);
    draw_states(&chart, out);
    for (size_t i = 0; i < states->machine->n_transitions; i++)
        draw_transition(&chart, states->machine->transitions[i], row_y(i), out);
    text_add(out, "</svg>\n");
}
