/* The run: hardware, parameters, launch, then the guest until it ends. */
#include "log.h"
#include "machine.h"
#include "memory.h"
#include "params.h"
#include "trap.h"
#include "x86.h"

void start_main(uint64_t base);

void start_main(uint64_t base)
{
	machine_init();
	memory_init(base);
	trap_init();
	log_line("SNP host simulator, %u nested levels", (read_cr4() & CR4_LA57) != 0 ? 5u : 4u);
	params_read();
	log_line("c_bit=%u la57=%u", params.c_bit, (unsigned int)params.la57);
	memory_seal();
	log_end("nothing to run");
}
