/*
 * Talking to the host. The GHCB is shared memory: every field is written once before VMGEXIT and
 * read once after it, into a local.
 */
#include "metal/ghcb.h"

#include "arch/boot.h"
#include "arch/cpu.h"
#include "arch/host.h"
#include "arch/rmp.h"
#include "base/mem.h"
#include "log.h"
#include "metal/environment.h"
#include "metal/insn.h"
#include "metal/percpu.h"
#include "metal/tables.h"
#include "metal/trap.h"
#include "mm/pool.h"
#include "snp/ghcb.h"
#include "snp/ghcb_msr.h"

uint64_t ghcb_msr_call(uint64_t request)
{
	uint64_t before = insn_rdmsr(MSR_GHCB);
	uint64_t answer;

	insn_wrmsr(MSR_GHCB, request);
	insn_vmgexit();
	answer = insn_rdmsr(MSR_GHCB);
	insn_wrmsr(MSR_GHCB, before);
	return answer;
}

static enum err make_shared(gpa_t page)
{
	uint64_t answer;
	struct rmp_result r = arch_pvalidate(page, RMP_4K, false);

	if (r.faulted || r.status != RMP_OK || r.unchanged) {
		return ERR_HOST;
	}
	answer = ghcb_msr_call(GHCB_MSR_PSC_REQ | page.value | GHCB_MSR_PSC_SHARED);
	/* Bits 31:12 of the answer are reserved, and zero. */
	return answer == GHCB_MSR_PSC_RESP ? ERR_OK : ERR_HOST;
}

void *ghcb_alloc_shared(size_t pages)
{
	uint8_t *first = pool_alloc(pages);

	for (size_t at = 0; first != NULL && at < pages * PAGE_SIZE; at += PAGE_SIZE) {
		if (make_shared(pool_gpa(first + at)) != ERR_OK) {
			return NULL;
		}
		tables_share(first + at);
	}
	arch_flush_all();
	if (first != NULL) {
		memset(first, 0, pages * PAGE_SIZE);
	}
	return first;
}

enum err ghcb_setup(void)
{
	struct ghcb *ghcb = ghcb_alloc_shared(1);
	uint64_t page;

	if (ghcb == NULL) {
		return ERR_HOST;
	}
	page = pool_gpa(ghcb).value;
	if (ghcb_msr_call(GHCB_MSR_REGISTER_GPA_REQ | page) !=
	    (GHCB_MSR_REGISTER_GPA_RESP | page)) {
		return ERR_HOST;
	}
	insn_wrmsr(MSR_GHCB, page);
	percpu_this()->ghcb = ghcb;
	return ERR_OK;
}

enum err arch_boot_ghcb(const struct image_map *image)
{
	(void)image;
	return ghcb_setup();
}

void ghcb_set_valid(struct ghcb *g, size_t bit)
{
	g->valid_bitmap[bit / 8] = (uint8_t)(g->valid_bitmap[bit / 8] | 1u << (bit % 8));
}

struct ghcb *ghcb_begin(uint64_t code, uint64_t info1, uint64_t info2)
{
	struct ghcb *g = percpu_this()->ghcb;

	memset(g->valid_bitmap, 0, sizeof(g->valid_bitmap));
	g->protocol_version = GHCB_PROTOCOL_2;
	g->usage = 0;
	g->exit_code = code;
	g->exit_info_1 = info1;
	g->exit_info_2 = info2;
	ghcb_set_valid(g, GHCB_VALID(exit_code));
	ghcb_set_valid(g, GHCB_VALID(exit_info_1));
	ghcb_set_valid(g, GHCB_VALID(exit_info_2));
	return g;
}

enum err ghcb_finish(struct ghcb *g, uint64_t *info2)
{
	insn_vmgexit();
	*info2 = READ_ONCE(g->exit_info_2);
	/* A service can execute VMGEXIT too: nothing is left here that it could repeat. */
	memset(g->valid_bitmap, 0, sizeof(g->valid_bitmap));
	g->exit_code = 0;
	return (uint32_t)READ_ONCE(g->exit_info_1) == GHCB_RESULT_OK ? ERR_OK : ERR_HOST;
}

enum err arch_host_run_vmpl(unsigned int vmpl)
{
	struct ghcb *g = ghcb_begin(GHCB_EVENT_RUN_VMPL, vmpl, 0);
	uint64_t info2;
	enum err err = ghcb_finish(g, &info2);

	trap_report_injected();
	return err == ERR_OK && info2 != 0 ? ERR_HOST : err;
}

enum err arch_host_vcpu(uint32_t apic_id, unsigned int vmpl, unsigned int action, gpa_t vmsa,
			uint64_t features)
{
	const uint64_t info1 = AP_CREATION_INFO(apic_id, vmpl, action);
	struct ghcb *g = ghcb_begin(GHCB_EVENT_AP_CREATION, info1, vmsa.value);
	uint64_t info2;
	enum err err;

	g->rax = features;
	ghcb_set_valid(g, GHCB_VALID(rax));
	err = ghcb_finish(g, &info2);
	return err == ERR_OK && info2 != 0 ? ERR_HOST : err;
}

/* CPUID leaf 1, EBX[31:24]: which vCPU this is, only the host knows. */
static enum err own_apic_id(uint32_t *apic_id)
{
	struct ghcb *g = ghcb_begin(EXIT_CPUID, 0, 0);
	uint64_t info2;
	enum err err;

	g->rax = 1;
	g->rcx = 0;
	ghcb_set_valid(g, GHCB_VALID(rax));
	ghcb_set_valid(g, GHCB_VALID(rcx));
	err = ghcb_finish(g, &info2);
	if (err == ERR_OK) {
		*apic_id = (uint32_t)READ_ONCE(g->rbx) >> 24;
	}
	return err;
}

/* The list page: a count and that many ids, all the host's. It stays shared; there is one. */
static enum err read_id_list(uint32_t own, uint32_t *ids, uint32_t max, uint32_t *count)
{
	const uint32_t *list = ghcb_alloc_shared(1);
	struct ghcb *g;
	uint64_t info2;
	uint32_t listed;

	if (list == NULL) {
		return ERR_NOMEM;
	}
	g = ghcb_begin(GHCB_EVENT_GET_APIC_IDS, pool_gpa(list).value, 0);
	g->rax = 1;
	ghcb_set_valid(g, GHCB_VALID(rax));
	if (ghcb_finish(g, &info2) != ERR_OK || READ_ONCE(g->rax) != 1) {
		return ERR_HOST;
	}
	listed = READ_ONCE(list[0]);
	ids[0] = own;
	*count = 1;
	for (uint32_t i = 1; i <= listed && i < PAGE_SIZE / sizeof(*list); i++) {
		uint32_t id = READ_ONCE(list[i]);

		if (id != own && *count < max) {
			ids[(*count)++] = id;
		}
	}
	return ERR_OK;
}

enum err arch_host_apic_ids(uint32_t *ids, uint32_t max, uint32_t *count)
{
	uint32_t own;
	enum err err = own_apic_id(&own);

	if (err != ERR_OK) {
		return err;
	}
	if ((environment_hv_features() & GHCB_HV_FT_APIC_ID_LIST) == 0) {
		ids[0] = own;
		*count = 1;
		return ERR_UNSUPPORTED;
	}
	return read_id_list(own, ids, max, count);
}

/* String output or input of single bytes through the GHCB's buffer, many at a time. */
static enum err port_string(uint16_t port, uint64_t direction, size_t bytes)
{
	struct ghcb *g = ghcb_begin(EXIT_IOIO,
			       (uint64_t)port << IOIO_PORT_SHIFT | IOIO_ADDR_64 | IOIO_SIZE_8 |
				       IOIO_STRING | IOIO_REP | direction,
			       bytes);
	uint64_t info2;

	g->scratch = pool_gpa(g).value + offsetof(struct ghcb, buffer);
	ghcb_set_valid(g, GHCB_VALID(scratch));
	return ghcb_finish(g, &info2);
}

enum err arch_host_port_in(uint16_t port, void *dst, size_t bytes)
{
	uint8_t *to = dst;
	enum err err = ERR_OK;

	while (bytes > 0 && err == ERR_OK) {
		size_t part = bytes < GHCB_BUFFER_BYTES ? bytes : GHCB_BUFFER_BYTES;

		err = port_string(port, IOIO_IN, part);
		memcpy(to, percpu_this()->ghcb->buffer, part);
		to += part;
		bytes -= part;
	}
	return err;
}

static enum err port_out(uint16_t port, uint64_t size, uint64_t value)
{
	struct ghcb *g =
		ghcb_begin(EXIT_IOIO, (uint64_t)port << IOIO_PORT_SHIFT | IOIO_ADDR_64 | size, 0);
	uint64_t info2;

	g->rax = value;
	ghcb_set_valid(g, GHCB_VALID(rax));
	return ghcb_finish(g, &info2);
}

enum err arch_host_port_out16(uint16_t port, uint16_t value)
{
	return port_out(port, IOIO_SIZE_16, value);
}

/* The third serial port: firmware writes its console to the first two. 115200 baud, 8N1, no
 * interrupts. */
#define SERIAL_PORT 0x3E8

enum err arch_boot_serial(const struct image_map *image)
{
	static const struct {
		uint8_t reg;
		uint8_t value;
	} setup[] = {
		{1, 0x00}, {3, 0x80}, {0, 0x01}, {1, 0x00}, {3, 0x03}, {2, 0x07},
	};
	enum err err = ERR_OK;

	(void)image;
	for (size_t i = 0; i < ARRAY_SIZE(setup) && err == ERR_OK; i++) {
		err = port_out((uint16_t)(SERIAL_PORT + setup[i].reg), IOIO_SIZE_8, setup[i].value);
	}
	log_console_ready();
	return err;
}

void arch_console_write(const char *text, size_t bytes)
{
	if (percpu_this()->ghcb == NULL) {
		return;
	}
	while (bytes > 0) {
		size_t part = bytes < GHCB_BUFFER_BYTES ? bytes : GHCB_BUFFER_BYTES;

		memcpy(percpu_this()->ghcb->buffer, text, part);
		if (port_string(SERIAL_PORT, 0, part) != ERR_OK) {
			return;
		}
		text += part;
		bytes -= part;
	}
}

void arch_terminate(unsigned int reason)
{
	for (;;) {
		insn_wrmsr(MSR_GHCB, GHCB_MSR_TERMINATE(GHCB_TERM_SET_KEEL, reason));
		insn_vmgexit();
		insn_hlt();
	}
}
