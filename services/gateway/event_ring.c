/*
 * event_ring - see event_ring.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "event_ring.h"

#include <string.h>

#include "common/cloudevent.h"

/* A recent event. Texts lie behind it. */
struct ring_event {
    int64_t position;
    struct event_subject subject;
    size_t size_bytes; /* of all */
    const char *text;
    size_t text_size_bytes;
};

/* Types are full names of messages; what a writer puts there in place of one must not end its line,
 * or it could say anything in the name of the log. */
static void
add_line(struct buf *out, const char *text)
{
    for (; *text != 0; text++)
        buf_add_char(out, (unsigned char)*text < ' ' ? '_' : *text);
}

void
event_ring_write(struct buf *out, int64_t epoch, const Events__V1__LoggedEvent *event)
{
    char sequence[CLOUDEVENT_SEQUENCE_SIZE];
    cloudevent_print_sequence(epoch, event->position, sequence);
    buf_printf(out, "id: %s\nevent: ", sequence);
    add_line(out, event->type);
    buf_add_text(out, "\ndata: ");
    cloudevent_write(out, epoch, event);
    buf_add_text(out, "\n\n");
}

static void
drop_first(struct event_ring *ring)
{
    struct ring_event *event = ring->events[ring->first];
    ring->begin.position = event->position;
    ring->first = (ring->first + 1) % RING_EVENTS_MAX;
    ring->count--;
    ring->size_bytes -= event->size_bytes;
    mem_free(event);
}

void
event_ring_clear(struct event_ring *ring)
{
    while (ring->count > 0)
        drop_first(ring);
    ring->is_placed = false;
    buf_free(&ring->scratch);
}

/* Begins anew behind the place. */
void
event_ring_begin(struct event_ring *ring, struct event_place place)
{
    event_ring_clear(ring);
    ring->begin = ring->end = place;
    ring->is_placed = true;
}

static const char *
put_text(char **room, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*room, text, size);
    *room += size;
    return copy;
}

static void
hold(struct event_ring *ring, const Events__V1__LoggedEvent *event)
{
    struct buf *text = &ring->scratch;
    buf_clear(text);
    event_ring_write(text, ring->end.epoch, event);
    size_t names_size = strlen(event->type) + strlen(event->aggregate_type) +
                        strlen(event->aggregate_id) + strlen(event->owner_id) + 4;
    size_t size_bytes = sizeof(struct ring_event) + names_size + text->size_bytes;
    while (ring->count == RING_EVENTS_MAX ||
           (ring->count > 0 && ring->size_bytes + size_bytes > RING_BYTES_MAX))
        drop_first(ring);
    struct ring_event *made = mem_alloc(size_bytes);
    char *room = (char *)(made + 1);
    made->position = event->position;
    made->size_bytes = size_bytes;
    made->subject.type = put_text(&room, event->type);
    made->subject.aggregate_type = put_text(&room, event->aggregate_type);
    made->subject.aggregate_id = put_text(&room, event->aggregate_id);
    made->subject.owner_id = put_text(&room, event->owner_id);
    made->text = memcpy(room, text->bytes, text->size_bytes);
    made->text_size_bytes = text->size_bytes;
    ring->events[(ring->first + ring->count++) % RING_EVENTS_MAX] = made;
    ring->size_bytes += size_bytes;
}

void
event_ring_add(struct event_ring *ring, Events__V1__LoggedEvent *const *events, size_t count,
               int64_t end)
{
    for (size_t i = 0; i < count; i++)
        hold(ring, events[i]);
    ring->end.position = end;
}

bool
event_ring_reaches(const struct event_ring *ring, const struct event_place *place)
{
    return ring->is_placed && place->epoch == ring->end.epoch &&
           place->position >= ring->begin.position;
}

static const struct ring_event *
get_event(const struct event_ring *ring, size_t index)
{
    return ring->events[(ring->first + index) % RING_EVENTS_MAX];
}

/* The first event behind the position. */
static size_t
find_behind(const struct event_ring *ring, int64_t position)
{
    size_t low = 0, high = ring->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (get_event(ring, middle)->position > position)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

unsigned
event_ring_take(const struct event_ring *ring, const struct event_filter *filter,
                struct event_place *place, struct buf *out, size_t size_bytes_max)
{
    unsigned count = 0;
    CHECK(event_ring_reaches(ring, place));
    size_t i = find_behind(ring, place->position);
    for (; i < ring->count && out->size_bytes < size_bytes_max; i++) {
        const struct ring_event *event = get_event(ring, i);
        place->position = event->position;
        if (!event_filter_matches(filter, &event->subject))
            continue;
        buf_add(out, event->text, event->text_size_bytes);
        count++;
    }
    if (i == ring->count && place->position < ring->end.position)
        place->position = ring->end.position;
    return count;
}
