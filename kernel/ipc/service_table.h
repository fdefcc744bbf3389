/* What the kernel knows of each service: pure data, one entry each (docs/write-a-service.md). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg/sys.h"

enum service_death {
	SERVICE_RESTART, /* stateless: starts again from its measured image at the next call */
	SERVICE_STAY_DOWN, /* a restart would hand out fresh state as if nothing had happened */
};

struct service_entry {
	const char *name; /* of the image, as given to keel-igvm */
	uint32_t protocol;
	uint32_t version_min;
	uint32_t version_max;
	uint32_t rights; /* SYS_RIGHT_* */
	bool reentrant;	 /* false: a second vCPU gets BUSY while one is inside */
	enum service_death death;
};

extern const struct service_entry service_table[];
extern const unsigned int service_table_count;
