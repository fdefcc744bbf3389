/* q35: memory controller 00:00.0 (PAM), LPC bridge 00:1f.0 (ACPI ports). */
#include "machine.h"

#include "x86.h"

#define PCI_ADDRESS 0xcf8
#define PCI_DATA    0xcfc

#define PCI_MCH UINT32_C(0x80000000)
#define PCI_LPC UINT32_C(0x8000f800)

#define MCH_PAM0      0x90
#define LPC_PMBASE    0x40
#define LPC_ACPI_CTRL 0x44

#define ACPI_BASE	0x600
#define ACPI_ENABLE	0x80
#define ACPI_PM_CONTROL (ACPI_BASE + 4)
#define ACPI_SLEEP	0x2000

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK	0xa1

static void pci_write(uint32_t device, uint32_t reg, uint32_t value)
{
	out32(PCI_ADDRESS, device | reg);
	out32(PCI_DATA, value);
}

static void open_acpi_ports(void)
{
	pci_write(PCI_LPC, LPC_PMBASE, ACPI_BASE | 1);
	out32(PCI_ADDRESS, PCI_LPC | LPC_ACPI_CTRL);
	out8(PCI_DATA, ACPI_ENABLE);
}

/* As firmware leaves them: else the timer kicks the first CPU all the time (docs/simulator.md). */
static void mask_pics(void)
{
	out8(PIC_MASTER_MASK, 0xff);
	out8(PIC_SLAVE_MASK, 0xff);
}

void machine_init(void)
{
	mask_pics();
	pci_write(PCI_MCH, MCH_PAM0, 0x33333330);
	pci_write(PCI_MCH, MCH_PAM0 + 4, 0x00333333);
	open_acpi_ports();
}

void machine_off(void)
{
	/* The guest may have moved them. */
	open_acpi_ports();
	out16(ACPI_PM_CONTROL, ACPI_SLEEP);
	for (;;) {
		cpu_halt();
	}
}
