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
	.rmp = PARAM_RMP_2M,
	.npt_pages = 6144,
	.report_version = PSP_REPORT_VERSION_MAX,
	.certs = true,
};

/* A parameter sets a number or a flag. */
struct key {
	const char *name;
	uint32_t lowest;
	uint32_t highest;
	uint32_t *number;
	bool *flag;
};

static const struct key keys[] = {
	{"c_bit", 47, 51, .number = &params.c_bit},
	{"la57", 0, 1, .flag = &params.la57},
	{"rmp", PARAM_RMP_2M, PARAM_RMP_4K, .number = &params.rmp},
	{"spare_cpu", 0, 1, .flag = &params.spare_cpu},
	{"trace", 0, 1, .flag = &params.trace},
	{"icount", 0, 1, .flag = &params.icount},
	{"trace_calls", 0, 1, .flag = &params.trace_calls},
	{"npt_pages", 64, 65536, .number = &params.npt_pages},
	{"spurious", 0, UINT32_MAX, .number = &params.spurious},
	{"steal", 0, UINT32_MAX, .number = &params.steal},
	{"probe", 0, 1, .flag = &params.probe},
	{"max_exits", 0, UINT32_MAX, .number = &params.max_exits},
	{"report_version", PSP_REPORT_VERSION_MIN, PSP_REPORT_VERSION_MAX,
	 .number = &params.report_version},
	{"certs", 0, 1, .flag = &params.certs},
	{"tell_certs", 0, 1, .flag = &params.tell_certs},
	{"psp_busy", 0, UINT32_MAX, .number = &params.psp_busy},
	{"psp_forge", 0, UINT32_MAX, .number = &params.psp_forge},
};

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

/* Sets KEY from the text after its name: "=" and a number. */
static void set(const struct key *key, const char *text, uint32_t bytes)
{
	uint32_t value;

	if (bytes == 0 || !parse_number(text + 1, bytes - 1, &value) || value < key->lowest ||
	    value > key->highest) {
		log_fatal("parameter %s: bad value, want %u..%u", key->name, key->lowest,
			  key->highest);
	}
	if (key->flag != NULL) {
		*key->flag = value != 0;
	} else {
		*key->number = value;
	}
}

static void refuse_unknown(const char *text, uint32_t bytes)
{
	char name[32] = {0};

	log_part("sim: the parameters are:");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		log_part(" %s", keys[i].name);
	}
	log_part("\n");
	memcpy(name, text, bytes < sizeof(name) ? bytes : sizeof(name) - 1);
	log_fatal("parameter %s is unknown", name);
}

static void parse_one(const char *text, uint32_t bytes)
{
	uint32_t equals = 0;

	while (equals < bytes && text[equals] != '=') {
		equals++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (key_matches(keys[i].name, text, equals)) {
			set(&keys[i], text + equals, bytes - equals);
			return;
		}
	}
	refuse_unknown(text, equals);
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
	if (params.rmp != PARAM_RMP_2M && params.rmp != PARAM_RMP_4K) {
		log_fatal("parameter rmp: 2m or 4k");
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
