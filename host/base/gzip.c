/* SPDX-License-Identifier: MIT */
#include "base/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"

#define PIECE (64u << 10)
#define INPUT_MAX ((size_t)1 << 30) /* zlib counts in 32 bits */
#define LEVEL 4                     /* twice as fast as the usual 6, a tenth larger */
#define GZIP (16 + MAX_WBITS)

struct gzip_writer {
    struct file_writer *file;
    z_stream stream;
    unsigned char piece[PIECE];
};

int gzip_writer_open(const char *path, struct gzip_writer **out, struct err *err)
{
    struct gzip_writer *w = mem_alloc(sizeof(*w));
    int code = file_writer_open(path, &w->file, err);
    if (!code && deflateInit2(&w->stream, LEVEL, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        file_writer_cancel(w->file);
        code = err_set(err, EXIT_INTERNAL, "no memory to pack %s", path);
    }
    if (code) {
        mem_free(w);
        return code;
    }
    *out = w;
    return 0;
}

/* Until the stream has nothing more to give for the text it was given. */
static void pump(struct gzip_writer *w, int flush)
{
    do {
        w->stream.next_out = w->piece;
        w->stream.avail_out = PIECE;
        deflate(&w->stream, flush);
        file_writer_add(w->file, (struct str){(const char *)w->piece, PIECE - w->stream.avail_out});
    } while (w->stream.avail_out == 0);
}

bool gzip_writer_add(struct gzip_writer *w, struct str text)
{
    while (text.len && !file_writer_failed(w->file)) {
        size_t len = text.len < INPUT_MAX ? text.len : INPUT_MAX;
        w->stream.next_in = (z_const Bytef *)text.ptr;
        w->stream.avail_in = (uInt)len;
        pump(w, Z_NO_FLUSH);
        text = (struct str){text.ptr + len, text.len - len};
    }
    return !file_writer_failed(w->file);
}

int gzip_writer_finish(struct gzip_writer *w, struct err *err)
{
    pump(w, Z_FINISH);
    deflateEnd(&w->stream);
    int code = file_writer_finish(w->file, err);
    mem_free(w);
    return code;
}

void gzip_writer_cancel(struct gzip_writer *w)
{
    if (!w)
        return;
    deflateEnd(&w->stream);
    file_writer_cancel(w->file);
    mem_free(w);
}
