/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: quic_streams. The input is a list of steps of five bytes: stream and direction, an
 * offset of 16 bits, a length, and what to do (a piece, one with FIN, one whose bytes lie, one too
 * far ahead, a reset). Every item that comes out is held against a map of bytes that was fed
 * the same: first copies stand, bytes and gaps add up, what is settled comes out at once.
 */
#include <stddef.h>
#include <stdint.h>

#include "tests/capture/quic/streams_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    model_run(data, size);
    return 0;
}
