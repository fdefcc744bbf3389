/*
 * Delivery of #VC and of interrupts as the hardware does it (APM volume 2, chapter 8): gate, stack,
 * frame, new CS. What hardware would answer with another fault ends the run; the log says why.
 */
#include "inject.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "log.h"
#include "snp/ghcb.h"
#include "stats.h"
#include "vmcb.h"
#include "walk.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define GATE_INTERRUPT 14
#define GATE_TRAP      15
#define GATE_INT_16    6
#define GATE_TRAP_16   7

#define ATTR_TYPE(a)	((a)&15u)
#define ATTR_DPL(a)	(((a) >> 5) & 3u)
#define ATTR_P		BIT32(7)
#define ATTR_L		BIT32(9)
#define ATTR_DB		BIT32(10)
#define ATTR_G		BIT32(11)
#define TYPE_CONFORMING 4u

/* The flags an exception clears in the handler. */
#define FLAGS_OFF (RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM)

struct delivery {
	unsigned int vector;
	bool has_error;
	uint64_t error;
};

struct gate {
	uint64_t offset;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
};

static void NORETURN undeliverable(const struct context *c, const char *why)
{
	log_fatal("shutdown: #VC or an interrupt cannot be delivered: %s (VMPL%u rip 0x%lx, exit "
		  "0x%lx, rsp 0x%lx, cr3 0x%lx)",
		  why, c->vmpl, c->save->rip, c->vmcb->exit_code, c->save->rsp, c->save->cr3);
}

static void read_or_die(const struct context *c, uint64_t va, void *to, uint64_t bytes,
			const char *what)
{
	if (walk_read(c, va, to, bytes) != WALK_OK) {
		undeliverable(c, what);
	}
}

static void push_or_die(struct context *c, uint64_t va, const void *frame, uint64_t bytes)
{
	if (walk_write(c, va, frame, bytes) != WALK_OK) {
		undeliverable(c, "the stack cannot be written");
	}
}

static struct gate read_gate(const struct context *c, unsigned int vector)
{
	uint32_t raw[4] = {0};
	bool is_long = (c->save->efer & EFER_LMA) != 0;
	uint32_t bytes = is_long ? 16 : 8;
	uint32_t at = vector * bytes;
	struct gate gate;

	if (at + bytes - 1 > c->save->idtr.limit) {
		undeliverable(c, "the IDT is too short");
	}
	read_or_die(c, c->save->idtr.base + at, raw, bytes, "the IDT cannot be read");
	if ((raw[1] & BIT32(15)) == 0) {
		undeliverable(c, "the gate is not present");
	}
	gate.offset = (raw[0] & 0xffff) | (raw[1] & 0xffff0000) | ((uint64_t)raw[2] << 32);
	gate.selector = (uint16_t)(raw[0] >> 16);
	gate.ist = (uint8_t)(raw[1] & 7);
	gate.type = (uint8_t)((raw[1] >> 8) & 15);
	return gate;
}

static void load_descriptor(const struct context *c, uint16_t selector,
			    struct vmsa_segment *segment)
{
	uint32_t raw[2];
	uint32_t limit;

	if ((selector & 0xfffc) == 0 || (selector & 4) != 0 ||
	    (selector | 7u) > c->save->gdtr.limit) {
		undeliverable(c, "a selector lies outside the GDT");
	}
	read_or_die(c, c->save->gdtr.base + (selector & ~7u), raw, sizeof(raw),
		    "the GDT cannot be read");
	segment->selector = selector;
	segment->attributes = (uint16_t)(((raw[1] >> 8) & 0xff) | ((raw[1] >> 12) & 0xf00));
	segment->base = (raw[0] >> 16) | ((raw[1] & 0xff) << 16) | (raw[1] & 0xff000000);
	limit = (raw[0] & 0xffff) | (raw[1] & 0xf0000);
	segment->limit = (segment->attributes & ATTR_G) != 0 ? (limit << 12) | 0xfff : limit;
	if ((segment->attributes & ATTR_P) == 0) {
		undeliverable(c, "a segment is not present");
	}
}

/* The handler's CS, and the CPL it runs at. */
static unsigned int handler_cs(const struct context *c, const struct gate *gate,
			       struct vmsa_segment *cs)
{
	unsigned int cpl = c->save->cpl;

	load_descriptor(c, gate->selector, cs);
	if ((ATTR_TYPE(cs->attributes) & TYPE_CONFORMING) == 0) {
		cpl = ATTR_DPL(cs->attributes);
	}
	if (cpl > c->save->cpl) {
		undeliverable(c, "the gate leads to a lower privilege");
	}
	cs->selector = (uint16_t)((gate->selector & ~3u) | cpl);
	return cpl;
}

static void enter(struct context *c, const struct gate *gate, const struct vmsa_segment *cs,
		  uint64_t rsp)
{
	bool masks = gate->type == GATE_INTERRUPT || gate->type == GATE_INT_16;

	c->save->cs = *cs;
	c->save->rip = gate->offset;
	c->save->rsp = rsp;
	c->save->rflags &= ~(FLAGS_OFF | (masks ? RFLAGS_IF : 0));
	c->vmcb->int_state &= ~UINT64_C(1);
}

static uint64_t stack_64(const struct context *c, const struct gate *gate, unsigned int cpl)
{
	uint64_t rsp = c->save->rsp;

	if (gate->ist != 0) {
		read_or_die(c, c->save->tr.base + 0x24 + 8 * (gate->ist - 1u), &rsp, sizeof(rsp),
			    "the TSS cannot be read");
	} else if (cpl < c->save->cpl) {
		read_or_die(c, c->save->tr.base + 4 + 8 * cpl, &rsp, sizeof(rsp),
			    "the TSS cannot be read");
	}
	return rsp & ~UINT64_C(15);
}

static void deliver_64(struct context *c, const struct delivery *d)
{
	struct gate gate = read_gate(c, d->vector);
	struct vmsa_segment cs;
	unsigned int cpl = handler_cs(c, &gate, &cs);
	struct vmsa *s = c->save;
	const uint64_t frame[] = {d->error,  s->rip, s->cs.selector,
				  s->rflags, s->rsp, s->ss.selector};
	unsigned int first = d->has_error ? 0 : 1;
	uint64_t bytes = sizeof(frame) - first * sizeof(*frame);
	uint64_t rsp;

	if (gate.type != GATE_INTERRUPT && gate.type != GATE_TRAP) {
		undeliverable(c, "the gate has a wrong type");
	}
	if ((cs.attributes & ATTR_L) == 0) {
		undeliverable(c, "the gate does not lead to 64-bit code");
	}
	rsp = stack_64(c, &gate, cpl) - bytes;
	push_or_die(c, rsp, &frame[first], bytes);
	if (cpl < s->cpl) {
		s->ss = (struct vmsa_segment){.selector = (uint16_t)cpl, .attributes = 0xc93};
		s->cpl = (uint8_t)cpl;
	}
	cs.base = 0;
	enter(c, &gate, &cs, rsp);
}

/* The inner stack of a 32-bit TSS. */
static uint32_t stack_32(struct context *c, unsigned int cpl)
{
	uint32_t raw[2];

	read_or_die(c, c->save->tr.base + 4 + 8 * cpl, raw, sizeof(raw), "the TSS cannot be read");
	load_descriptor(c, (uint16_t)raw[1], &c->save->ss);
	return raw[0];
}

static void push_legacy(struct context *c, uint32_t *sp, uint32_t value, unsigned int bytes)
{
	bool is_big = (c->save->ss.attributes & ATTR_DB) != 0;

	*sp -= bytes;
	if (!is_big) {
		*sp &= 0xffff;
	}
	push_or_die(c, (c->save->ss.base + *sp) & 0xffffffff, &value, bytes);
}

static void deliver_32(struct context *c, const struct delivery *d)
{
	struct gate gate = read_gate(c, d->vector);
	unsigned int width = gate.type >= GATE_INTERRUPT ? 4 : 2;
	struct vmsa_segment cs;
	unsigned int cpl = handler_cs(c, &gate, &cs);
	struct vmsa old = *c->save;
	uint32_t sp = (uint32_t)old.rsp;

	if ((old.rflags & RFLAGS_VM) != 0) {
		undeliverable(c, "virtual-8086 mode is not simulated");
	}
	if (gate.type != GATE_INTERRUPT && gate.type != GATE_TRAP && gate.type != GATE_INT_16 &&
	    gate.type != GATE_TRAP_16) {
		undeliverable(c, "the gate has a wrong type");
	}
	gate.offset &= width == 4 ? 0xffffffff : 0xffff;
	if (cpl < old.cpl) {
		sp = stack_32(c, cpl);
		c->save->cpl = (uint8_t)cpl;
		push_legacy(c, &sp, old.ss.selector, width);
		push_legacy(c, &sp, (uint32_t)old.rsp, width);
	}
	push_legacy(c, &sp, (uint32_t)old.rflags, width);
	push_legacy(c, &sp, old.cs.selector, width);
	push_legacy(c, &sp, (uint32_t)old.rip, width);
	if (d->has_error) {
		push_legacy(c, &sp, (uint32_t)d->error, width);
	}
	enter(c, &gate, &cs, sp);
}

/* Real mode: no error code. */
static void deliver_16(struct context *c, unsigned int number)
{
	struct vmsa *s = c->save;
	struct gate gate = {.type = GATE_INT_16};
	struct vmsa_segment cs = s->cs;
	uint32_t sp = (uint32_t)s->rsp;
	uint16_t vector[2];

	if (number * 4 + 3 > s->idtr.limit) {
		undeliverable(c, "the interrupt table is too short");
	}
	read_or_die(c, s->idtr.base + number * 4, vector, sizeof(vector),
		    "the interrupt table cannot be read");
	push_legacy(c, &sp, (uint32_t)s->rflags, 2);
	push_legacy(c, &sp, s->cs.selector, 2);
	push_legacy(c, &sp, (uint32_t)s->rip, 2);
	gate.offset = vector[0];
	cs.selector = vector[1];
	cs.base = (uint64_t)vector[1] << 4;
	enter(c, &gate, &cs, (s->rsp & ~UINT64_C(0xffff)) | (sp & 0xffff));
}

static void deliver(struct context *c, const struct delivery *d)
{
	if ((c->save->efer & EFER_LMA) != 0) {
		deliver_64(c, d);
	} else if ((c->save->cr0 & CR0_PE) != 0) {
		deliver_32(c, d);
	} else {
		deliver_16(c, d->vector);
	}
}

void inject_vc(struct context *c, uint64_t code)
{
	stats.events[STATS_VC]++;
	deliver(c, &(struct delivery){.vector = VECTOR_VC, .has_error = true, .error = code});
}

void inject_interrupt(struct context *c, unsigned int vector)
{
	deliver(c, &(struct delivery){.vector = vector});
}

static void inject(struct context *c, unsigned int vector, bool has_error, uint32_t error)
{
	c->vmcb->event_inject = vector | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID |
				(has_error ? EVENTINJ_ERROR_VALID : 0) | ((uint64_t)error << 32);
}

void inject_ud(struct context *c)
{
	inject(c, VECTOR_UD, false, 0);
}

void inject_gp(struct context *c)
{
	inject(c, VECTOR_GP, true, 0);
}

void inject_pf(struct context *c, uint64_t va, uint32_t error)
{
	c->save->cr2 = va;
	inject(c, VECTOR_PF, true, error);
}
