"""launch.py NAME MODULE:FUNCTION [ARGS...]: run an entry point of an installed package.

The python3-* packages carry the code of OpenStack's programs; the programs themselves are in
packages that bring system services along.
"""
import importlib
import sys

name, target = sys.argv[1:3]
sys.argv = [name] + sys.argv[3:]
module, function = target.split(':')
sys.exit(getattr(importlib.import_module(module), function)())
