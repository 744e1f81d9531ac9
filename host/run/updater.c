/* SPDX-License-Identifier: MIT */
#include "run/updater.h"

#include <math.h>

#include "model/preset.h"

#define TEMPERATURE_MAX 2
#define TOKENS_MAX 1e9

static const char *const temperature_keys[] = {"parameters.body.temperature",
                                               "parameters.temperature", "temperature"};
static const char *const limit_keys[] = {
    "parameters.body.max_completion_tokens", "parameters.body.max_tokens",
    "parameters.max_output_tokens", "parameters.max_completion_tokens", "parameters.max_tokens"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The first of the keys that has a value, as a number; NaN if none has. Variables of the rest of
 * the block may be missing: it does not count. */
static int read_number(const struct json *block, const char *const *keys, size_t count, double most,
                       double *out, struct err *err)
{
    const struct json *value = NULL;
    size_t i = 0;
    *out = NAN;
    while (i < count && json_is(value = json_path(block, keys[i]), JSON_NULL))
        i++;
    if (i == count)
        return 0;
    CLEANUP_JSON struct json *holder = json_new_object();
    json_set(holder, "value", json_copy(value));
    int code = preset_expand(holder, err);
    if (code)
        return err_prefix(err, "%s", keys[i]);
    value = json_get(holder, "value");
    *out = json_double(value, NAN);
    if (json_is(value, JSON_STRING) && !str_to_double(str_trim(json_str(value)), out))
        *out = NAN;
    if (*out >= 0 && *out <= most)
        return 0;
    return err_set(err, EXIT_CONFIG, "%s must be a number from 0 to %.10g", keys[i], most);
}

int updater_read(const struct json *block, struct updater *out, struct err *err)
{
    double temperature, limit;
    int code = read_number(block, temperature_keys, COUNT(temperature_keys), TEMPERATURE_MAX,
                           &temperature, err);
    if (!code)
        code = read_number(block, limit_keys, COUNT(limit_keys), TOKENS_MAX, &limit, err);
    if (code)
        return code;
    *out = (struct updater){.has_temperature = !isnan(temperature)};
    if (out->has_temperature)
        out->temperature = temperature;
    if (!isnan(limit))
        out->max_tokens = (int64_t)limit;
    return 0;
}

void updater_apply(const struct updater *updater, struct model_request *request)
{
    if (request->role != MODEL_WRITER)
        return;
    if (updater->has_temperature && isnan(request->temperature))
        request->temperature = updater->temperature;
    if (!request->max_tokens)
        request->max_tokens = updater->max_tokens;
}
