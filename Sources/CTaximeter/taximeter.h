/* libtaximeter: the C ABI of Taximeter.
 *
 * A meter counts requests in the serving process and writes them to a spool folder; with a store it ships them to
 * PostgreSQL, each exactly once, whatever dies (docs/exactly-once.md). Quotes, balances and reservations come from the same
 * code as bills.
 *
 *   taximeter_meter *meter;
 *   if (taximeter_meter_open("/var/lib/llm/spool", NULL, NULL, &meter) != TAXIMETER_OK) ...
 *   taximeter_event event = {.started_at = t0, .completed_at = t1, .cache_miss = 310, .output = 842, .requests = 1};
 *   taximeter_account(meter, "acme", 4, &event.account);           // names once, then a call a request
 *   taximeter_record(meter, &event, "req-7f3a", 8);
 *   taximeter_meter_close(meter, 10000);
 *
 * Every function may be called from any thread, but a handle must not be used once it is being closed. Functions that can fail
 * return TAXIMETER_OK or another code below; taximeter_last_error() then has one line that says why, for the calling thread.
 * None throws, none ends the process, and none takes over its signal handlers, its locale, or its threads' signals.
 *
 * Text is UTF-8, given with its length in bytes, and need not end with NUL. Instants are microseconds since 1970-01-01 UTC.
 *
 * After fork(), a child must not use what its parent has opened: a meter refuses with TAXIMETER_FORKED. It opens its own, with
 * a spool folder of its own. */
#ifndef TAXIMETER_H
#define TAXIMETER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI that this header describes. A host compares it with taximeter_abi_version() before it calls anything else. A
 * library of the same ABI may have more functions and codes than the header. */
#define TAXIMETER_ABI_VERSION 1

/* The ABI of the library that was loaded. */
int32_t taximeter_abi_version(void);

/* The version of the library that was loaded, such as "0.1.0". It lives as long as the process. */
const char *taximeter_version(void);

/* -- Codes ------------------------------------------------------------------------------------------------------------- */

#define TAXIMETER_OK 0
/* A NULL, a text that is no UTF-8, a number outside its range: the call itself is wrong. */
#define TAXIMETER_INVALID_ARGUMENT 1
/* A value outside the limits of a usage event, such as more tokens than 10^15 or an end before the start. */
#define TAXIMETER_INVALID_EVENT 2
/* The request id is empty, has more than 255 bytes, is no UTF-8, or contains NUL. */
#define TAXIMETER_INVALID_REQUEST_ID 3
/* A number that this meter did not give for such a name. */
#define TAXIMETER_FOREIGN_HANDLE 4
/* More names than the meter may have. */
#define TAXIMETER_TOO_MANY_NAMES 5
/* The meter cannot take more now. The event was not recorded: record it again later. */
#define TAXIMETER_FULL 6
/* The event is recorded, and is not known to be on the disk yet. Do not record it again. */
#define TAXIMETER_UNCONFIRMED 7
#define TAXIMETER_CLOSED 8
#define TAXIMETER_FORKED 9
/* The spool folder: in use by another process, of another version, damaged, unreadable, on a disk that is full or fails. */
#define TAXIMETER_SPOOL 10
/* The database: not reached, refused, or not fit for the call. */
#define TAXIMETER_DATABASE 11
/* A price book with errors, or a case that is none. */
#define TAXIMETER_INVALID_INPUT 12
/* The buffer is too small; the length that is needed was told. */
#define TAXIMETER_BUFFER_TOO_SMALL 13

/* The code's name, such as "invalid_event", or "unknown". It lives as long as the process. */
const char *taximeter_code_name(int32_t code);

/* Copies why the last call of this thread failed, and a NUL, into a buffer as far as it goes. Returns the length of the
 * whole line without the NUL; 0 when no call has failed. */
size_t taximeter_last_error(char *buffer, size_t size);

/* -- Store: a database ------------------------------------------------------------------------------------------------- */

typedef struct taximeter_store taximeter_store;

/* A store by a PostgreSQL connection string. Connects when first used. */
int32_t taximeter_store_open(const char *database_url, size_t length, taximeter_store **store);

/* Closes its connections. NULL is no store. Not before the meters that ship to it. */
void taximeter_store_close(taximeter_store *store);

/* What an account can spend, as JSON: {"credits","unbilled","reserved","available","currency","prepaid"} with exact decimal
 * strings, or null for an account that has had neither credits nor charges. Writes it with a NUL into the buffer; *needed
 * becomes its length without the NUL. */
int32_t taximeter_balance(
    taximeter_store *store, const char *account, size_t account_length, char *buffer, size_t size, size_t *needed);

/* Holds the most that a request may cost, under an id of the account, for so many milliseconds. JSON: {"answer":"reserved"}, or
 * "insufficient", "limit_reached" (each with "available") or "conflict". Asking again under the same id holds nothing more. */
int32_t taximeter_reserve(
    taximeter_store *store, const char *account, size_t account_length, const char *id, size_t id_length,
    const char *amount, size_t amount_length, const char *currency, size_t currency_length, int64_t milliseconds,
    char *buffer, size_t size, size_t *needed);

/* Says what the request has cost. JSON: {"answer":"settled"}, or "unknown" or "conflict". */
int32_t taximeter_settle(
    taximeter_store *store, const char *account, size_t account_length, const char *id, size_t id_length,
    const char *amount, size_t amount_length, const char *currency, size_t currency_length, char *buffer, size_t size,
    size_t *needed);

/* -- Meter ------------------------------------------------------------------------------------------------------------- */

typedef struct taximeter_meter taximeter_meter;

/* How a meter behaves. Fill it with taximeter_options_default() first, so that members added later have their defaults. */
typedef struct taximeter_options {
    /* sizeof(taximeter_options), as the host knows it. */
    size_t size;
    /* The most bytes of the spool folder; 1 GiB. */
    int64_t spool_byte_limit;
    /* The most time that a recorded event is in memory alone, in milliseconds; 100. */
    int64_t flush_interval;
    /* How long taximeter_record_durably() lets others join its sync, in microseconds; 2000. */
    int64_t group_commit;
    /* How long a call waits for room when all buffers are full, in milliseconds; 0 refuses at once; 1000. */
    int64_t wait_for_room;
    /* How long taximeter_record_durably() waits for the disk, in milliseconds; 30000. */
    int64_t durability_deadline;
    /* Events in memory at most; 131072. */
    int64_t buffered_events;
    /* Accounts, models, channels and service tiers together at most; 100000. */
    int64_t name_limit;
} taximeter_options;

void taximeter_options_default(taximeter_options *options);

/* One finished request. Token classes are disjoint: a total with the cache hits in it is not cache_miss. */
typedef struct taximeter_event {
    int64_t started_at;
    int64_t completed_at;
    int64_t cache_hit;
    int64_t cache_miss;
    int64_t cache_write;
    int64_t cache_write_1h;
    int64_t output;
    /* How many requests the counts are the sum of: 1. */
    int64_t requests;
    /* What the functions below gave for the names. */
    uint32_t account;
    uint32_t model;
    uint32_t channel;
    uint32_t service_tier;
} taximeter_event;

typedef struct taximeter_counts {
    int64_t accepted;
    int64_t refused;
    /* Those accepted that are on the disk. */
    int64_t durable;
} taximeter_counts;

/* Opens a meter on a spool folder (NUL-terminated path), which is made if it is not there; one process a folder. With a store,
 * a thread of the meter's ships to it what the spool has; without, `taximeter spool drain` does. Options may be NULL. */
int32_t taximeter_meter_open(
    const char *folder, taximeter_store *store, const taximeter_options *options, taximeter_meter **meter);

/* The number of a name: 1 to 255 bytes of UTF-8 without NUL. The same for the same name, as long as the meter is open. */
int32_t taximeter_account(taximeter_meter *meter, const char *name, size_t length, uint32_t *number);
int32_t taximeter_model(taximeter_meter *meter, const char *name, size_t length, uint32_t *number);
int32_t taximeter_channel(taximeter_meter *meter, const char *name, size_t length, uint32_t *number);
int32_t taximeter_service_tier(taximeter_meter *meter, const char *name, size_t length, uint32_t *number);

/* Records a request; it is in memory when this returns, and on the disk a flush later. The id is unique for ever within its
 * account; with NULL the meter makes one. */
int32_t taximeter_record(
    taximeter_meter *meter, const taximeter_event *event, const char *request_id, size_t id_length);

/* Records a request, and returns once it is on the disk. */
int32_t taximeter_record_durably(
    taximeter_meter *meter, const taximeter_event *event, const char *request_id, size_t id_length);

/* Records that an event is undone that was recorded before: event and id are the original's. */
int32_t taximeter_record_reversal(
    taximeter_meter *meter, const taximeter_event *event, const char *request_id, size_t id_length);

/* Records `count` events. The id of event i is ids[id_ends[i - 1] ..< id_ends[i]], from 0 for the first; with NULL the meter
 * makes them. codes[i] becomes the code of event i, unless codes is NULL; *accepted the number of those recorded. Returns
 * TAXIMETER_OK when that is all of them, else the first code that is not: the others are recorded all the same. */
int32_t taximeter_record_batch(
    taximeter_meter *meter, const taximeter_event *events, size_t count, const char *ids, const size_t *id_ends,
    int32_t *codes, size_t *accepted);

/* Returns once everything that was recorded before the call is on the disk. */
int32_t taximeter_flush(taximeter_meter *meter, int64_t milliseconds);

int32_t taximeter_meter_counts(taximeter_meter *meter, taximeter_counts *counts);

/* Takes no more events, writes what was recorded, ships for so many milliseconds at most, and frees the meter, whatever it
 * returns. What is not shipped by then stays in the folder for its next opening. */
int32_t taximeter_meter_close(taximeter_meter *meter, int64_t milliseconds);

/* -- Quotes ------------------------------------------------------------------------------------------------------------ */

typedef struct taximeter_quoter taximeter_quoter;

/* A quoter by the text of a price book, YAML or JSON. */
int32_t taximeter_quoter_open(const char *price_book, size_t length, taximeter_quoter **quoter);

/* Prices cases, one JSON object a line, as docs/quoting.md has them: a line of JSON for each, in order. */
int32_t taximeter_quote(
    taximeter_quoter *quoter, const char *cases, size_t length, char *buffer, size_t size, size_t *needed);

void taximeter_quoter_close(taximeter_quoter *quoter);

#ifdef __cplusplus
}
#endif

#endif
