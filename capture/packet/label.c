/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/packet/label.h"

#include <stdlib.h>
#include <string.h>

#include <ndpi/ndpi_api.h>

enum { NAME_MOST = 96 };

struct label {
    struct ndpi_detection_module_struct *module;
};

struct label_flow {
    struct ndpi_flow_struct *flow;
    ndpi_protocol verdict;
    unsigned packets;
};

struct label *label_new(void)
{
    struct label *l;
    NDPI_PROTOCOL_BITMASK all;

    if (ndpi_get_api_version() != NDPI_API_VERSION)
        return NULL;
    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return NULL;
    l->module = ndpi_init_detection_module(ndpi_dont_load_tor_hosts);
    if (l->module == NULL) {
        free(l);
        return NULL;
    }
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(l->module, &all);
    ndpi_finalize_initialization(l->module);
    return l;
}

void label_free(struct label *l)
{
    if (l == NULL)
        return;
    ndpi_exit_detection_module(l->module);
    free(l);
}

struct label_flow *label_open(struct label *l)
{
    struct label_flow *flow = calloc(1, sizeof(*flow));

    (void)l;
    if (flow == NULL)
        return NULL;
    flow->flow = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
    if (flow->flow == NULL) {
        free(flow);
        return NULL;
    }
    memset(flow->flow, 0, SIZEOF_FLOW_STRUCT);
    return flow;
}

void label_drop(struct label_flow *flow)
{
    if (flow == NULL)
        return;
    ndpi_free_flow(flow->flow);
    free(flow);
}

bool label_push(struct label *l, struct label_flow *flow, const struct segment *seg)
{
    if (flow->packets >= LABEL_PACKETS_MOST)
        return false;
    flow->packets++;
    /* nDPI takes lengths of 16 bits, and takes the header's word for what is there. */
    if (seg->ip.n != 0 && seg->ip.n <= UINT16_MAX && seg->wire_len == seg->payload.n) {
        uint64_t ms = seg->time_ns < 0 ? 0 : (uint64_t)seg->time_ns / 1000000;

        flow->verdict = ndpi_detection_process_packet(
                l->module, flow->flow, seg->ip.p, (unsigned short)seg->ip.n, ms);
    }
    if (flow->packets == LABEL_PACKETS_MOST)
        return false;
    return flow->verdict.app_protocol == NDPI_PROTOCOL_UNKNOWN ||
           ndpi_extra_dissection_possible(l->module, flow->flow) != 0;
}

enum status label_settle(
        struct label *l, struct label_flow *flow, struct arena *arena, struct connection *facts)
{
    ndpi_protocol verdict = flow->verdict;
    char name[NAME_MOST] = "";
    const char *label, *category, *confidence;
    u_int8_t guessed;

    if (verdict.app_protocol == NDPI_PROTOCOL_UNKNOWN &&
            verdict.master_protocol == NDPI_PROTOCOL_UNKNOWN)
        verdict = ndpi_detection_giveup(l->module, flow->flow, 1, &guessed);
    if (verdict.app_protocol == NDPI_PROTOCOL_UNKNOWN &&
            verdict.master_protocol == NDPI_PROTOCOL_UNKNOWN) {
        label_drop(flow);
        return STATUS_OK;
    }
    (void)ndpi_protocol2name(l->module, verdict, name, sizeof(name));
    label = arena_print(arena, "%s", name);
    category = arena_print(arena, "%s", ndpi_category_get_name(l->module, verdict.category));
    confidence = arena_print(arena, "%s", ndpi_confidence_get_name(flow->flow->confidence));
    label_drop(flow);
    if (label == NULL || category == NULL || confidence == NULL)
        return STATUS_NOMEM;
    facts->label = label;
    facts->label_category = category;
    facts->label_confidence = confidence;
    return STATUS_OK;
}
