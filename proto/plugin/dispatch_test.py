#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that a missing or mistyped handler does not build.

    dispatch_test.py PLUGIN SOURCE_DIR PROTOBUF_INCLUDE GEN_DIR

A program with the dispatch table of testdata/broken/valid.proto is built three times: with its handler, without it, and
with one that takes the wrong message.
"""
import pathlib
import subprocess
import sys
import tempfile

PLUGIN, SOURCE, INCLUDE, GEN = sys.argv[1:5]
PROTO = pathlib.Path(SOURCE) / "proto/plugin/testdata/broken/valid.proto"
MAIN = """
#include "demo/v1/demo.dispatch.h"
%s
int main(void) { return demo_v1_dispatch.count == 1 ? 0 : 1; }
"""
HANDLER = """
enum err
demo_get_thing(struct call *call, const Demo__V1__%s *req, Demo__V1__GetThingResponse *res)
{
    (void)call;
    (void)req;
    (void)res;
    return OK;
}
"""


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def generate(scratch):
    proto = scratch / "demo/v1/demo.proto"
    proto.parent.mkdir(parents=True)
    proto.write_text(PROTO.read_text())
    made = run("protoc", "-I", scratch, "-I", f"{SOURCE}/proto", "-I", INCLUDE, f"--c_out={scratch}",
               f"--plugin=protoc-gen-aftercare={PLUGIN}", f"--aftercare_out={scratch}", "--aftercare_opt=files", proto)
    assert made.returncode == 0, made.stderr


def build(scratch, handler):
    main = scratch / "main.c"
    main.write_text(MAIN % handler)
    parts = [scratch / f"demo/v1/demo.{part}.c" for part in ("pb-c", "contract", "dispatch")]
    return run("cc", "-I", scratch, "-I", GEN, "-I", SOURCE, "-o", scratch / "program", main, *parts, "-lprotobuf-c")


def check(what, is_right, made):
    print(f"{'ok' if is_right else 'FAILED'}: {what}")
    if not is_right:
        print(made.stderr)
    return is_right


def main():
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        generate(scratch)
        right = build(scratch, HANDLER % "GetThingRequest")
        missing = build(scratch, "")
        mistyped = build(scratch, HANDLER % "GetThingResponse")
    results = [
        check("a service with its handler builds", right.returncode == 0, right),
        check("a missing handler does not link",
              missing.returncode != 0 and "undefined reference to `demo_get_thing'" in missing.stderr, missing),
        check("a mistyped handler does not compile",
              mistyped.returncode != 0 and "conflicting types for" in mistyped.stderr, mistyped),
    ]
    return 0 if all(results) else 1


sys.exit(main())
