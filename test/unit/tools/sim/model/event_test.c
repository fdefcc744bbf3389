/* What becomes of an event whose delivery an exit cut short. */
#include "event.h"

#include "base/compiler.h"
#include "snp/ghcb.h"
#include "unit.h"

#define TYPE_SOFTWARE (UINT64_C(4) << 8)
#define TYPE_RESERVED (UINT64_C(1) << 8)

static const struct {
	const char *name;
	uint64_t raw;
	uint64_t again;
} rows[] = {
	{"nothing was under way", 0x30, 0},
	{"an interrupt", 0x30 | EVENTINJ_TYPE_INTR | EVENTINJ_VALID,
	 0x30 | EVENTINJ_TYPE_INTR | EVENTINJ_VALID},
	{"an interrupt as TCG reports it", 0x30 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID,
	 0x30 | EVENTINJ_TYPE_INTR | EVENTINJ_VALID},
	{"the first interrupt vector", 0x20 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID,
	 0x20 | EVENTINJ_TYPE_INTR | EVENTINJ_VALID},
	{"an NMI", 2 | EVENTINJ_TYPE_NMI | EVENTINJ_VALID, 2 | EVENTINJ_TYPE_NMI | EVENTINJ_VALID},
	{"an exception", 1 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID,
	 1 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID},
	{"an exception with its error code",
	 14 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_ERROR_VALID | EVENTINJ_VALID | (UINT64_C(6) << 32),
	 14 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_ERROR_VALID | EVENTINJ_VALID |
		 (UINT64_C(6) << 32)},
	{"a left-over error code without its bit",
	 6 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID | (UINT64_C(6) << 32),
	 6 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID},
	{"a software interrupt", 0x80 | TYPE_SOFTWARE | EVENTINJ_VALID, 0},
	{"a reserved type", 0x80 | TYPE_RESERVED | EVENTINJ_VALID, 0},
};

TEST(goes_on)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(event_again(rows[i].raw), rows[i].again);
	}
}

UNIT_MAIN(CASE(goes_on))
