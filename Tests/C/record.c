/* A host of libtaximeter: records from several threads, as tests and sanitizers want it.
 *
 *   record FOLDER THREADS EVENTS [durable]
 *
 * Prints the id of each event that was acknowledged when it is durable; else a line with the counts at the end. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "taximeter.h"

static taximeter_meter *meter;
static int events, is_durable;

static void fail(const char *what, int32_t code) {
    char reason[512];
    taximeter_last_error(reason, sizeof reason);
    fprintf(stderr, "%s: %s: %s\n", what, taximeter_code_name(code), reason);
    exit(1);
}

static void *record(void *number) {
    taximeter_event event = {.started_at = 1740000000000000, .completed_at = 1740000001000000, .requests = 1};
    int32_t code;
    if ((code = taximeter_account(meter, "acme", 4, &event.account)) || (code = taximeter_model(meter, "r1", 2, &event.model))
        || (code = taximeter_channel(meter, "api", 3, &event.channel))
        || (code = taximeter_service_tier(meter, "standard", 8, &event.service_tier)))
        fail("a name", code);
    for (int i = 0; i < events; i++) {
        char id[64];
        int length = snprintf(id, sizeof id, "%d-%d-%d", (int)getpid(), *(int *)number, i);
        event.cache_hit = i % 100, event.cache_miss = i % 70, event.output = 1 + i % 50;
        code = is_durable ? taximeter_record_durably(meter, &event, id, length) : taximeter_record(meter, &event, id, length);
        if (code) fail("record", code);
        if (is_durable) {
            char line[80];
            /* One write a line, so that a kill cuts no line. */
            if (write(1, line, snprintf(line, sizeof line, "%s\n", id)) < 0) exit(1);
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 4) return 64;
    if (taximeter_abi_version() != TAXIMETER_ABI_VERSION) return 2;
    struct sigaction before[32], after;
    for (int i = 1; i < 32; i++) sigaction(i, NULL, &before[i]);
    int32_t code = taximeter_meter_open(arguments[1], NULL, NULL, &meter);
    if (code) fail("open", code);
    int threads = atoi(arguments[2]), numbers[64];
    events = atoi(arguments[3]);
    is_durable = count > 4;
    pthread_t ids[64];
    for (int i = 0; i < threads && i < 64; i++) {
        numbers[i] = i;
        pthread_create(&ids[i], NULL, record, &numbers[i]);
    }
    for (int i = 0; i < threads && i < 64; i++) pthread_join(ids[i], NULL);

    /* What is wrong gets its code, and changes nothing. */
    taximeter_event event = {.started_at = 1, .completed_at = 2, .requests = 1, .account = 77, .output = 1};
    if (taximeter_record(meter, &event, "x", 1) != TAXIMETER_FOREIGN_HANDLE) return 3;
    event.account = 0;
    event.output = -1;
    if (taximeter_record(meter, &event, "x", 1) != TAXIMETER_INVALID_EVENT) return 4;
    event.output = 1;
    if (taximeter_record(meter, &event, "\xff", 1) != TAXIMETER_INVALID_REQUEST_ID) return 5;
    if (taximeter_record(meter, &event, "", 0) != TAXIMETER_INVALID_REQUEST_ID) return 6;
    if (taximeter_record(NULL, &event, "x", 1) != TAXIMETER_INVALID_ARGUMENT) return 7;
    if (taximeter_record(meter, NULL, "x", 1) != TAXIMETER_INVALID_ARGUMENT) return 8;
    taximeter_meter *second;
    if (taximeter_meter_open(arguments[1], NULL, NULL, &second) != TAXIMETER_SPOOL) return 9;

    /* A child is told that the meter is its parent's. */
    pid_t child = fork();
    if (child == 0) _exit(taximeter_record(meter, &event, "x", 1) == TAXIMETER_FORKED ? 0 : 1);
    int status;
    if (waitpid(child, &status, 0) < 0 || status != 0) return 10;

    for (int i = 1; i < 32; i++) {
        sigaction(i, NULL, &after);
        if (after.sa_handler != before[i].sa_handler || after.sa_flags != before[i].sa_flags) return 11;
    }
    code = taximeter_flush(meter, 10000);
    if (code) fail("flush", code);
    taximeter_counts counts;
    taximeter_meter_counts(meter, &counts);
    code = taximeter_meter_close(meter, 0);
    if (code) fail("close", code);
    if (!is_durable)
        printf("%lld %lld %lld\n", (long long)counts.accepted, (long long)counts.refused, (long long)counts.durable);
    return 0;
}
