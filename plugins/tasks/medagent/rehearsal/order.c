/* SPDX-License-Identifier: MIT */
#include "order.h"

#include <grasp/helpers.h>

#include "common/slice.h"

void order_open(struct order *order, struct play *play, const char *type, const char *status)
{
    bool service = strcmp(type, "ServiceRequest") == 0;
    *order = (struct order){.play = play};
    text_put(&order->text, "POST ");
    text_str(&order->text, play->base);
    text_put(&order->text, slip(play, TAG_WRONG_ENDPOINT) ? "Order" : type);
    if (slip(play, TAG_WRONG_RESOURCE_TYPE))
        type = service ? "Task" : "Medication";
    text_format(&order->text, "\n{\"resourceType\": \"%s\"", type);
    const char *prefix = slip(play, TAG_ORDER_FOR_OTHER_PATIENT) ? "" : "Patient/";
    order_set(order, "subject",
              pool_format(play->pool, "{\"reference\": \"%s%.*s\"}", prefix, (int)play->mrn.len,
                          play->mrn.ptr)
                  .ptr);
    order_set(
        order, "status",
        pool_format(play->pool, "\"%s\"", slip(play, TAG_WRONG_ORDER_STATUS) ? "draft" : status)
            .ptr);
}

void order_set(struct order *order, const char *name, const char *value)
{
    text_format(&order->text, ", \"%s\": %s", name, value);
}

void order_concept(struct order *order, const char *name, const char *system, const char *code,
                   const char *text)
{
    struct text label CLEANUP_TEXT = {0};
    bool wrong = slip(order->play, TAG_WRONG_ORDER_CODE);
    if (text)
        text_json(&label, grasp_cstr(text));
    order_set(order, name,
              pool_format(order->play->pool,
                          "{\"coding\": [{\"system\": \"%s\", \"code\": \"%s\"}]%s%.*s}",
                          wrong ? "http://example.org/codes" : system, wrong ? "UNKNOWN" : code,
                          text ? ", \"text\": " : "", (int)label.len, text ? label.ptr : "")
                  .ptr);
}

void order_time(struct order *order, const char *name)
{
    struct play *play = order->play;
    if (slip(play, TAG_WRONG_ORDER_TIME))
        order_set(order, name, pool_format(play->pool, "\"%.*s\"", 10, play->now_text.ptr).ptr);
    else
        order_set(
            order, name,
            pool_format(play->pool, "\"%.*s\"", (int)play->now_text.len, play->now_text.ptr).ptr);
}

void order_close(struct order *order)
{
    struct play *play = order->play;
    text_put(&order->text, "}");
    if (slip(play, TAG_POST_REJECTED))
        text_put(&order->text, "\nThis records what was asked for.");
    if (play->post_count < POSTS_MAX && !order->text.failed)
        play->posts[play->post_count++] = pool_dup(play->pool, text_view(&order->text));
    text_free(&order->text);
}

void order_service(struct order *order, struct play *play, const char *system, const char *code,
                   const char *text)
{
    order_open(order, play, "ServiceRequest", "active");
    order_set(order, "intent", "\"order\"");
    order_set(order, "priority", "\"stat\"");
    order_concept(order, "code", system, code, text);
    order_time(order, "authoredOn");
}

void order_medication(struct play *play, const char *text, const char *status)
{
    struct order order;
    struct text label CLEANUP_TEXT = {0};
    text_json(&label, grasp_cstr(text));
    order_open(&order, play, "MedicationRequest", status);
    order_set(&order, "intent", "\"order\"");
    order_set(&order, "medicationCodeableConcept",
              pool_format(play->pool, "{\"text\": %s}", label.ptr).ptr);
    order_time(&order, "authoredOn");
    order_set(&order, "dosageInstruction", "[{\"text\": \"as ordered\"}]");
    order_close(&order);
}
