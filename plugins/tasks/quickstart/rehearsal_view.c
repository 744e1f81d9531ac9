/* SPDX-License-Identifier: MIT */
#include "rehearsal_view.h"

#include "clock.h"
#include "fhir_mock.h"
#include "scan.h"
#include "tags.h"

static const char phase[] = "\"task_execution\"";
static const char opening[] = "{\n  \"phase\": \"task_execution\"";
static const char bundle_opening[] = "{\"resourceType\": \"Bundle\"";

static bool is_agent(const grasp_message *message)
{
    return grasp_equal(message->role, "agent") || grasp_equal(message->role, "assistant");
}

static grasp_str from(grasp_str text, const char *at)
{
    return (grasp_str){at, text.len - (size_t)(at - text.ptr)};
}

static const char *find(grasp_str text, const char *needle)
{
    return text.len ? memmem(text.ptr, text.len, needle, strlen(needle)) : NULL;
}

static const char *find_last(grasp_str text, const char *needle)
{
    const char *last = NULL, *found;
    while ((found = find(text, needle))) {
        last = found;
        text = from(text, found + 1);
    }
    return last;
}

static bool is_document(grasp_str document)
{
    return grasp_equal(scan_member(document, "phase"), phase);
}

/* The task's document: at the start of the message, or, with guidance before it, at its end. A
 * prompt that merely quotes it somewhere is none of ours. */
static grasp_str find_document(grasp_str content)
{
    grasp_str document;
    content = text_trim(content);
    grasp_str rest = content;
    if (content.len && *content.ptr == '{' && scan_value(&rest, &document) && is_document(document))
        return document;
    const char *last = find_last(content, opening);
    rest = last ? from(content, last) : (grasp_str){"", 0};
    return scan_value(&rest, &document) && !rest.len ? document : (grasp_str){"", 0};
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The word after "MRN ". */
static grasp_str find_mrn(grasp_str text)
{
    const char *found = find(text, "MRN ");
    if (!found)
        return (grasp_str){"", 0};
    grasp_str mrn = from(text, found + 4);
    size_t len = 0;
    while (len < mrn.len && is_word(mrn.ptr[len]))
        len++;
    return (grasp_str){mrn.ptr, len};
}

/* The number before " hours", 0 if there is none. */
static int64_t find_hours(grasp_str text)
{
    const char *end = find(text, " hours"), *at = end;
    int64_t hours = 0;
    while (at && at > text.ptr && end - at < 6 && at[-1] >= '0' && at[-1] <= '9')
        at--;
    for (; at && at < end; at++)
        hours = hours * 10 + *at - '0';
    return hours;
}

static bool read_document(struct rehearsal_view *view, grasp_str document)
{
    static const char clock[] = "Current time: ";
    grasp_str task = scan_member(document, "task");
    grasp_str question = scan_inside(scan_member(task, "description"));
    grasp_str context = scan_inside(scan_member(task, "context"));
    const char *time = find_last(context, clock);
    view->base_url = scan_inside(scan_member(scan_member(document, "api"), "base_url"));
    view->mrn = find_mrn(question);
    view->window = find_hours(question) * 60;
    return is_document(document) && grasp_equal(view->base_url, FHIR_BASE) && view->mrn.len &&
           view->window && time && clock_read(from(context, time + sizeof(clock) - 1), &view->now);
}

static void take_reading(struct rehearsal_view *view, struct rehearsal_value value)
{
    if (value.time < view->now - view->window) {
        if (!view->stale.text.len || value.time > view->stale.time)
            view->stale = value;
    } else if (!view->latest.text.len || value.time > view->latest.time) {
        view->other = view->latest;
        view->latest = value;
    } else {
        view->other = value;
    }
}

static void read_bundle(struct rehearsal_view *view, grasp_str bundle)
{
    static const struct rehearsal_value none = {{"", 0}, 0};
    grasp_str entries = scan_member(bundle, "entry"), entry;
    view->searched = true;
    view->latest = view->other = view->stale = none;
    while (scan_item(&entries, &entry)) {
        struct rehearsal_value value;
        grasp_str resource = scan_member(entry, "resource");
        value.text = scan_member(scan_member(resource, "valueQuantity"), "value");
        if (value.text.len &&
            clock_read(scan_inside(scan_member(resource, "effectiveDateTime")), &value.time))
            take_reading(view, value);
    }
}

static void read_reply(struct rehearsal_view *view, grasp_str content)
{
    const char *found = find(content, bundle_opening);
    grasp_str rest, bundle;
    if (grasp_starts(content, "POST request accepted"))
        view->posted = true;
    else if (found && (rest = from(content, found), scan_value(&rest, &bundle)))
        read_bundle(view, bundle);
}

bool rehearsal_look(struct rehearsal_view *view, const grasp_rehearsal_request *request)
{
    uint64_t first = 0;
    *view = (struct rehearsal_view){0};
    while (first < request->count && !grasp_equal(request->messages[first]->role, "user"))
        first++;
    if (first == request->count || is_agent(request->messages[request->count - 1]))
        return false;
    grasp_str document = find_document(request->messages[first]->content);
    if (!read_document(view, document))
        return false;
    grasp_str given = scan_member(document, "search_result");
    if (given.len)
        read_bundle(view, given);
    view->given = given.len > 0;
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        if (is_agent(message))
            continue;
        tags_mentioned(&quickstart_tags, message->content, &view->tags);
        if (i > first)
            read_reply(view, message->content);
    }
    return true;
}
