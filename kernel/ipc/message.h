/* Keel's own message protocol (include/svsm/keel.h): services by name. */
#pragma once

#include "ipc/route.h"

/* Answers a call of SVSM_PROTOCOL_KEEL. */
void message_dispatch(struct route_call *call);
