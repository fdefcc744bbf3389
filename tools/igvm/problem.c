/* Formats the one line about a problem. */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>

enum err problem_set(struct problem *problem, enum err err, const char *file, const char *format,
		     ...)
{
	va_list args;
	int used;

	if (problem->text[0] != '\0') {
		return err;
	}
	used = snprintf(problem->text, sizeof(problem->text), "%s: ", file);
	if (used < 0 || (size_t)used >= sizeof(problem->text)) {
		return err;
	}
	va_start(args, format);
	(void)vsnprintf(problem->text + used, sizeof(problem->text) - (size_t)used, format, args);
	va_end(args);
	return err;
}
