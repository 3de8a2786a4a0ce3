"""fill_cloud.py identities|resources|zones: make what a new cloud lacks; safe to run again.

`identities` needs Keystone alone: the services' users, the catalogue, the projects.
`resources` needs the other APIs: flavors, networks.
`zones` needs the computes besides.
"""
import os
import sys

from keystoneauth1 import session
from keystoneauth1.identity import v3

env = os.environ
KEYSTONE = 'http://127.0.0.1:%s/v3' % env['PORT_KEYSTONE']
NOVA = 'http://127.0.0.1:%s/v2.1' % env['PORT_NOVA']
NEUTRON = 'http://127.0.0.1:%s/v2.0' % env['PORT_NEUTRON']
CATALOGUE = (
    ('glance', 'image', 'http://127.0.0.1:%s' % env['PORT_GLANCE']),
    ('placement', 'placement', 'http://127.0.0.1:%s' % env['PORT_PLACEMENT']),
    ('nova', 'compute', NOVA),
    ('neutron', 'network', 'http://127.0.0.1:%s' % env['PORT_NEUTRON']),
)
FLAVORS = (('m1.tiny', 1, 512, 1), ('m1.small', 1, 2048, 20),
           ('m1.medium', 2, 4096, 40), ('m1.large', 4, 8192, 80))
NETWORKS = (
    ('private', '10.20.0.0/20', {'shared': True, 'provider:network_type': 'local'}),
    # Addresses that this machine answers itself: all of 127/8 is its own.
    ('loopback', '127.77.0.0/16', {'shared': True, 'provider:network_type': 'local'}),
    ('public', '172.24.4.0/24', {'router:external': True, 'provider:network_type': 'flat',
                                 'provider:physical_network': 'public'}),
)

admin = session.Session(auth=v3.Password(
    auth_url=KEYSTONE, username='admin', password=env['PASSWORD'], project_name='admin',
    user_domain_id='default', project_domain_id='default'))


def ensure(base, collection, kind, query, body, matches=lambda item: True):
    """Id of the first match, which is made when there is none."""
    url = '%s/%s' % (base, collection)
    found = admin.get(url, params=query).json()[collection.replace('os-', '')]
    for item in found:
        if matches(item):
            return item['id']
    return admin.post(url, json={kind: body}).json()[kind]['id']


def ensure_user(name, project, roles):
    named = {'name': name, 'domain_id': 'default'}
    user = ensure(KEYSTONE, 'users', 'user', named,
                  dict(named, password=env['PASSWORD'], default_project_id=project))
    for role in roles:
        admin.put('%s/projects/%s/users/%s/roles/%s' % (KEYSTONE, project, user, role))


def identities():
    roles = {role['name']: role['id'] for role in admin.get(KEYSTONE + '/roles').json()['roles']}

    def ensure_project(name):
        named = {'name': name, 'domain_id': 'default'}
        return ensure(KEYSTONE, 'projects', 'project', named, named)

    service = ensure_project('service')
    for name, _, _ in CATALOGUE:
        ensure_user(name, service, [roles['admin'], roles['member']])
    for name in env['PROJECTS'].split():
        ensure_user(name, ensure_project(name), [roles['member'], roles['reader']])
    for name, kind, url in CATALOGUE:
        service = ensure(KEYSTONE, 'services', 'service', {'type': kind}, {'name': name, 'type': kind})
        for interface in ('public', 'internal'):
            wanted = {'service_id': service, 'interface': interface, 'region_id': 'RegionOne'}
            ensure(KEYSTONE, 'endpoints', 'endpoint', wanted, dict(wanted, url=url))


def zones():
    # A zone must be an aggregate. Nova's implicit zone has none, and would match every host.
    for compute in env['COMPUTES'].split():
        zone, host, _ = compute.split('=')
        aggregate = ensure(NOVA, 'os-aggregates', 'aggregate', {},
                           {'name': zone, 'availability_zone': zone},
                           lambda item, zone=zone: item['name'] == zone)
        url = '%s/os-aggregates/%s' % (NOVA, aggregate)
        if host not in admin.get(url).json()['aggregate']['hosts']:
            admin.post(url + '/action', json={'add_host': {'host': host}})


def make_networks():
    made = {}
    for name, cidr, options in NETWORKS:
        network = ensure(NEUTRON, 'networks', 'network', {'name': name}, dict(options, name=name))
        # Neutron takes a subnet of 127/8 only without DHCP.
        subnet = {'name': name + '-v4', 'network_id': network, 'ip_version': 4, 'cidr': cidr,
                  'enable_dhcp': False}
        made[name] = network, ensure(NEUTRON, 'subnets', 'subnet', {'name': name + '-v4'}, subnet)
    # Floating IPs need a router between the two.
    router = ensure(NEUTRON, 'routers', 'router', {'name': 'router1'}, {
        'name': 'router1', 'external_gateway_info': {'network_id': made['public'][0]}})
    ports = admin.get(NEUTRON + '/ports', params={'device_id': router}).json()['ports']
    if not any(port['network_id'] == made['private'][0] for port in ports):
        admin.put('%s/routers/%s/add_router_interface' % (NEUTRON, router),
                  json={'subnet_id': made['private'][1]})


def resources():
    for number, (name, vcpus, ram, disk) in enumerate(FLAVORS, 1):
        ensure(NOVA, 'flavors', 'flavor', {},
               {'name': name, 'vcpus': vcpus, 'ram': ram, 'disk': disk, 'id': str(number)},
               lambda item, name=name: item['name'] == name)
    make_networks()


{'identities': identities, 'resources': resources, 'zones': zones}[sys.argv[1]]()
