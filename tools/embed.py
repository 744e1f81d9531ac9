#!/usr/bin/env python3
"""Turns text files into a C source: embed.py [--struct NAME HEADER] OUT.c SYMBOL FILE...

The source defines `const struct NAME SYMBOL[]`, ended by an entry with a NULL name; a name is the
file's base name. HEADER declares the struct: {const char *name; size_t len; const char *text;}.
Without --struct it is embedded_file of common/embedded.h, which plugins use.
"""
import os
import sys


def literal(data):
    lines = []
    for line in data.splitlines(keepends=True):
        out = []
        for byte in line:
            c = chr(byte)
            if c in '"\\?':
                out.append("\\" + c)
            elif 32 <= byte < 127:
                out.append(c)
            else:
                out.append("\\%03o" % byte)
        lines.append('        "' + "".join(out) + '"')
    return "\n".join(lines) or '        ""'


def main():
    args, struct, header = sys.argv[1:], "embedded_file", "common/embedded.h"
    if args[0] == "--struct":
        struct, header, args = args[1], args[2], args[3:]
    out, symbol, names = args[0], args[1], args[2:]
    with open(out, "w", encoding="ascii") as f:
        f.write('#include "%s"\n\n' % header)
        f.write("const struct %s %s[] = {\n" % (struct, symbol))
        for name in sorted(names):
            with open(name, "rb") as source:
                data = source.read()
            f.write('    {"%s", %d,\n%s},\n' % (os.path.basename(name), len(data), literal(data)))
        f.write("    {0, 0, 0},\n};\n")


main()
