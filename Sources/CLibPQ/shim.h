#ifndef TAXIMETER_CLIBPQ_SHIM_H
#define TAXIMETER_CLIBPQ_SHIM_H

#include <libpq-fe.h>

#endif
