/*
 * arch/fake: the kernel's seam (arch/include/arch) on a host, over the simulator's RMP model.
 * This is what a test sees of it: memory, what host and guest do, what the kernel did.
 *
 * One fake machine per process. Guest memory starts at gPA 0; the SVSM's region, with the image map
 * in its first page, lies at REGION_BASE_DEFAULT. A system page has the number of its gPA until
 * fake_remap() moves it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/psp.h"
#include "base/addr.h"
#include "base/compiler.h"
#include "base/err.h"
#include "model/rmp.h"
#include "msg/image.h"
#include "msg/msg.h"
#include "msg/sys.h"
#include "snp/cpuid_page.h"
#include "snp/rmp.h"

#define FAKE_GUEST_PAGES  4096u
#define FAKE_GUEST_BYTES  (FAKE_GUEST_PAGES * PAGE_SIZE)
#define FAKE_SPARE_PAGES  16u /* system pages behind guest memory, for fake_remap() */
#define FAKE_REGION_PAGES 1024u
#define FAKE_REGION_BYTES (FAKE_REGION_PAGES * PAGE_SIZE)
#define FAKE_CPUS	  4u
#define FAKE_FEATURES	  UINT64_C(1) /* SEV_FEATURES of this VM */
#define FAKE_CBIT	  47u

/* What the kernel did through the seam, in order. */
enum fake_op {
	FAKE_READ,
	FAKE_WRITE,
	FAKE_ZERO,
	FAKE_VMSA,
	FAKE_PVALIDATE,
	FAKE_ADJUST,
	FAKE_FLUSH,
	FAKE_VCPU,
};

struct fake_event {
	enum fake_op op;
	uint64_t gpa;
	bool is_2m;
	bool validate;	    /* FAKE_PVALIDATE */
	bool vmsa;	    /* FAKE_ADJUST */
	unsigned int vmpl;  /* FAKE_ADJUST, FAKE_VCPU */
	unsigned int perms; /* FAKE_ADJUST */
};

/* cpu.c */
struct fake_cpu {
	uint64_t ticks;	     /* what arch_ticks() returns next */
	uint64_t ticks_step; /* and how far it advances by being asked */
	bool random_fails;
	void (*idle)(void);   /* what a CPU with nothing to do waits for; NULL: nothing */
	unsigned int started; /* CPUs, by arch_cpu_start() */
	enum err start_err;   /* what that says */
	bool start_is_silent; /* it says yes, and nothing begins */
	void (*console)(void); /* called before each write to the console, its lock held */
	bool exits_on_panic; /* ends the process with FAKE_EXIT_PANIC + reason; else it aborts */
};
extern struct fake_cpu fake_cpu;
#define FAKE_EXIT_PANIC 100

/* Which CPU the calling thread is. */
void fake_set_cpu(unsigned int index);

/* What the kernel wrote to the console, as a string. */
const char *fake_console(void);
void fake_console_clear(void);

/* host.c: the host. fw_cfg items are read as the device gives them: zeros past their end. */
#define FAKE_ITEMS 4u
struct fake_item {
	uint16_t key;
	const void *data;
	size_t bytes;
};

struct fake_host {
	struct fake_item items[FAKE_ITEMS];
	uint32_t apic_ids[FAKE_CPUS]; /* of the vCPUs, this one's first */
	uint32_t apic_id_count;
	bool hides_apic_ids; /* all but the first */
	unsigned int requests;	/* it has had so many */
	unsigned int fails_at;	/* this request (from 1) and all after it fail; 0: none */
	bool (*run)(unsigned int vmpl); /* plays the guest; false, or NULL: the host refuses */
	/* The last AP creation. */
	uint32_t vcpu_apic_id;
	unsigned int vcpu_vmpl;
	unsigned int vcpu_action;
	uint64_t vcpu_vmsa;
	uint64_t vcpu_features;
};
extern struct fake_host fake_host;

/* psp.c: answers each message with its bytes inverted, or as told. */
struct fake_psp {
	unsigned int prepared;
	unsigned int exchanges;
	uint32_t certificate_pages; /* offered in the last one */
	struct psp_answer answer;   /* what the next one says */
	enum err err;		    /* and returns */
};
extern struct fake_psp fake_psp;

/*
 * memory.c: guest memory, the region, the RMP.
 */
extern const struct rmp fake_rmp;

/* The bytes behind a gPA, whoever may touch them now. NULL where there is no memory. */
void *fake_at(uint64_t gpa);
struct image_map *fake_image(void); /* the region's first page */

/* All memory zero; guest memory assigned and not validated, the region validated. */
void fake_memory_reset(void);

/* What the RMP says now, to be gone back to: for those who keep one machine for many cases. */
void fake_rmp_save(void);
void fake_rmp_restore(void);

/* The host: another system page behind a gPA; one entry for 2 MiB; the page taken away. */
void fake_remap(uint64_t gpa, uint64_t system_page);
void fake_assign_2m(uint64_t gpa);
void fake_take(uint64_t gpa);

/* A page as the guest at VMPLs 1..vmpl has it after it was validated for it. */
void fake_give(uint64_t gpa, unsigned int vmpl);
bool fake_may(uint64_t gpa, unsigned int vmpl, uint8_t access);
bool fake_is_validated(uint64_t gpa);
bool fake_is_vmsa(uint64_t gpa);
bool fake_is_4k(uint64_t gpa); /* assigned, by an entry of that size */
void fake_set_running(uint64_t vmsa, bool is_running);

/*
 * What happened, oldest first. The hook, when set, is called before each event takes effect: it may
 * look, and play a host or another vCPU that is quick.
 */
#define FAKE_EVENTS_MAX 4096u
struct fake_trace {
	struct fake_event events[FAKE_EVENTS_MAX];
	unsigned int count; /* may pass FAKE_EVENTS_MAX */
	unsigned int flushes;
	void (*hook)(const struct fake_event *event);
	unsigned int instructions; /* of the RMP's, so far */
	unsigned int fault_at; /* the one of this number (from 1) faults; 0: none */
	unsigned int fault_status; /* or, when not 0, it gives this EAX */
};
extern struct fake_trace fake_trace;
void fake_note(struct fake_event event);

/* boot.c: the CPUID page, and whether each step of the boot succeeds. */
extern struct cpuid_page fake_cpuid;
extern enum err fake_boot_err;
extern bool fake_boot_console; /* its step of the serial log brings the console up */

/*
 * space.c: services. The program of the n-th address space made is fake_programs[n]; it runs on a
 * stack of its own, from the entry point, and stops where it makes a system call or an exception.
 * `msg` is its message buffer as the kernel mapped it, `first` RSI at the entry point.
 */
#define FAKE_SPACES 8u
typedef void fake_program(struct msg_buffer *msg, uint64_t first);
extern fake_program *fake_programs[FAKE_SPACES];

struct fake_answer {
	uint64_t err;
	uint64_t value;
};

/* Inside a program only. fake_linux() is a system call of Linux's: RAX. */
int64_t fake_linux(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
uint64_t fake_fs_base(void);
struct fake_answer fake_sys(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
NORETURN void fake_raise(uint64_t vector, uint64_t error);
uint64_t fake_trap(uint64_t vector, uint64_t error); /* an exception that may be emulated; RAX */
void *fake_user_at(uint64_t va, uint32_t flags);     /* NULL: not mapped so */

struct fake_space {
	unsigned int calls;    /* to arch_space_create() and arch_space_map() */
	unsigned int fails_at; /* this one (from 1) says ERR_NOMEM; 0: none */
	unsigned int count;    /* address spaces made */
};
extern struct fake_space fake_space;

/* How a page is mapped in the n-th space: IMAGE_* or 0, and the kernel's view of it. */
uint32_t fake_mapped(unsigned int n, uint64_t va, void **page);

/* deposit.c */
struct fake_deposits {
	uint32_t room;	 /* slots for which page tables can be had */
	uint32_t mapped; /* pages the kernel has mapped now */
	uint32_t last;	 /* slot of the last that was mapped */
};
extern struct fake_deposits fake_deposits;
