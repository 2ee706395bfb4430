/* libtaximeter: the C ABI of Taximeter.
 *
 * No function throws, and none takes over signal handlers or threads of its host. Strings that are returned are UTF-8,
 * end with NUL, live as long as the process, and must not be freed. */
#ifndef TAXIMETER_H
#define TAXIMETER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI that this header describes. A host compares it with taximeter_abi_version() before it calls anything else. */
#define TAXIMETER_ABI_VERSION 1

/* The ABI of the library that was loaded. */
int32_t taximeter_abi_version(void);

/* The version of the library that was loaded, such as "0.1.0". */
const char *taximeter_version(void);

#ifdef __cplusplus
}
#endif

#endif
