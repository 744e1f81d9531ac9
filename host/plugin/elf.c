/* SPDX-License-Identifier: MIT */
/* A look at a file before dlopen, so that what is not a plugin is refused in plain words. Every
 * offset and size in the file is checked against its length. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "plugin/internal.h"

#if defined(__x86_64__)
#define THIS_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE EM_AARCH64
#elif defined(__riscv)
#define THIS_MACHINE EM_RISCV
#else
#error "add this architecture's ELF machine number"
#endif

#define ENTRY_PREFIX "grasp_plugin_v"

struct image {
    const char *path;
    const uint8_t *data;
    size_t size;
};

static const void *part(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->data + offset;
}

static const char *machine_name(unsigned machine)
{
    static const struct {
        unsigned machine;
        const char *name;
    } names[] = {{EM_X86_64, "x86-64"}, {EM_AARCH64, "arm64"}, {EM_386, "x86"},
                 {EM_ARM, "arm"},       {EM_RISCV, "risc-v"},  {EM_PPC64, "ppc64"},
                 {EM_S390, "s390"},     {EM_MIPS, "mips"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].machine == machine)
            return names[i].name;
    }
    return "another one";
}

static int check_header(const struct image *image, const Elf64_Ehdr **out, struct err *err)
{
    const Elf64_Ehdr *header = part(image, 0, sizeof(*header));
    if (!image->data || image->size < SELFMAG || memcmp(image->data, ELFMAG, SELFMAG) != 0)
        return err_set(err, EXIT_PLUGIN, "%s: not a plugin: not a shared object", image->path);
    if (!header)
        return err_set(err, EXIT_PLUGIN, "%s: not a plugin: the file is cut off", image->path);
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != THIS_MACHINE)
        return err_set(
            err, EXIT_PLUGIN, "%s: built for another architecture: %s%s; this program is for %s",
            image->path, machine_name(header->e_machine),
            header->e_ident[EI_CLASS] == ELFCLASS32 ? " (32 bit)" : "", machine_name(THIS_MACHINE));
    if (header->e_type != ET_DYN)
        return err_set(err, EXIT_PLUGIN,
                       "%s: not a plugin: an object file or program, not a shared object; link it "
                       "with -shared",
                       image->path);
    *out = header;
    return 0;
}

static const Elf64_Shdr *section(const struct image *image, const Elf64_Ehdr *header, size_t index)
{
    if (header->e_shentsize != sizeof(Elf64_Shdr) || index >= header->e_shnum)
        return NULL;
    uint64_t offset = header->e_shoff + index * sizeof(Elf64_Shdr);
    return offset < header->e_shoff || offset % 8 ? NULL : part(image, offset, sizeof(Elf64_Shdr));
}

/* A dynamic symbol table. */
struct symbols {
    const Elf64_Sym *items;
    size_t count;
    const char *text; /* of the names */
    size_t text_size;
};

/* Empty if the file does not hold it whole. */
static struct symbols symbols_of(const struct image *image, const Elf64_Ehdr *header,
                                 const Elf64_Shdr *table)
{
    const Elf64_Shdr *names = section(image, header, table->sh_link);
    const Elf64_Sym *items = part(image, table->sh_offset, table->sh_size);
    const char *text = names ? part(image, names->sh_offset, names->sh_size) : NULL;
    if (!items || !text || table->sh_offset % 8)
        return (struct symbols){0};
    return (struct symbols){items, table->sh_size / sizeof(*items), text, names->sh_size};
}

/* NULL for a symbol that is only used, or whose name does not end within the file. */
static const char *symbol_defined(const struct symbols *symbols, size_t i)
{
    size_t at = symbols->items[i].st_name;
    if (symbols->items[i].st_shndx == SHN_UNDEF || at >= symbols->text_size ||
        !memchr(symbols->text + at, 0, symbols->text_size - at))
        return NULL;
    return symbols->text + at;
}

/* The entry symbols that a dynamic symbol table defines: ours, and the major of another one. */
static void scan_symbols(const struct image *image, const Elf64_Ehdr *header,
                         const Elf64_Shdr *table, bool *out_ours, long *out_other)
{
    const struct symbols symbols = symbols_of(image, header, table);
    for (size_t i = 0; i < symbols.count; i++) {
        const char *name = symbol_defined(&symbols, i);
        if (!name || strncmp(name, ENTRY_PREFIX, sizeof(ENTRY_PREFIX) - 1) != 0)
            continue;
        const char *major = name + sizeof(ENTRY_PREFIX) - 1;
        char *end;
        long number = strtol(major, &end, 10);
        if (*end || end == major)
            continue;
        if (number == GRASP_ABI_MAJOR)
            *out_ours = true;
        else
            *out_other = number;
    }
}

static int check_entry(const struct image *image, const Elf64_Ehdr *header, struct err *err)
{
    bool ours = false, any = false;
    long other = -1;
    for (size_t i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *s = section(image, header, i);
        if (!s)
            return err_set(err, EXIT_PLUGIN, "%s: not a plugin: the file is cut off or damaged",
                           image->path);
        if (s->sh_type != SHT_DYNSYM)
            continue;
        any = true;
        scan_symbols(image, header, s, &ours, &other);
    }
    if (ours || (!any && header->e_shnum == 0)) /* without sections, dlsym will tell */
        return 0;
    if (other >= 0)
        return err_set(err, EXIT_PLUGIN,
                       "%s: built for version %ld of the plugin interface; this program has "
                       "version %d: build it again with these headers",
                       image->path, other, GRASP_ABI_MAJOR);
    return err_set(err, EXIT_PLUGIN,
                   "%s: not a plugin: it does not export grasp_plugin_v%d (is it declared with "
                   "GRASP_EXPORT?)",
                   image->path, GRASP_ABI_MAJOR);
}

static int check_image(const struct image *image, struct err *err)
{
    const Elf64_Ehdr *header = NULL;
    int code = check_header(image, &header, err);
    return header ? check_entry(image, header, err) : code;
}

/* Defined symbols of a dynamic symbol table that others can bind to. */
static void list_symbols(const struct image *image, const Elf64_Ehdr *header,
                         const Elf64_Shdr *table, const char *entry, struct buf *out)
{
    const struct symbols symbols = symbols_of(image, header, table);
    for (size_t i = 0; i < symbols.count; i++) {
        const char *name = symbol_defined(&symbols, i);
        unsigned binding = ELF64_ST_BIND(symbols.items[i].st_info);
        unsigned visibility = ELF64_ST_VISIBILITY(symbols.items[i].st_other);
        if (!name || binding == STB_LOCAL || visibility == STV_HIDDEN ||
            visibility == STV_INTERNAL || strcmp(name, entry) == 0)
            continue;
        buf_printf(out, "%s%s", out->len ? ", " : "", name);
    }
}

static int open_image(const char *path, struct image *out, struct err *err)
{
    struct stat st;
    /* Opening a FIFO would wait for somebody who writes. */
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_USAGE, "%s: %s", path,
                       strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return err_set(err, EXIT_PLUGIN, "%s: not a plugin: not a file with contents", path);
    *out = (struct image){.path = path, .size = (size_t)st.st_size};
    void *data = mmap(NULL, out->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        return err_set(err, EXIT_PLUGIN, "%s: %s", path, strerror(errno));
    out->data = data;
    return 0;
}

static void close_image(const struct image *image)
{
    munmap((void *)(uintptr_t)image->data, image->size);
}

int elf_exports(const char *path, const char *entry, struct buf *out_others, struct err *err)
{
    struct image image = {0};
    const Elf64_Ehdr *header = NULL;
    int code = open_image(path, &image, err);
    if (code)
        return code;
    code = check_header(&image, &header, err);
    for (size_t i = 0; !code && header && i < header->e_shnum; i++) {
        const Elf64_Shdr *s = section(&image, header, i);
        if (s && s->sh_type == SHT_DYNSYM)
            list_symbols(&image, header, s, entry, out_others);
    }
    close_image(&image);
    return code;
}

int elf_check(const char *path, struct err *err)
{
    struct image image = {0};
    int code = open_image(path, &image, err);
    if (code)
        return code;
    code = check_image(&image, err);
    close_image(&image);
    return code;
}
