#!/usr/bin/env python3
"""Compares two records of the plugin ABI (abidw's XML): abi_layout.py OLD NEW.

abidiff passes over changes that it takes for harmless, and over whatever comes together with growth
that is allowed. Here every struct must begin with the members that it had: same name, offset and
type, down to the arguments of its functions. More members may follow where a struct starts with
its `size`.
"""
import sys
import xml.etree.ElementTree as ElementTree


class Record:
    def __init__(self, path):
        self.types = {}
        self.structs = {}
        for node in ElementTree.parse(path).iter():
            if node.tag in ("function-decl", "var-decl", "parameter", "return"):
                continue
            if node.get("id") and node.tag != "member-type":
                known = self.types.get(node.get("id"))
                if known is None or known.get("is-declaration-only") == "yes":
                    self.types[node.get("id")] = node
        for node in self.types.values():
            if node.tag == "class-decl" and node.get("is-declaration-only") != "yes":
                self.structs[node.get("name")] = self.members(node)

    def text(self, type_id):
        """A type as text: equal texts are equal types."""
        node = self.types[type_id]
        if node.tag == "pointer-type-def":
            return self.text(node.get("type-id")) + "*"
        if node.tag == "qualified-type-def":
            words = [word for word in ("const", "volatile") if node.get(word) == "yes"]
            return "%s %s" % (self.text(node.get("type-id")), " ".join(words))
        if node.tag == "typedef-decl":
            return "%s=%s" % (node.get("name"), self.text(node.get("type-id")))
        if node.tag == "function-type":
            arguments = [self.text(p.get("type-id")) if p.get("type-id") else "..."
                         for p in node.findall("parameter")]
            result = node.find("return")
            return "%s(%s)" % (self.text(result.get("type-id")), ", ".join(arguments))
        if node.tag == "class-decl":
            return "struct " + node.get("name")
        return "%s %s:%s" % (node.tag, node.get("name"), node.get("size-in-bits"))

    def members(self, node):
        out = []
        for member in node.findall("data-member"):
            variable = member.find("var-decl")
            out.append((variable.get("name"), member.get("layout-offset-in-bits"),
                        self.text(variable.get("type-id"))))
        return out


def changes(old, new):
    for name, before in sorted(old.structs.items()):
        after = new.structs.get(name)
        if after is None:
            yield "struct %s is gone" % name
            continue
        for i, member in enumerate(before):
            if i >= len(after):
                yield "struct %s: %s is gone" % (name, member[0])
            elif after[i] != member:
                yield "struct %s: %s at bit %s, %s\n    was %s at bit %s, %s" % (
                    (name,) + after[i] + member)
                break
        grown = after[len(before):]
        if grown and (not before or before[0][0] != "size"):
            yield "struct %s is frozen and got %s" % (name, ", ".join(m[0] for m in grown))


def main():
    found = list(changes(Record(sys.argv[1]), Record(sys.argv[2])))
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main())
