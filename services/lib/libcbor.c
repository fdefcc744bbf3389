/*
 * The parts of libcbor that allocate nothing, as one unit: encoders, the streaming decoder and the
 * check of UTF-8. They are system includes, so that their warnings are their own.
 */
#include <cbor/encoding.c>
#include <cbor/internal/encoders.c>
#include <cbor/internal/loaders.c>
#include <cbor/internal/unicode.c>
#include <cbor/streaming.c>
