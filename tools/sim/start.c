/* The run: hardware, parameters, launch, then the guest until it ends. */
#include "e820.h"
#include "fwcfg.h"
#include "host.h"
#include "launch.h"
#include "log.h"
#include "machine.h"
#include "memory.h"
#include "npt.h"
#include "params.h"
#include "smp.h"
#include "trap.h"
#include "vcpu.h"
#include "vmcb.h"
#include "x86.h"
#include "x86/regs.h"

#define FWCFG_KEY_CPUS 0x0005

void start_main(uint64_t base);

static void make_vcpus(void)
{
	const unsigned int spare = params.spare_cpu;
	static uint16_t cpus;

	fwcfg_read(FWCFG_KEY_CPUS, memory_pa_of(&cpus), sizeof(cpus));
	if (cpus <= spare || cpus > VCPU_MAX) {
		log_fatal("%u CPUs: %u to %u are possible", (unsigned int)cpus, spare + 1,
			  VCPU_MAX);
	}
	vcpu_init(cpus - spare, spare);
}

void start_main(uint64_t base)
{
	machine_init();
	memory_init(base);
	trap_init();
	log_line("SNP host simulator, %u nested levels", (read_cr4() & CR4_LA57) != 0 ? 5u : 4u);
	params_read();
	log_line("c_bit=%u la57=%u", params.c_bit, (unsigned int)params.la57);
	launch_read();
	host_init();
	npt_init(params.npt_pages);
	vmcb_init();
	make_vcpus();
	smp_start();
	memory_seal();
	e820_init();
	launch_place();
	if (params.spare_cpu) {
		smp_spare(vcpu_at(0));
	}
	vcpu_run(vcpu_at(0));
}
