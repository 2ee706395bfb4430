// Stands in front of the C library's malloc, by way of which Swift allocates everything too. In C, because Swift lets no
// function have that name.
#include "allocations.h"

#include <stddef.h>

extern void *__libc_malloc(size_t size);

static _Thread_local unsigned long count;

void *malloc(size_t size) {
    count += 1;
    return __libc_malloc(size);
}

unsigned long taximeter_allocations(void) { return count; }
