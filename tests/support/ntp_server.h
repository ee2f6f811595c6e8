/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_NTP_SERVER_H
#define TESTS_SUPPORT_NTP_SERVER_H

/* A time server on loopback that answers as it is told to: right, wrong, late, hostile. */

#include <pthread.h>
#include <stdint.h>

enum ntp_manner { NTP_RIGHT, NTP_AHEAD, NTP_SILENT, NTP_KISS, NTP_SPOOFED, NTP_LATE };

enum { NTP_BYTES = 48 };

struct ntp_server {
    enum ntp_manner manner;
    int fd;
    char name[64]; /* "127.0.0.1:12345" */
    pthread_t thread;
    int stop[2];
    unsigned asked; /* read them after ntp_server_stop */
    uint8_t request[NTP_BYTES];
};

void ntp_server_start(struct ntp_server *s, enum ntp_manner manner);
void ntp_server_stop(struct ntp_server *s);
uint64_t ntp_server_now(void); /* seconds since 1900, 32 bits of fraction */
/* An answer of a server of stratum 2, version 4, to a request with that transmit time. */
void ntp_answer(uint8_t out[NTP_BYTES], uint64_t origin, uint64_t received, uint64_t sent);

#endif
