/* Counters and their JSON. Texts that go into it are the simulator's own and need no escapes. */
#include "stats.h"

#include <stddef.h>

#include "base/compiler.h"
#include "log.h"
#include "params.h"
#include "snp/guest_msg.h"
#include "stay.h"
#include "vcpu.h"
#include "x86.h"

#define MAX_CALLS   256
#define MAX_RESULTS 512
#define MAX_ANSWERS 64

struct call_count {
	uint64_t call;
	uint64_t count;
};

struct result_count {
	uint64_t call;
	uint64_t result;
	uint64_t count;
};

struct answer_count {
	uint8_t type;
	enum stats_answer answer;
	uint32_t code;
	uint64_t count;
};

struct stats stats;

static struct call_count calls[MAX_CALLS];
static unsigned int call_count;
static struct result_count results[MAX_RESULTS];
static unsigned int result_count;
static struct answer_count answers[MAX_ANSWERS];
static unsigned int answer_count;

static const char *const exit_names[STATS_EXITS] = {
	[STATS_CPUID] = "cpuid",   [STATS_IOIO] = "ioio",	[STATS_MSR] = "msr",
	[STATS_NPF] = "npf",	   [STATS_VMGEXIT] = "vmgexit", [STATS_VMMCALL] = "vmmcall",
	[STATS_UD] = "ud",	   [STATS_NMI] = "nmi",		[STATS_DR7] = "dr7",
	[STATS_WBINVD] = "wbinvd", [STATS_OTHER] = "other",
};

static const char *const event_names[STATS_EVENTS] = {
	[STATS_PVALIDATE] = "pvalidate",
	[STATS_RMPADJUST] = "rmpadjust",
	[STATS_RMPQUERY] = "rmpquery",
	[STATS_INVLPGB] = "invlpgb",
	[STATS_TLBSYNC] = "tlbsync",
	[STATS_PSC] = "psc",
	[STATS_IMPLICIT] = "implicit_psc",
	[STATS_PSMASH] = "psmash",
	[STATS_VC] = "vc",
	[STATS_VC_404] = "vc_404",
	[STATS_IO_REQUEST] = "io_request",
	[STATS_MSR_REQUEST] = "msr_request",
	[STATS_MMIO_REQUEST] = "mmio_request",
	[STATS_CPUID_REQUEST] = "cpuid_request",
	[STATS_SPURIOUS] = "spurious",
	[STATS_OPEN_VMSA] = "open_vmsa",
};

static void count_call(uint64_t call)
{
	unsigned int i = 0;

	while (i < call_count && calls[i].call != call) {
		i++;
	}
	if (i == call_count) {
		if (call_count == MAX_CALLS) {
			return;
		}
		calls[call_count++].call = call;
	}
	calls[i].count++;
}

void stats_call(uint64_t call, uint64_t result)
{
	unsigned int i = 0;

	count_call(call);
	while (i < result_count && (results[i].call != call || results[i].result != result)) {
		i++;
	}
	if (i == result_count) {
		if (result_count == MAX_RESULTS) {
			return;
		}
		results[result_count++] = (struct result_count){.call = call, .result = result};
	}
	results[i].count++;
}

void stats_guest_request(uint8_t type, enum stats_answer answer, uint32_t code)
{
	unsigned int i = 0;

	while (i < answer_count && (answers[i].type != type || answers[i].answer != answer ||
				    answers[i].code != code)) {
		i++;
	}
	if (i == answer_count) {
		if (answer_count == MAX_ANSWERS) {
			return;
		}
		answers[answer_count++] =
			(struct answer_count){.type = type, .answer = answer, .code = code};
	}
	answers[i].count++;
}

static void write_type(uint8_t type)
{
	switch (type) {
	case GUEST_MSG_KEY_REQ:
		log_part("\"key\"");
		break;
	case GUEST_MSG_REPORT_REQ:
		log_part("\"report\"");
		break;
	case GUEST_MSG_TSC_INFO_REQ:
		log_part("\"tsc_info\"");
		break;
	default:
		log_part("\"type %u\"", (unsigned int)type);
		break;
	}
}

static void write_answer(const struct answer_count *a)
{
	static const char *const by[] = {
		[STATS_ANSWER_STATUS] = "status",
		[STATS_ANSWER_FIRMWARE] = "firmware",
		[STATS_ANSWER_VMM] = "vmm",
	};

	if (a->answer == STATS_ANSWER_STATUS && a->code == PSP_SUCCESS) {
		log_part("\"ok\": %lu", a->count);
	} else {
		log_part("\"%s 0x%02x\": %lu", by[a->answer], a->code, a->count);
	}
}

/* {"report": {"ok": 2, "firmware 0x1d": 1}, ...} */
static void write_guest_requests(void)
{
	const char *comma = "";
	bool is_new;

	log_part("\"guest_requests\": {");
	for (unsigned int i = 0; i < answer_count; i++) {
		is_new = true;
		for (unsigned int j = 0; j < i; j++) {
			is_new = is_new && answers[j].type != answers[i].type;
		}
		if (!is_new) {
			continue;
		}
		log_part("%s", comma);
		write_type(answers[i].type);
		log_part(": {");
		write_answer(&answers[i]);
		for (unsigned int j = i + 1; j < answer_count; j++) {
			if (answers[j].type == answers[i].type) {
				log_part(", ");
				write_answer(&answers[j]);
			}
		}
		log_part("}");
		comma = ", ";
	}
	log_part("}, ");
}

static void write_calls(void)
{
	log_part("\"calls\": {");
	for (unsigned int i = 0; i < call_count; i++) {
		log_part("%s\"%u.%u\": %lu", i == 0 ? "" : ", ", (uint32_t)(calls[i].call >> 32),
			 (uint32_t)calls[i].call, calls[i].count);
	}
	log_part("}, \"results\": {");
	for (unsigned int i = 0; i < call_count; i++) {
		const char *comma = "";

		log_part("%s\"%u.%u\": {", i == 0 ? "" : ", ", (uint32_t)(calls[i].call >> 32),
			 (uint32_t)calls[i].call);
		for (unsigned int r = 0; r < result_count; r++) {
			if (results[r].call == calls[i].call) {
				log_part("%s\"0x%08lx\": %lu", comma, results[r].result,
					 results[r].count);
				comma = ", ";
			}
		}
		log_part("}");
	}
	log_part("}, ");
}

static void write_digest(void)
{
	log_part("\"launch_digest\": \"");
	for (unsigned int i = 0; stats.has_digest && i < LAUNCH_DIGEST_BYTES; i++) {
		log_part("%02x", (unsigned int)stats.digest.value[i]);
	}
	log_part("\", ");
}

static void write_counts(const char *title, const char *const *names, const uint64_t *values,
			 unsigned int count)
{
	log_part("\"%s\": {", title);
	for (unsigned int i = 0; i < count; i++) {
		log_part("%s\"%s\": %lu", i == 0 ? "" : ", ", names[i], values[i]);
	}
	log_part("}, ");
}

void stats_write(const char *terminated)
{
	log_part("sim: stats {");
	write_digest();
	log_part("\"guest_vmpl\": %u, \"smp\": %u, \"c_bit\": %u, ", stats.guest_vmpl, vcpu_count(),
		 params.c_bit);
	write_calls();
	write_guest_requests();
	write_counts("exits", exit_names, stats.exits, STATS_EXITS);
	write_counts("events", event_names, stats.events, STATS_EVENTS);
	stay_write();
	log_part("\"vmpl_switches\": %lu, \"pages_validated\": %lu, \"npt_overflows\": %lu, "
		 "\"tsc\": %lu, ",
		 stats.vmpl_switches, stats.pages_validated, stats.npt_overflows, rdtsc());
	if (terminated != NULL) {
		log_part("\"terminated\": \"%s\"}\n", terminated);
	} else {
		log_part("\"terminated\": null}\n");
	}
}
