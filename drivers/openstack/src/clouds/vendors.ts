import type { Settings } from './settings.js';

// Facts about public clouds that a user of clouds.yaml need not repeat: `profile: ovh`. Source: the vendor files of
// openstacksdk 0.101 to 4.x. Vexxhost's are those that openstacksdk carried before it began to fetch them from the vendor.

/** Both domains have the name that most installations give them. */
const defaultDomains = { user_domain_name: 'Default', project_domain_name: 'Default' };

/** A cloud with Keystone v3 at a fixed address. */
function keystone3(authUrl: string, regions: readonly string[], more: Settings = {}): Settings {
  return { auth: { auth_url: authUrl }, regions, identity_api_version: '3', ...more };
}

const rackspace: Settings = {
  auth: { auth_url: 'https://identity.api.rackspacecloud.com/v2.0/' },
  regions: ['DFW', 'HKG', 'IAD', 'ORD', 'SYD', 'LON'],
  database_service_type: 'rax:database',
  compute_service_name: 'cloudServersOpenStack',
  image_api_use_tasks: true,
  image_format: 'vhd',
  floating_ip_source: 'None',
  secgroup_source: 'None',
  requires_floating_ip: false,
  block_storage_endpoint_override: 'https://{region_name}.blockstorage.api.rackspacecloud.com/v2/',
  block_storage_api_version: '2',
  disable_vendor_agent: { vm_mode: 'hvm', xenapi_use_agent: 'False' },
  has_network: false,
};

const internet = { name: 'Public Internet', routes_externally: true, default_interface: true, nat_source: true };
const tenNet = { name: 'Private Network (10.0.0.0/8 only)', routes_externally: false };
const behindNat = { name: 'Private Network (Floating Public)', routes_externally: false, nat_destination: true };

/** Profiles by name. */
export const vendorProfiles: Readonly<Record<string, Settings>> = {
  auro: {
    auth: { auth_url: 'https://api.van2.auro.io:5000/v3', ...defaultDomains },
    identity_api_version: '3',
    region_name: 'RegionOne',
    requires_floating_ip: true,
  },
  betacloud: keystone3('https://api-1.betacloud.de:5000', ['betacloud-1'], {
    image_format: 'raw',
    block_storage_api_version: '3',
  }),
  binero: keystone3('https://auth.binero.cloud:5000/v3', ['europe-se-1'], { block_storage_api_version: '3' }),
  bluebox: { block_storage_api_version: '1', region_name: 'RegionOne' },
  catalyst: {
    auth: { auth_url: 'https://api.cloud.catalyst.net.nz:5000/v2.0' },
    regions: ['nz-por-1', 'nz_wlg_2'],
    image_api_version: '1',
    block_storage_api_version: '1',
    image_format: 'raw',
  },
  citycloud: keystone3(
    'https://{region_name}.citycloud.com:5000/v3/',
    ['Buf1', 'Fra1', 'Lon1', 'Sto2', 'Kna1', 'dx1', 'tky1'],
    { requires_floating_ip: true, block_storage_api_version: '1' },
  ),
  conoha: {
    auth: { auth_url: 'https://identity.{region_name}.conoha.io' },
    regions: ['sin1', 'sjc1', 'tyo1'],
    identity_api_version: '2',
  },
  dreamcompute: {
    auth: { auth_url: 'https://iad2.dream.io:5000' },
    identity_api_version: '3',
    region_name: 'RegionOne',
    image_format: 'raw',
  },
  elastx: {
    auth: { auth_url: 'https://ops.elastx.cloud:5000/v3' },
    identity_api_version: '3',
    region_name: 'se-sto',
  },
  entercloudsuite: keystone3('https://api.entercloudsuite.com/', ['it-mil1', 'nl-ams1', 'de-fra1'], {
    image_api_version: '1',
    block_storage_api_version: '1',
  }),
  fuga: {
    auth: { auth_url: 'https://identity.api.fuga.io:5000', ...defaultDomains },
    regions: ['cystack'],
    identity_api_version: '3',
    block_storage_api_version: '3',
  },
  ibmcloud: keystone3('https://identity.open.softlayer.com', ['london'], { block_storage_api_version: '2' }),
  internap: keystone3('https://identity.api.cloud.iweb.com', ['ams01', 'da01', 'nyj01', 'sin01', 'sjc01'], {
    floating_ip_source: 'None',
  }),
  limestonenetworks: {
    auth: { auth_url: 'https://auth.cloud.lstn.net:5000/v3' },
    regions: [
      {
        name: 'us-dfw-1',
        values: { networks: [internet, { name: 'DDoS Protected', routes_externally: true }, tenNet, behindNat] },
      },
      { name: 'us-slc', values: { networks: [internet, tenNet, behindNat] } },
    ],
    identity_api_version: '3',
    image_format: 'raw',
    volume_api_version: '3',
  },
  otc: keystone3('https://iam.{region_name}.otc.t-systems.com/v3', ['eu-de', 'eu-nl'], {
    interface: 'public',
    image_format: 'qcow2',
  }),
  'otc-swiss': keystone3('https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3', ['eu-ch2'], {
    interface: 'public',
    image_format: 'qcow2',
  }),
  ovh: {
    auth: { auth_url: 'https://auth.cloud.ovh.net/', ...defaultDomains },
    regions: [
      ...['BHS', 'BHS1', 'BHS3', 'BHS5', 'DE', 'DE1', 'GRA', 'GRA1', 'GRA5', 'GRA7', 'SBG', 'SBG1', 'SBG5'],
      ...['UK', 'UK1', 'WAW', 'WAW1', 'SYD1', 'SGP1'],
    ],
    identity_api_version: '3',
    floating_ip_source: 'None',
  },
  'ovh-us': {
    auth: { auth_url: 'https://auth.cloud.ovh.us/', ...defaultDomains },
    regions: ['US-EAST-VA-1'],
    identity_api_version: '3',
    floating_ip_source: 'None',
  },
  rackspace,
  rax: rackspace,
  switchcloud: keystone3('https://identity.compute.cloud.switch.ch/v3', ['zhw', 'zhc'], { image_format: 'raw' }),
  switchengines: keystone3('https://keystone.cloud.switch.ch:5000/v3', ['LS', 'ZH'], { image_format: 'raw' }),
  ultimum: {
    auth: { auth_url: 'https://console.ultimum-cloud.com:5000/' },
    identity_api_version: '3',
    block_storage_api_version: '1',
    'region-name': 'RegionOne',
  },
  unitedstack: keystone3('https://identity.api.ustack.com/v3', ['bj1', 'gd1'], {
    block_storage_api_version: '1',
    image_format: 'raw',
    floating_ip_source: 'None',
  }),
  vexxhost: {
    auth_type: 'v3password',
    auth: { auth_url: 'https://auth.vexxhost.net/v3' },
    regions: ['ca-ymq-1', 'sjc1'],
    dns_api_version: '1',
    identity_api_version: '3',
    image_format: 'raw',
    floating_ip_source: 'None',
    requires_floating_ip: false,
  },
  zetta: keystone3('https://identity.api.zetta.io/v3', ['no-osl1'], { dns_api_version: '2' }),
};
