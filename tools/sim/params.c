/* Parameters of a run. They come from whoever starts QEMU: a mistake is told and ends the run. */
#include "params.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "fwcfg.h"
#include "log.h"
#include "memory.h"
#include "model/psp.h"
#include "x86.h"
#include "x86/regs.h"

#define TEXT_BYTES 512

struct params params = {
	.c_bit = 51,
	.npt_pages = 6144,
	.report_version = PSP_REPORT_VERSION_MAX,
	.certs = true,
};

struct key {
	const char *name;
	uint32_t lowest;
	uint32_t highest;
};

enum key_index {
	KEY_C_BIT,
	KEY_LA57,
	KEY_RMP,
	KEY_SPARE_CPU,
	KEY_TRACE,
	KEY_ICOUNT,
	KEY_TRACE_CALLS,
	KEY_NPT,
	KEY_SPURIOUS,
	KEY_STEAL,
	KEY_PROBE,
	KEY_MAX_EXITS,
	KEY_REPORT_VERSION,
	KEY_CERTS,
	KEY_TELL_CERTS,
	KEY_PSP_BUSY,
	KEY_PSP_FORGE,
	KEY_COUNT
};

static const struct key keys[KEY_COUNT] = {
	[KEY_C_BIT] = {"c_bit", 47, 51},
	[KEY_LA57] = {"la57", 0, 1},
	[KEY_RMP] = {"rmp", 2, 4},
	[KEY_SPARE_CPU] = {"spare_cpu", 0, 1},
	[KEY_TRACE] = {"trace", 0, 1},
	[KEY_ICOUNT] = {"icount", 0, 1},
	[KEY_TRACE_CALLS] = {"trace_calls", 0, 1},
	[KEY_NPT] = {"npt_pages", 64, 65536},
	[KEY_SPURIOUS] = {"spurious", 0, UINT32_MAX},
	[KEY_STEAL] = {"steal", 0, UINT32_MAX},
	[KEY_PROBE] = {"probe", 0, 1},
	[KEY_MAX_EXITS] = {"max_exits", 0, UINT32_MAX},
	[KEY_REPORT_VERSION] = {"report_version", PSP_REPORT_VERSION_MIN, PSP_REPORT_VERSION_MAX},
	[KEY_CERTS] = {"certs", 0, 1},
	[KEY_TELL_CERTS] = {"tell_certs", 0, 1},
	[KEY_PSP_BUSY] = {"psp_busy", 0, UINT32_MAX},
	[KEY_PSP_FORGE] = {"psp_forge", 0, UINT32_MAX},
};

static void params_set(enum key_index key, uint32_t value)
{
	switch (key) {
	case KEY_C_BIT:
		params.c_bit = value;
		break;
	case KEY_LA57:
		params.la57 = value != 0;
		break;
	case KEY_RMP:
		if (value == 3) {
			log_fatal("parameter rmp: 2m or 4k");
		}
		params.rmp_4k = value == 4;
		break;
	case KEY_SPARE_CPU:
		params.spare_cpu = value != 0;
		break;
	case KEY_TRACE:
		params.trace = value != 0;
		break;
	case KEY_ICOUNT:
		params.icount = value != 0;
		break;
	case KEY_TRACE_CALLS:
		params.trace_calls = value != 0;
		break;
	case KEY_NPT:
		params.npt_pages = value;
		break;
	case KEY_SPURIOUS:
		params.spurious = value;
		break;
	case KEY_STEAL:
		params.steal = value;
		break;
	case KEY_PROBE:
		params.probe = value != 0;
		break;
	case KEY_MAX_EXITS:
		params.max_exits = value;
		break;
	case KEY_REPORT_VERSION:
		params.report_version = value;
		break;
	case KEY_CERTS:
		params.certs = value != 0;
		break;
	case KEY_TELL_CERTS:
		params.tell_certs = value != 0;
		break;
	case KEY_PSP_BUSY:
		params.psp_busy = value;
		break;
	case KEY_PSP_FORGE:
		params.psp_forge = value;
		break;
	case KEY_COUNT:
		break;
	}
}

static bool key_matches(const char *name, const char *text, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes && name[i] == text[i]; i++) {
		if (name[i] == '\0') {
			return false;
		}
	}
	return i == bytes && name[i] == '\0';
}

/* Decimal digits; a `k` or `M` after them is allowed for page sizes (rmp=4k) and says nothing. */
static bool parse_number(const char *text, uint32_t bytes, uint32_t *value)
{
	uint64_t v = 0;
	uint32_t i;

	if (bytes > 1 && (text[bytes - 1] == 'k' || text[bytes - 1] == 'm')) {
		bytes--;
	}
	for (i = 0; i < bytes && i < 10 && text[i] >= '0' && text[i] <= '9'; i++) {
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	*value = (uint32_t)v;
	return bytes > 0 && i == bytes && v <= UINT32_MAX;
}

static void parse_one(const char *text, uint32_t bytes)
{
	char name[32] = {0};
	uint32_t equals = 0;
	uint32_t value;

	while (equals < bytes && text[equals] != '=') {
		equals++;
	}
	for (enum key_index k = KEY_C_BIT; k < KEY_COUNT; k++) {
		if (!key_matches(keys[k].name, text, equals)) {
			continue;
		}
		if (equals == bytes ||
		    !parse_number(text + equals + 1, bytes - equals - 1, &value) ||
		    value < keys[k].lowest || value > keys[k].highest) {
			log_fatal("parameter %s: bad value, want %u..%u", keys[k].name,
				  keys[k].lowest, keys[k].highest);
		}
		params_set(k, value);
		return;
	}
	memcpy(name, text, equals < sizeof(name) ? equals : sizeof(name) - 1);
	log_fatal("parameter %s is unknown; known: c_bit la57 rmp spare_cpu trace icount "
		  "trace_calls npt_pages spurious steal probe max_exits report_version certs "
		  "tell_certs psp_busy psp_forge",
		  name);
}

void params_parse(const char *text, uint32_t bytes)
{
	uint32_t at = 0;
	uint32_t end;

	while (at < bytes && text[at] != '\0') {
		if (text[at] == ' ' || text[at] == '\n') {
			at++;
			continue;
		}
		end = at;
		while (end < bytes && text[end] != ' ' && text[end] != '\n' && text[end] != '\0') {
			end++;
		}
		parse_one(text + at, end - at);
		at = end;
	}
}

static void check_cpu(void)
{
	unsigned int phys_bits = cpuid(0x80000008, 0).eax & 0xff;

	if ((cpuid(0x80000001, 0).ecx & BIT32(2)) == 0) {
		log_fatal("this CPU has no SVM: start QEMU with -cpu EPYC-Milan under TCG");
	}
	if (params.c_bit != 47 && params.c_bit != 51) {
		log_fatal("parameter c_bit: 47 or 51");
	}
	if (params.c_bit == 51 && (read_cr4() & CR4_LA57) == 0) {
		log_fatal("c_bit=51 needs 5-level nested tables: -cpu EPYC-Milan,+la57");
	}
	if (phys_bits <= params.c_bit) {
		log_fatal("phys-bits=%u is too small for c_bit=%u: -cpu ...,phys-bits=%u",
			  phys_bits, params.c_bit, params.c_bit + 1);
	}
	if (params.la57 && (cpuid(7, 0).ecx & BIT32(16)) == 0) {
		log_fatal("la57=1 needs -cpu ...,+la57");
	}
}

void params_read(void)
{
	static char text[TEXT_BYTES] ALIGNED(4096);
	struct fwcfg_file file;

	if (fwcfg_find("opt/keel/sim", &file)) {
		if (file.bytes > sizeof(text)) {
			log_fatal("opt/keel/sim is longer than %u bytes", TEXT_BYTES);
		}
		fwcfg_read(file.key, memory_pa_of(text), file.bytes);
		params_parse(text, file.bytes);
	}
	check_cpu();
}
