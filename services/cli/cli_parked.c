/*
 * cli_parked - aftercare parked, aftercare retry: events that consumers refused and put aside
 *
 * A consumer is written as its daemon and its name, "warranty/views". What is parked is a table of
 * the daemon, so one replica is asked for all of them; the one that holds the event's lane tries it
 * again (common/consumer.h).
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cli_admin.h"

enum {
    PAGE_SIZE = 512,
    LOOK_MS = 100,
    LOOKS_MAX = 150, /* a lane's holder looks once a second, and may be busy */
};

/* The page as JSON; NULL where it was not answered with such. */
static json_t *
get_json(const struct cli_run *run, const char *socket, const char *page)
{
    struct buf body = {0};
    json_t *root = NULL;
    if (cli_admin_get(run, socket, page, &body) == CLI_ANSWERED)
        root = json_loads(buf_text(&body), JSON_REJECT_DUPLICATES, NULL);
    buf_free(&body);
    return root;
}

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

/* ---- aftercare parked ---- */

static void
print_parked(const char *service, const char *consumer, const json_t *parked)
{
    printf("%s/%s %s\n    %s of %s %s, since %s, tried %lld times%s\n    %s: %s\n", service,
           consumer, text_of(parked, "event_id"), text_of(parked, "type"),
           text_of(parked, "aggregate_type"), text_of(parked, "aggregate_id"),
           text_of(parked, "park_time"),
           (long long)json_integer_value(json_object_get(parked, "attempts")),
           json_is_true(json_object_get(parked, "has_wish")) ? ", to be tried again" : "",
           text_of(parked, "reason"), text_of(parked, "message"));
}

/* Of one consumer. False: it did not answer. */
static bool
list_consumer(const struct cli_run *run, const char *socket, const char *service,
              const char *consumer)
{
    char page[PAGE_SIZE];
    snprintf(page, sizeof page, "/parked/%s", consumer);
    json_t *root = get_json(run, socket, page);
    const json_t *list = json_object_get(root, "parked");
    for (size_t i = 0; i < json_array_size(list); i++)
        print_parked(service, consumer, json_array_get(list, i));
    bool is_answered = json_is_array(list);
    json_decref(root);
    if (!is_answered)
        fprintf(stderr, "aftercare: %s/%s does not say what is parked\n", service, consumer);
    return is_answered;
}

/* Of all consumers of one daemon. */
static bool
list_daemon(const struct cli_run *run, const char *socket, json_t *status)
{
    static const char beginning[] = "consumer_";
    const char *name;
    json_t *member;
    bool is_answered = true;
    json_object_foreach(status, name, member)
    {
        if (strncmp(name, beginning, strlen(beginning)) == 0 &&
            !list_consumer(run, socket, text_of(status, "service"), name + strlen(beginning)))
            is_answered = false;
    }
    return is_answered;
}

static int
list_all(const struct cli_run *run)
{
    char last[PAGE_SIZE] = "";
    bool is_answered = true;
    for (size_t i = 0; i < run->sockets.count; i++) {
        const char *socket = run->sockets.names[i];
        json_t *status = get_json(run, socket, "/status");
        const char *service = text_of(status, "service");
        if (service[0] != 0 && strcmp(service, last) != 0) { /* names are sorted */
            is_answered = list_daemon(run, socket, status) && is_answered;
            snprintf(last, sizeof last, "%s", service);
        }
        json_decref(status);
    }
    return is_answered ? 0 : 1;
}

int
cli_parked(int argc, char **argv)
{
    if (argc != 0 && (argc != 2 || strcmp(argv[0], "--run-dir") != 0)) {
        fprintf(stderr, "usage: aftercare parked [--run-dir DIR]\n");
        return 2;
    }
    struct cli_run *run = cli_run_open(argc == 2 ? argv[1] : NULL);
    if (run == NULL)
        return 1;
    int status = list_all(run);
    cli_run_close(run);
    return status;
}

/* ---- aftercare retry ---- */

/* A replica of the daemon that answers; NULL: none. */
static const char *
find_replica(const struct cli_run *run, const char *service, size_t length)
{
    for (size_t i = 0; i < run->sockets.count; i++) {
        const char *socket = run->sockets.names[i];
        if (strncmp(socket, service, length) != 0 || socket[length] != '-')
            continue;
        json_t *status = get_json(run, socket, "/status");
        bool is_answered = status != NULL;
        json_decref(status);
        if (is_answered)
            return socket;
    }
    return NULL;
}

/* Until the event is done (0), or was refused again or not tried in time (1). */
static int
wait_for(const struct cli_run *run, const char *socket, const char *page)
{
    for (unsigned looks = 0; looks < LOOKS_MAX; looks++) {
        json_t *root = get_json(run, socket, page);
        const json_t *list = json_object_get(root, "parked");
        const json_t *parked = json_array_get(list, 0);
        bool is_done = json_is_array(list) && parked == NULL;
        bool is_refused = parked != NULL && !json_is_true(json_object_get(parked, "has_wish"));
        if (is_refused)
            fprintf(stderr, "aftercare: refused again, %s: %s\n", text_of(parked, "reason"),
                    text_of(parked, "message"));
        json_decref(root);
        if (is_done)
            printf(
                "done; if later events of the same thing are done too, what this one says stands "
                "behind them\n");
        if (is_done || is_refused)
            return is_done ? 0 : 1;
        nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    fprintf(stderr, "aftercare: noted, and not done yet: it is tried again until it is done or "
                    "refused; aftercare status and the daemon's log say what it waits for\n");
    return 1;
}

static int
retry(const struct cli_run *run, const char *consumer, const char *event_id)
{
    size_t length = strcspn(consumer, "/");
    const char *socket = find_replica(run, consumer, length);
    if (socket == NULL) {
        fprintf(stderr, "aftercare: no \"%.*s\" answers in %s\n", (int)length, consumer,
                run->folder);
        return 1;
    }
    char page[PAGE_SIZE];
    struct buf body = {0};
    snprintf(page, sizeof page, "/parked/%s?%s", consumer + length + 1, event_id);
    enum cli_answer answer = cli_admin_post(run, socket, page, &body);
    if (answer != CLI_ANSWERED)
        fprintf(stderr, "aftercare: %s",
                body.size_bytes > 0 ? buf_text(&body) : "the daemon does not answer\n");
    buf_free(&body);
    return answer == CLI_ANSWERED ? wait_for(run, socket, page) : 1;
}

/* Nothing that would be more than a part of a page's address. */
static bool
is_name(const char *text)
{
    return text[0] != 0 && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == 0;
}

int
cli_retry(int argc, char **argv)
{
    bool has_folder = argc == 4 && strcmp(argv[2], "--run-dir") == 0;
    const char *slash = argc >= 2 ? strchr(argv[0], '/') : NULL;
    if ((argc != 2 && !has_folder) || slash == NULL || !is_name(slash + 1) || !is_name(argv[1])) {
        fprintf(stderr, "usage: aftercare retry CONSUMER EVENT_ID [--run-dir DIR]\n"
                        "CONSUMER and EVENT_ID as `aftercare parked` prints them\n");
        return 2;
    }
    struct cli_run *run = cli_run_open(has_folder ? argv[3] : NULL);
    if (run == NULL)
        return 1;
    int status = retry(run, argv[0], argv[1]);
    cli_run_close(run);
    return status;
}
