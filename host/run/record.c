/* SPDX-License-Identifier: MIT */
#include "run/record.h"

#include "base/file.h"

static void text_member(struct buf *out, const char *name, struct str text, unsigned flags)
{
    json_write_next(out, name);
    json_write_str(out, text, flags);
}

static void json_member(struct buf *out, const char *name, struct str json)
{
    json_write_next(out, name);
    buf_str(out, json.len ? json : STR("null"));
}

static const char *is_correct(const struct rollout *r)
{
    if (!r->available)
        return "null";
    return r->correct ? "true" : "false";
}

static void error_member(struct buf *out, const char *name, const struct rollout *r, unsigned flags)
{
    json_write_next(out, name);
    if (r->error.len)
        json_write_str(out, r->error, flags);
    else
        buf_text(out, "null");
}

static void head(struct buf *out, const struct rollout *r, unsigned flags)
{
    buf_text(out, "{\"sample_id\": ");
    json_write_str(out, str_of(r->sample->id), flags);
}

static void value_member(struct buf *out, const char *name, const struct json *value,
                         unsigned flags)
{
    json_write_next(out, name);
    json_write(out, value, flags);
}

void record_dev_line(struct buf *out, const struct rollout *r, int64_t update_cycle,
                     struct str snapshot)
{
    head(out, r, 0);
    text_member(out, "instruction", str_of(r->sample->description), 0);
    text_member(out, "query_type", str_of(r->sample->type), 0);
    json_member(out, "is_correct", str_of(is_correct(r)));
    json_write_next(out, "update_cycle");
    buf_i64(out, update_cycle);
    text_member(out, "status", r->status, 0);
    error_member(out, "error", r, 0);
    json_member(out, "failure_tags", r->tags.len ? r->tags : STR("[]"));
    json_member(out, "ground_truth", r->sample->answer);
    json_member(out, "task_result", r->raw);
    text_member(out, "history_final_answer", r->answer, 0);
    json_member(out, "agent_actions", r->actions.len ? r->actions : STR("[]"));
    json_member(out, "history", r->history.len ? r->history : STR("[]"));
    json_member(out, "skill_snapshot_before", snapshot);
    buf_text(out, "}\n");
}

static void result_member(struct buf *out, const struct rollout *r, unsigned flags)
{
    if (!flags) { /* a rollout's JSON is written so */
        json_member(out, "result", r->raw.len ? r->raw : STR("null"));
        return;
    }
    CLEANUP_JSON struct json *raw = json_parse(r->raw, NULL);
    value_member(out, "result", raw, flags);
}

void record_val_line(struct buf *out, const struct rollout *r)
{
    head(out, r, JSON_ASCII);
    json_member(out, "is_correct", str_of(is_correct(r)));
    text_member(out, "status", r->status, JSON_ASCII);
    result_member(out, r, JSON_ASCII);
    error_member(out, "error_info", r, JSON_ASCII);
    buf_text(out, "}\n");
}

void record_test_line(struct buf *out, const struct rollout *r)
{
    head(out, r, 0);
    json_member(out, "is_correct", str_of(is_correct(r)));
    text_member(out, "status", r->status, 0);
    if (r->error.len)
        error_member(out, "error", r, 0);
    buf_text(out, "}\n");
}

void record_eval_line(struct buf *out, const struct rollout *r)
{
    head(out, r, 0);
    json_member(out, "is_correct", str_of(is_correct(r)));
    error_member(out, "error", r, 0);
    text_member(out, "status", r->status, 0);
    result_member(out, r, 0);
    text_member(out, "answer", r->answer, 0);
    json_member(out, "failure_tags", r->tags.len ? r->tags : STR("[]"));
    json_member(out, "agent_actions", r->actions.len ? r->actions : STR("[]"));
    json_member(out, "history", r->history.len ? r->history : STR("[]"));
    buf_text(out, "}\n");
}

double score_value(const struct score *score)
{
    size_t ran = score->total - score->missing;
    return ran ? (double)score->correct / (double)ran : 0;
}

bool score_beats(double score, const double *best, bool reference)
{
    if (best)
        return score > *best;
    return !reference || score > 0;
}

static void set_counts(struct json *out, const struct score *score)
{
    json_set(out, "score", json_new_double(score_value(score)));
    json_set(out, "n_correct", json_new_int((int64_t)score->correct));
    json_set(out, "n_total", json_new_int((int64_t)score->total));
    figures_set(out, &score->figures);
    if (!score->missing)
        return;
    json_set(out, "n_missing", json_new_int((int64_t)score->missing));
    json_set(out, "complete", json_new_bool(false));
}

struct json *record_val_score(int64_t epoch, const struct score *val, const struct score *dev)
{
    struct json *out = json_new_object();
    json_set(out, "epoch", epoch < 0 ? json_new_str(STR("baseline")) : json_new_int(epoch));
    set_counts(out, val);
    json_set(out, "dev_score", dev ? json_new_double(score_value(dev)) : NULL);
    return out;
}

struct json *record_test_score(const char *split, const struct score *score)
{
    struct json *out = json_new_object();
    json_set(out, "split", json_new_str(str_of(split)));
    set_counts(out, score);
    return out;
}

int record_write_json(const char *dir, const char *name, const struct json *value, unsigned flags,
                      struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = file_join(dir, name);
    json_write(&text, value, flags | JSON_INDENT2);
    return file_write_atomic(path, buf_view(&text), err);
}
