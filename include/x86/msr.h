/* Model-specific registers (APM volume 2, appendix A) and the bits Keel uses. */
#pragma once

#include "base/bits.h"

#define MSR_APIC_BASE	   0x0000001B
#define MSR_PAT		   0x00000277
#define MSR_EFER	   0xC0000080
#define MSR_STAR	   0xC0000081
#define MSR_LSTAR	   0xC0000082
#define MSR_CSTAR	   0xC0000083
#define MSR_SFMASK	   0xC0000084
#define MSR_FS_BASE	   0xC0000100
#define MSR_GS_BASE	   0xC0000101
#define MSR_KERNEL_GS_BASE 0xC0000102
#define MSR_VM_HSAVE_PA	   0xC0010117

#define EFER_SCE  BIT(0)
#define EFER_LME  BIT(8)
#define EFER_LMA  BIT(10)
#define EFER_NXE  BIT(11)
#define EFER_SVME BIT(12)
