/* Which inputs an event needs, and where its scratch area may lie. */
#include "ghcb_check.h"

#include "base/bits.h"
#include "unit.h"

#define GHCB_GPA UINT64_C(0x9000)
#define BUFFER	 (GHCB_GPA + 0x800)

#define V_CODE	  0x1
#define V_RAX	  0x2
#define V_RBX	  0x4
#define V_RCX	  0x8
#define V_RDX	  0x10
#define V_SCRATCH 0x20
#define V_CPL	  0x40
#define V_XCR0	  0x80

static void mark(struct ghcb_request *r, size_t bit, bool is_valid)
{
	if (is_valid) {
		r->valid[bit / 64] |= BIT(bit % 64);
	}
}

static struct ghcb_request request(uint64_t code, uint64_t info_1, uint64_t rax, unsigned int valid)
{
	struct ghcb_request r = {.code = code, .info_1 = info_1, .rax = rax};

	mark(&r, GHCB_VALID(exit_code), (valid & V_CODE) != 0);
	mark(&r, GHCB_VALID(exit_info_1), (valid & V_CODE) != 0);
	mark(&r, GHCB_VALID(exit_info_2), (valid & V_CODE) != 0);
	mark(&r, GHCB_VALID(rax), (valid & V_RAX) != 0);
	mark(&r, GHCB_VALID(rbx), (valid & V_RBX) != 0);
	mark(&r, GHCB_VALID(rcx), (valid & V_RCX) != 0);
	mark(&r, GHCB_VALID(rdx), (valid & V_RDX) != 0);
	mark(&r, GHCB_VALID(scratch), (valid & V_SCRATCH) != 0);
	mark(&r, GHCB_VALID(cpl), (valid & V_CPL) != 0);
	mark(&r, GHCB_VALID(xcr0), (valid & V_XCR0) != 0);
	return r;
}

TEST(needs_inputs)
{
	static const struct {
		const char *name;
		uint64_t code;
		uint64_t info_1;
		uint64_t rax;
		unsigned int valid; /* just enough; each bit is left out once */
	} rows[] = {
		{"features", GHCB_EVENT_HV_FEATURES, 0, 0, V_CODE},
		{"CPUID", EXIT_CPUID, 0, 1, V_CODE | V_RAX | V_RCX},
		{"CPUID 0xD", EXIT_CPUID, 0, 0xD, V_CODE | V_RAX | V_RCX | V_XCR0},
		{"IN", EXIT_IOIO, IOIO_IN | IOIO_SIZE_8, 0, V_CODE},
		{"OUT", EXIT_IOIO, IOIO_SIZE_8, 0, V_CODE | V_RAX},
		{"INS", EXIT_IOIO, IOIO_IN | IOIO_STRING | IOIO_SIZE_8, 0, V_CODE | V_SCRATCH},
		{"OUTS", EXIT_IOIO, IOIO_STRING | IOIO_SIZE_8, 0, V_CODE | V_SCRATCH},
		{"RDMSR", EXIT_MSR, 0, 0, V_CODE | V_RCX},
		{"WRMSR", EXIT_MSR, 1, 0, V_CODE | V_RCX | V_RAX | V_RDX},
		{"DR7 write", EXIT_DR7_WRITE, 0, 0, V_CODE | V_RAX},
		{"RDPMC", EXIT_RDPMC, 0, 0, V_CODE | V_RCX},
		{"VMMCALL", EXIT_VMMCALL, 0, 0, V_CODE | V_RAX | V_CPL},
		{"MONITOR", EXIT_MONITOR, 0, 0, V_CODE | V_RAX | V_RCX | V_RDX},
		{"MWAIT", EXIT_MWAIT, 0, 0, V_CODE | V_RAX | V_RCX},
		{"MMIO read", GHCB_EVENT_MMIO_READ, 0, 0, V_CODE | V_SCRATCH},
		{"MMIO write", GHCB_EVENT_MMIO_WRITE, 0, 0, V_CODE | V_SCRATCH},
		{"PSC", GHCB_EVENT_PSC, 0, 0, V_CODE | V_SCRATCH},
		{"guest request", GHCB_EVENT_GUEST_REQUEST, PAGE_SIZE, 0, V_CODE},
		{"extended", GHCB_EVENT_EXT_REQUEST, PAGE_SIZE, 0, V_CODE | V_RAX | V_RBX},
		{"APIC ids", GHCB_EVENT_GET_APIC_IDS, 0, 0, V_CODE | V_RAX},
		{"create", GHCB_EVENT_AP_CREATION, AP_CREATE, 0, V_CODE | V_RAX},
		{"destroy", GHCB_EVENT_AP_CREATION, AP_DESTROY, 0, V_CODE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ghcb_request r =
			request(rows[i].code, rows[i].info_1, rows[i].rax, rows[i].valid);

		ROW(rows[i].name);
		CHECK_EQ(ghcb_check_inputs(&r), 0);
		for (unsigned int bit = V_CODE; bit <= V_XCR0; bit <<= 1) {
			if ((rows[i].valid & bit) == 0) {
				continue;
			}
			r = request(rows[i].code, rows[i].info_1, rows[i].rax,
				    rows[i].valid & ~bit);
			CHECK_EQ(ghcb_check_inputs(&r), GHCB_BAD_MISSING_INPUT);
		}
	}
}

TEST(wants_two_pages)
{
	static const struct {
		const char *name;
		uint64_t info_1;
		uint64_t info_2;
		uint32_t want;
	} rows[] = {
		{"two pages", 0x1000, 0x2000, 0},
		{"one page", 0x1000, 0x1000, GHCB_BAD_MISSING_INPUT},
		{"request not aligned", 0x1008, 0x2000, GHCB_BAD_MISSING_INPUT},
		{"response not aligned", 0x1000, 0x2ff8, GHCB_BAD_MISSING_INPUT},
	};
	static const uint64_t codes[] = {GHCB_EVENT_GUEST_REQUEST, GHCB_EVENT_EXT_REQUEST};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ROW(rows[i].name);
		for (size_t c = 0; c < sizeof(codes) / sizeof(codes[0]); c++) {
			struct ghcb_request r =
				request(codes[c], rows[i].info_1, 0, V_CODE | V_RAX | V_RBX);

			r.info_2 = rows[i].info_2;
			CHECK_EQ(ghcb_check_inputs(&r), rows[i].want);
		}
	}
}

TEST(takes_once)
{
	static struct ghcb page;
	struct ghcb_request r;

	page.exit_code = EXIT_CPUID;
	page.rcx = 7;
	memset(page.valid_bitmap, 0xff, sizeof(page.valid_bitmap));
	ghcb_check_take(&page, &r);
	CHECK_EQ(r.code, EXIT_CPUID);
	CHECK_EQ(r.rcx, 7);
	CHECK(GHCB_IS_VALID(&r, rcx));
	for (size_t i = 0; i < sizeof(page.valid_bitmap); i++) {
		CHECK_EQ(page.valid_bitmap[i], 0);
	}
}

TEST(bounds_the_scratch_area)
{
	static const struct {
		const char *name;
		uint64_t scratch;
		uint64_t bytes;
		uint32_t want;
	} rows[] = {
		{"whole buffer", BUFFER, GHCB_BUFFER_BYTES, 0x800},
		{"last byte", BUFFER + GHCB_BUFFER_BYTES - 1, 1, 0xFEF},
		{"one too many", BUFFER, GHCB_BUFFER_BYTES + 1, 0},
		{"before the buffer", BUFFER - 1, 8, 0},
		{"behind the buffer", BUFFER + GHCB_BUFFER_BYTES, 1, 0},
		{"over the end", BUFFER + GHCB_BUFFER_BYTES - 4, 8, 0},
		{"another page", BUFFER + PAGE_SIZE, 8, 0},
		{"nothing", BUFFER, 0, 0},
		{"wraps", UINT64_MAX - 3, 8, 0},
		{"endless", BUFFER, UINT64_MAX, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ghcb_request r = {.scratch = rows[i].scratch};

		ROW(rows[i].name);
		CHECK_EQ(ghcb_check_scratch(&r, GHCB_GPA, rows[i].bytes), rows[i].want);
	}
}

UNIT_MAIN(CASE(needs_inputs), CASE(wants_two_pages), CASE(takes_once),
	  CASE(bounds_the_scratch_area))
