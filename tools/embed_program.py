#!/usr/bin/env python3
"""Turns a program into a C source: embed_program.py OUT.c SYMBOL PROGRAM

The source defines SYMBOL and SYMBOL_end, between which the program's bytes lie.
"""
import os
import sys

out, symbol, program = sys.argv[1:]
with open(out, "w", encoding="ascii") as f:
    f.write("""extern const char %(s)s[], %(s)s_end[];
__asm__(".pushsection .rodata\\n"
        ".balign 16\\n"
        ".globl %(s)s\\n.hidden %(s)s\\n"
        "%(s)s:\\n"
        ".incbin \\"%(p)s\\"\\n"
        ".globl %(s)s_end\\n.hidden %(s)s_end\\n"
        "%(s)s_end:\\n"
        ".byte 0\\n"
        ".popsection\\n");
""" % {"s": symbol, "p": os.path.abspath(program)})
