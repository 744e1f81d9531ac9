/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <grasp/helpers.h>

#include "common/fhir/json_scan.h"
#include "common/slice.h"

static void put_bare(struct text *out, grasp_str resource)
{
    grasp_str key, value;
    const char *joint = "";
    text_char(out, '{');
    while (scan_member_next(&resource, &key, &value)) {
        if (grasp_equal(key, "text") || grasp_equal(key, "meta"))
            continue;
        text_format(out, "%s\"", joint);
        text_str(out, key);
        text_put(out, "\": ");
        text_str(out, value);
        joint = ", ";
    }
    text_char(out, '}');
}

static void put_resource(struct text *out, grasp_str resource, bool bare)
{
    text_put(out, out->len > 1 ? ", " : "");
    if (bare)
        put_bare(out, resource);
    else
        text_str(out, scan_strip(resource));
}

static bool is_bundle(grasp_str body)
{
    return grasp_equal(scan_get(body, SLICE("resourceType")), "\"Bundle\"");
}

size_t bundle_resources(grasp_str body, bool bare, struct text *out)
{
    size_t count = 0;
    grasp_str entry, entries = scan_get(body, SLICE("entry"));
    if (out->len)
        out->len--;
    else
        text_char(out, '[');
    if (!is_bundle(body)) {
        put_resource(out, body, bare);
        count++;
    }
    while (is_bundle(body) && scan_item_next(&entries, &entry)) {
        grasp_str resource = scan_get(entry, SLICE("resource"));
        if (!resource.len)
            continue;
        put_resource(out, resource, bare);
        count++;
    }
    text_char(out, ']');
    return count;
}

grasp_str bundle_next(grasp_str body, struct pool *pool)
{
    grasp_str link, links = scan_get(body, SLICE("link"));
    while (scan_item_next(&links, &link))
        if (grasp_equal(scan_get(link, SLICE("relation")), "\"next\""))
            return scan_string(scan_get(link, SLICE("url")), pool);
    return SLICE("");
}

void bundle_complaint(grasp_str body, int32_t status, struct text *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str issue = SLICE(""), issues = scan_get(body, SLICE("issue"));
    scan_item_next(&issues, &issue);
    grasp_str said = scan_string(scan_get(issue, SLICE("diagnostics")), &pool);
    text_format(out, "the FHIR server refused the request with %d", status);
    if (!said.len)
        return;
    text_put(out, ": ");
    text_line(out, utf8_prefix(said, 500));
}
