/*
 * The test guest: runs every case at the VMPL it was started at, prints the verdicts on COM1 and
 * terminates through the GHCB, with reason 0 when all passed.
 */
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "console.h"
#include "ghcb.h"
#include "svsm.h"
#include "trap.h"

#define REASON_FAILED 1

NORETURN void guest_main(void);

void guest_main(void)
{
	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	console_text("keel test guest at VMPL");
	console_decimal(svsm_vmpl());
	console_line();
	cases_start();
	cases_call();
	svsm_use_event(true);
	cases_call();
	cases_pvalidate();
	cases_vcpu();
	cases_remap();
	cases_random();
	cases_smp();
	cases_hello();
	cases_vtpm();
	cases_attest();
	cases_keel();
	cases_mem();
	cases_faulty();
	ghcb_terminate(check_end() ? 0 : REASON_FAILED);
}
