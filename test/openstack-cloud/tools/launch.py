"""launch.py NAME MODULE:FUNCTION [ARGS...] [-- ARGS...]...: run an entry point of an installed package.

The python3-* packages carry the code of OpenStack's programs; the programs themselves are in
packages that bring system services along. Several runs, each in a process of its own and only if
the one before succeeded, share what takes longest: loading that code.
"""
import importlib
import os
import sys


def split_runs(args):
    runs = [[]]
    for arg in args:
        if arg == '--':
            runs.append([])
        else:
            runs[-1].append(arg)
    return runs


name, target = sys.argv[1:3]
runs = split_runs(sys.argv[3:])
module, function = target.split(':')
main = getattr(importlib.import_module(module), function)
for args in runs[:-1]:
    child = os.fork()
    if child == 0:
        sys.argv = [name] + args
        sys.exit(main())
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(status)
sys.argv = [name] + runs[-1]
sys.exit(main())
