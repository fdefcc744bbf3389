/* What happened in a run, in numbers: one line of JSON on the log. */
#pragma once

/* `terminated` is the reason, or NULL while the run goes on. */
void stats_write(const char *terminated);
