/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <grasp/helpers.h>

#include "common/slice.h"

void text_json_ascii(struct text *out, grasp_str text)
{
    static const char controls[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    uint32_t code;
    text_char(out, '"');
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        const char *short_form = code && code < 0x80 ? strchr(controls, (int)code) : NULL;
        if (short_form)
            text_format(out, "\\%c", letters[short_form - controls]);
        else if (code >= 0x20 && code < 0x7f)
            text_char(out, (char)code);
        else if (code == 0x7f)
            text_char(out, 0x7f);
        else if (code < 0x10000)
            text_format(out, "\\u%04x", code);
        else
            text_format(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                        0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    text_char(out, '"');
}

void key_of_tool(const char *tool, const struct argument *arguments, size_t count,
                 char out[MD5_HEX])
{
    struct text key CLEANUP_TEXT = {0};
    text_put(&key, "{\"args\": [], \"kwargs\": {");
    for (size_t i = 0; i < count; i++) {
        text_put(&key, i ? ", " : "");
        text_json_ascii(&key, grasp_cstr(arguments[i].name));
        text_put(&key, ": ");
        text_json_ascii(&key, arguments[i].value);
    }
    text_put(&key, "}, \"tool\": ");
    text_json_ascii(&key, grasp_cstr(tool));
    text_char(&key, '}');
    digest_md5(text_view(&key), out);
}

void key_of_answer(const struct judged *judged, char out[SHA256_HEX])
{
    struct text key CLEANUP_TEXT = {0};
    text_put(&key, "{\"answer\": ");
    text_json_ascii(&key, judged->answer);
    text_put(&key, ", \"error\": null, \"model\": ");
    text_json_ascii(&key, judged->model);
    text_put(&key, ", \"question\": ");
    text_json_ascii(&key, judged->question);
    text_put(&key, ", \"question_id\": ");
    text_json_ascii(&key, judged->question_id);
    text_put(&key, ", \"true_answer\": ");
    text_json_ascii(&key, judged->truth);
    text_char(&key, '}');
    digest_sha256(text_view(&key), out);
}
