/* What is left to deliver after an exit; see event.h. */
#include "event.h"

#include "base/bits.h"
#include "snp/ghcb.h"

#define FIRST_INTERRUPT	      32
#define EVENT_VECTOR_AND_TYPE UINT64_C(0x7ff)

uint64_t event_again(uint64_t raw)
{
	if ((raw & EVENTINJ_VALID) == 0) {
		return 0;
	}
	switch (EVENTINJ_TYPE(raw)) {
	case EVENTINJ_TYPE_INTR:
		return EVENTINJ_VECTOR(raw) | EVENTINJ_TYPE_INTR | EVENTINJ_VALID;
	case EVENTINJ_TYPE_NMI:
		return EVENTINJ_VECTOR(raw) | EVENTINJ_TYPE_NMI | EVENTINJ_VALID;
	case EVENTINJ_TYPE_EXCEPTION:
		if (EVENTINJ_VECTOR(raw) >= FIRST_INTERRUPT) {
			return EVENTINJ_VECTOR(raw) | EVENTINJ_TYPE_INTR | EVENTINJ_VALID;
		}
		if ((raw & EVENTINJ_ERROR_VALID) != 0) {
			return raw & (EVENT_VECTOR_AND_TYPE | EVENTINJ_ERROR_VALID |
				      EVENTINJ_VALID | ~UINT64_C(0xffffffff));
		}
		return raw & (EVENT_VECTOR_AND_TYPE | EVENTINJ_VALID);
	default:
		return 0;
	}
}
