/* Numbers that assembly and C share. Of struct gprs: vcpu.h asserts that they are right. */
#pragma once

#define GPRS_RBX 0x00
#define GPRS_RCX 0x08
#define GPRS_RDX 0x10
#define GPRS_RSI 0x18
#define GPRS_RDI 0x20
#define GPRS_RBP 0x28
#define GPRS_R8	 0x30

/* A CPU's stack in the simulator, aligned to its size. */
#define STACK_SHIFT 16
#define STACK_BYTES 0x10000

/* Where other CPUs start (boot.S), and where in that page the address of the page tables is. */
#define START_PAGE 0xFF000
#define START_BASE 0xFE8
