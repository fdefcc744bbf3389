/*
 * ECDSA P-384: the key and signature of RFC 6979, appendix A.2.6, and what must not verify. That an
 * independent implementation takes what this one signs is tested by tools/sim/test/psp_test.py.
 */
#include "p384.h"

#include "unit.h"

/* Big-endian, as RFC 6979 prints them. */
static const char qx[] = "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
			 "def8f0ea9055866064a254515480bc13";
static const char qy[] = "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
			 "288b231c3ae0d4fe7344fd2533264720";
static const char sample_r[] = "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c"
			       "81a648152e44acf96e36dd1e80fabe46";
static const char sample_s[] = "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f"
			       "a329c145786e679e7b82c71a38628ac8";
/* The order of the curve: not a number that R or S may be. */
static const char order[] = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
			    "581a0db248b0a77aecec196accc52973";

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void take(uint8_t out[P384_BYTES], const char *hex)
{
	for (size_t i = 0; i < P384_BYTES; i++) {
		out[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	}
}

static struct p384_point point;
static struct p384_signature good;

static void start(void)
{
	take(point.x, qx);
	take(point.y, qy);
	take(good.r, sample_r);
	take(good.s, sample_s);
}

TEST(verifies_the_rfc)
{
	start();
	CHECK_EQ(p384_verify(&point, "sample", 6, &good), ERR_OK);
	CHECK_EQ(p384_verify(&point, "simple", 6, &good), ERR_INVALID);
	CHECK_EQ(p384_verify(&point, "sample", 5, &good), ERR_INVALID);
}

TEST(refuses)
{
	struct p384_signature s;
	struct p384_point p;

	start();
	ROW("R of zero");
	s = good;
	memset(s.r, 0, sizeof(s.r));
	CHECK_EQ(p384_verify(&point, "sample", 6, &s), ERR_INVALID);
	ROW("S of zero");
	s = good;
	memset(s.s, 0, sizeof(s.s));
	CHECK_EQ(p384_verify(&point, "sample", 6, &s), ERR_INVALID);
	ROW("R of the order");
	s = good;
	take(s.r, order);
	CHECK_EQ(p384_verify(&point, "sample", 6, &s), ERR_INVALID);
	ROW("S with another bit");
	s = good;
	s.s[47] ^= 1;
	CHECK_EQ(p384_verify(&point, "sample", 6, &s), ERR_INVALID);
	ROW("R and S exchanged");
	memcpy(s.r, good.s, sizeof(s.r));
	memcpy(s.s, good.r, sizeof(s.s));
	CHECK_EQ(p384_verify(&point, "sample", 6, &s), ERR_INVALID);
	ROW("a point that is not on the curve");
	p = point;
	p.y[47] ^= 1;
	CHECK_EQ(p384_verify(&p, "sample", 6, &good), ERR_INVALID);
	ROW("a point of zeros");
	memset(&p, 0, sizeof(p));
	CHECK_EQ(p384_verify(&p, "sample", 6, &good), ERR_INVALID);
	ROW("a coordinate over the prime");
	memset(p.x, 0xff, sizeof(p.x));
	CHECK_EQ(p384_verify(&p, "sample", 6, &good), ERR_INVALID);
}

TEST(makes_and_signs)
{
	static const uint8_t seed[48] = {1, 2, 3};
	static const uint8_t other_seed[48] = {1, 2, 4};
	struct p384_key a;
	struct p384_key b;
	struct p384_signature first;
	struct p384_signature second;

	CHECK_EQ(p384_make(&a, seed, sizeof(seed), "ark"), ERR_OK);
	ROW("the same seed, the same key");
	CHECK_EQ(p384_make(&b, seed, sizeof(seed), "ark"), ERR_OK);
	CHECK_MEM(&a, &b, sizeof(a));
	ROW("the same data, the same signature");
	CHECK_EQ(p384_sign(&a, "data", 4, &first), ERR_OK);
	CHECK_EQ(p384_sign(&a, "data", 4, &second), ERR_OK);
	CHECK_MEM(&first, &second, sizeof(first));
	CHECK_EQ(p384_verify(&a.point, "data", 4, &first), ERR_OK);
	ROW("other data, another nonce");
	CHECK_EQ(p384_sign(&a, "date", 4, &second), ERR_OK);
	CHECK(memcmp(first.r, second.r, sizeof(first.r)) != 0);
	CHECK_EQ(p384_verify(&a.point, "data", 4, &second), ERR_INVALID);
	ROW("another label");
	CHECK_EQ(p384_make(&b, seed, sizeof(seed), "ask"), ERR_OK);
	CHECK(memcmp(&a.point, &b.point, sizeof(a.point)) != 0);
	CHECK_EQ(p384_verify(&b.point, "data", 4, &first), ERR_INVALID);
	ROW("another seed");
	CHECK_EQ(p384_make(&b, other_seed, sizeof(other_seed), "ark"), ERR_OK);
	CHECK(memcmp(&a.point, &b.point, sizeof(a.point)) != 0);
	ROW("a seed that is too long");
	CHECK_EQ(p384_make(&b, seed, 65, "ark"), ERR_INVALID);
}

UNIT_MAIN(CASE(verifies_the_rfc), CASE(refuses), CASE(makes_and_signs))
