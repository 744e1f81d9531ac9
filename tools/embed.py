#!/usr/bin/env python3
"""Turns text files into a C source: embed.py OUT.c SYMBOL FILE...

The source defines `const struct embedded_file SYMBOL[]`, ended by an entry with a NULL name; a
name is the file's base name. The struct is declared in plugins/common/embedded.h.
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
    out, symbol, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    with open(out, "w", encoding="ascii") as f:
        f.write('#include "common/embedded.h"\n\n')
        f.write("const struct embedded_file %s[] = {\n" % symbol)
        for name in sorted(names):
            with open(name, "rb") as source:
                data = source.read()
            f.write('    {"%s", %d,\n%s},\n' % (os.path.basename(name), len(data), literal(data)))
        f.write("    {0, 0, 0},\n};\n")


main()
