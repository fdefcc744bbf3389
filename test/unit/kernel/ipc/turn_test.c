/* Who may enter a service that takes one call at a time. */
#include "ipc/turn.h"

#include "unit.h"

#define MANY 5000u

TEST(free_for_all)
{
	struct turn turn = {0};

	CHECK(turn_may_enter(&turn, 1));
	CHECK(turn_may_enter(&turn, 2));
}

TEST(the_first_refused_comes_first)
{
	struct turn turn = {0};

	turn_refuse(&turn, 2);
	turn_refuse(&turn, 3);
	CHECK(!turn_may_enter(&turn, 1));
	CHECK(!turn_may_enter(&turn, 3));
	CHECK(turn_may_enter(&turn, 2));
	CHECK(turn_may_enter(&turn, 1));
}

TEST(a_waiter_that_never_comes)
{
	struct turn turn = {0};
	unsigned int refused = 0;

	turn_refuse(&turn, 2);
	while (refused < MANY && !turn_may_enter(&turn, 1)) {
		refused++;
	}
	CHECK_EQ(refused, 64);
	CHECK(turn_may_enter(&turn, 3));
}

TEST(owners_resume)
{
	struct turn turn = {0};
	unsigned int refused = 0;

	CHECK(turn_may_resume(&turn, 7, 7));
	ROW("others are refused while it comes back");
	for (unsigned int i = 0; i < MANY; i++) {
		CHECK(!turn_may_resume(&turn, 8, 7));
		CHECK(turn_may_resume(&turn, 7, 7));
	}
	ROW("but not for ever when it does not");
	while (refused < MANY && !turn_may_resume(&turn, 8, 7)) {
		refused++;
	}
	CHECK_EQ(refused, 1000);
	ROW("who helps goes on helping");
	CHECK(turn_may_resume(&turn, 9, 7));
	ROW("until the owner is back");
	CHECK(turn_may_resume(&turn, 7, 7));
	CHECK(!turn_may_resume(&turn, 8, 7));
}

UNIT_MAIN(CASE(free_for_all), CASE(the_first_refused_comes_first),
	  CASE(a_waiter_that_never_comes), CASE(owners_resume))
