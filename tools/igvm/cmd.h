/* The commands of keel-igvm. Each prints its own problem and returns the exit code. */
#pragma once

#define EXIT_GOOD     0
#define EXIT_UNSUITED 1 /* an input is damaged or does not suit */
#define EXIT_USAGE    2

/* argv[0] is the command's name. */
int cmd_build(int argc, char **argv);
int cmd_show(int argc, char **argv);
