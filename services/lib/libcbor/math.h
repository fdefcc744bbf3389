/* The three names of the C library's header that libcbor uses, without floats (configuration.h). */
#pragma once

#define INFINITY	 0
#define NAN		 0
#define ldexp(mant, exp) ((void)(exp), (mant))
