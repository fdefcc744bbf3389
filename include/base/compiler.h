/*
 * The compiler extensions Keel uses, wrapped once, and the assertions that pin shared structures
 * to the byte. Header only; free of libc.
 */
#pragma once

#include <stddef.h>

/* On an enum: every function that returns it must have its result used. Only clang knows this. */
#ifdef __clang__
#define MUST_USE __attribute__((warn_unused_result))
#else
#define MUST_USE
#endif
#define NORETURN	__attribute__((noreturn))
#define UNUSED		__attribute__((unused))
#define USED		__attribute__((used))
#define ALIGNED(n)	__attribute__((aligned(n)))
#define PACKED		__attribute__((packed))
#define SECTION(name)	__attribute__((section(name)))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* Keeps the compiler from moving memory accesses across this point; emits nothing. */
#define compiler_barrier() __asm__ volatile("" ::: "memory")

/* One access, exactly once, of exactly this size: for memory that another party may write. */
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Right below each structure that something outside the translation unit agrees on. */
#define ABI_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define ABI_OFFSET(type, field, off) \
	_Static_assert(offsetof(type, field) == (off), "offset of " #type "." #field)
