"""Resolves clouds with openstacksdk: reads cases as JSON from stdin, writes what it makes of each as a line of JSON."""
import importlib
import json
import os
import sys
import warnings

import openstack.config.loader as loader
from keystoneauth1 import loading

warnings.simplefilter("ignore")


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, str)) else str(value)


SERVICES = {
    "compute": "compute",
    "image": "image",
    "network": "network",
    "volume": "block-storage",
    "object-store": "object-store",
    "identity": "identity",
}


def resolve(case):
    os.environ.clear()
    os.environ.update(case["env"], HOME=case["home"])
    os.chdir(case["cwd"])
    importlib.reload(loader)
    region = loader.OpenStackConfig().get_one(case["cloud"], region_name=case["region"])
    verify, cert = region.get_requests_verify_args()
    return {
        "settings": plain(region.config),
        "region": region.get_region_name(),
        "forceIpv4": region.force_ipv4,
        "verify": verify,
        "cert": plain(cert),
        "services": {
            ours: {
                "type": region.get_service_type(theirs),
                "name": region.get_service_name(theirs),
                "interface": plain(region.get_interface(theirs)),
                "region": region.get_region_name(theirs),
                "endpoint": region.get_endpoint(theirs),
                "version": region.get_api_version(theirs),
            }
            for ours, theirs in SERVICES.items()
        },
    }


# Reading the installed plugins takes most of the time, and is the same for all.
loading.get_available_plugin_names()

for case in json.load(sys.stdin):
    sys.stdout.flush()
    if os.fork() == 0:
        try:
            answer = resolve(case)
        except Exception as error:
            answer = {"error": type(error).__name__ + ": " + str(error)}
        print(json.dumps(answer), flush=True)
        os._exit(0)
    os.wait()
