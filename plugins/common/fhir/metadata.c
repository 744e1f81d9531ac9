/* SPDX-License-Identifier: MIT */
/* The CapabilityStatement: what this server can do. */
#include "view.h"

static void write_interactions(struct text *out)
{
    static const char *const codes[] = {"read",   "vread",  "search-type",     "create",
                                        "update", "delete", "history-instance"};
    text_put(out, "\"interaction\":[");
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
        text_format(out, "%s{\"code\":\"%s\"}", i ? "," : "", codes[i]);
    text_char(out, ']');
}

static void write_type(const struct r4_type *type, bool first, struct text *out)
{
    const char *comma = "";
    text_format(out, "%s{\"type\":\"%.*s\",", first ? "" : ",", (int)type->name.len,
                type->name.ptr);
    write_interactions(out);
    text_put(out, ",\"versioning\":\"versioned\",\"updateCreate\":true,\"searchParam\":[");
    for (uint32_t i = 0; i < type->param_count; i++) {
        const struct r4_param *param = &type->params[i];
        if (param->kind == R4_COMPOSITE || param->kind == R4_SPECIAL)
            continue;
        text_format(out, "%s{\"name\":\"%.*s\",\"type\":\"%s\"}", comma, (int)param->name.len,
                    param->name.ptr, r4_kind_name(param->kind));
        comma = ",";
    }
    text_put(out, "]}");
}

void metadata_write(const struct fhir_view *view, struct text *out)
{
    uint32_t count;
    const struct r4_type *types = r4_types(&count);
    text_format(out,
                "{\"resourceType\":\"CapabilityStatement\",\"status\":\"active\","
                "\"date\":\"" FHIR_LAST_UPDATED "\",\"kind\":\"instance\","
                "\"software\":{\"name\":\"grasp-host fhir store\"},"
                "\"implementation\":{\"description\":\"FHIR R4 store\",\"url\":\"%s\"},"
                "\"fhirVersion\":\"4.0.1\",\"format\":[\"application/fhir+json\",\"json\"],"
                "\"rest\":[{\"mode\":\"server\",\"resource\":[",
                view->base);
    for (uint32_t i = 0; i < count; i++)
        write_type(&types[i], i == 0, out);
    text_put(out, "]}]}");
}
