/// How often the calling thread has called malloc.
unsigned long taximeter_allocations(void);
