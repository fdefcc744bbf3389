/* Offsets of struct gprs for entry.S; vcpu.h asserts that they are right. */
#pragma once

#define GPRS_RBX 0x00
#define GPRS_RCX 0x08
#define GPRS_RDX 0x10
#define GPRS_RSI 0x18
#define GPRS_RDI 0x20
#define GPRS_RBP 0x28
#define GPRS_R8	 0x30
