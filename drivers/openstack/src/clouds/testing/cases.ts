/** One way to configure a cloud. Paths of files are below the home directory; `cwd/` is the working directory. */
export interface CloudCase {
  readonly title: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cloud: string;
  readonly region?: string;
}

const auth = `auth: {auth_url: 'https://id.example.com:5000/v3', username: u, password: p, project_name: ci,
             user_domain_name: Default, project_domain_name: Default}`;

const inCwd = (text: string): Readonly<Record<string, string>> => ({ 'cwd/clouds.yaml': text });
const cloudOf = (more: string): Readonly<Record<string, string>> => inCwd(`clouds:\n  a:\n    ${auth}\n${more}`);
const regions = `    regions:
      - one
      - name: two
        values:
          auth: {project_name: other}
          interface: internal
          networks: [{name: public, routes_externally: true}]
`;
const variables = {
  OS_AUTH_URL: 'https://id.example.com/v3',
  OS_USERNAME: 'u',
  OS_PASSWORD: 'p',
  OS_PROJECT_NAME: 'ci',
  OS_USER_DOMAIN_NAME: 'Default',
  OS_PROJECT_DOMAIN_NAME: 'Default',
};

const vendor = (profile: string, more = ''): Readonly<Record<string, string>> =>
  inCwd(
    `clouds: {a: {profile: ${profile}, auth: {username: u, password: p, project_id: '42', user_domain_id: default}${more}}}`,
  );

/** The ways in which operators configure clouds, and some in which they should not. */
export const cloudCases: readonly CloudCase[] = [
  { title: 'a plain cloud', files: cloudOf('    region_name: RegionOne\n'), cloud: 'a' },
  {
    title: 'secure.yaml over clouds.yaml, in the user’s directory',
    files: {
      '.config/openstack/clouds.yaml':
        'clouds: {a: {auth: {auth_url: "https://id.example.com", username: u, project_name: x, password: no, user_domain_id: d, project_domain_id: d}}}',
      '.config/openstack/secure.yaml': 'clouds: {a: {auth: {password: yes-this}}}',
    },
    cloud: 'a',
  },
  {
    title: 'the working directory before the user’s, and the first file only',
    files: {
      'cwd/clouds.yaml': `clouds: {a: {${auth}, region_name: here}}`,
      '.config/openstack/clouds.yaml': 'clouds: {a: {region_name: there}, b: {}}',
    },
    cloud: 'b',
  },
  {
    title: 'the file that OS_CLIENT_CONFIG_FILE names',
    files: {
      'cwd/clouds.yaml': 'clouds: {}',
      'elsewhere.yaml': `clouds: {a: {${auth}}}`,
      'more.yml': 'clouds: {a: {auth: {password: q}}}',
    },
    env: { OS_CLIENT_CONFIG_FILE: '../elsewhere.yaml', OS_CLIENT_SECURE_FILE: '../more.yml' },
    cloud: 'a',
  },
  {
    title: 'a file of the environment that is not there',
    files: cloudOf(''),
    env: { OS_CLIENT_CONFIG_FILE: '/nonexistent/clouds.yaml' },
    cloud: 'a',
  },
  {
    title: 'XDG_CONFIG_HOME',
    files: { 'xdg/openstack/clouds.yml': `clouds: {a: {${auth}}}` },
    env: { XDG_CONFIG_HOME: '../xdg' },
    cloud: 'a',
  },
  {
    title: 'JSON',
    files: {
      'cwd/clouds.json':
        '{"clouds":\t{"a": {"auth": {"auth_url": "http://h", "username": "u", "password": "\\u00e9"}}}}',
    },
    cloud: 'a',
  },
  { title: 'an empty file', files: inCwd(''), cloud: 'a' },
  { title: 'a file that is not YAML', files: inCwd('clouds: [a: }'), cloud: 'a' },
  { title: 'a cloud that is not there', files: cloudOf(''), cloud: 'b' },
  { title: 'the first of several regions', files: cloudOf(regions), cloud: 'a' },
  { title: 'a region with values of its own', files: cloudOf(regions), cloud: 'a', region: 'two' },
  { title: 'a region that is not listed', files: cloudOf(regions), cloud: 'a', region: 'three' },
  { title: 'any region where none is listed', files: cloudOf(''), cloud: 'a', region: 'three' },
  { title: 'another region than the only one', files: cloudOf('    region_name: one\n'), cloud: 'a', region: 'three' },
  { title: 'regions in one text', files: cloudOf('    region_name: one,two\n'), cloud: 'a', region: 'two' },
  {
    title: 'a region with keys that mean nothing',
    files: cloudOf('    regions: [{name: one, extra: 1}]\n'),
    cloud: 'a',
  },
  {
    title: 'the cloud of the environment',
    env: { ...variables, OS_REGION_NAME: 'r', OS_COMPUTE_API_VERSION: '2.1' },
    cloud: 'envvars',
  },
  {
    title: 'the cloud of the environment by another name',
    files: cloudOf(''),
    env: { ...variables, OS_CLOUD_NAME: 'mine', OS_INSECURE: 'True', OS_CACERT: '/ca.pem', OS_LOG_LEVEL: 'x' },
    cloud: 'mine',
  },
  {
    title: 'a name that file and environment claim',
    files: cloudOf(''),
    env: { ...variables, OS_CLOUD_NAME: 'a' },
    cloud: 'a',
  },
  { title: 'variables that describe no cloud', env: { OS_REGION_NAME: 'r', OS_CLOUD: 'x' }, cloud: 'envvars' },
  { title: 'variables beside a file', files: cloudOf(''), env: variables, cloud: 'a' },
  {
    title: 'old names of project and domain',
    files: inCwd(
      'clouds: {a: {auth: {auth_url: "http://h/v3", user-name: u, password: p, tenant-name: t, domain-name: d}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'a tenant and a project at once',
    files: inCwd(
      'clouds: {a: {project_name: outer, auth: {auth_url: "http://h", username: u, password: p, tenant_name: t, user_domain_id: d}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'a domain said once',
    files: inCwd(
      'clouds: {a: {auth: {auth_url: "http://h", username: u, password: p, project_name: t, domain_id: d}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'a domain as the scope',
    files: inCwd(
      'clouds: {a: {domain_name: scope, auth: {auth_url: "http://h", username: u, password: p, user_domain_id: d}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'system scope and default domain',
    files: inCwd(
      'clouds: {a: {auth: {auth_url: "http://h", username: u, password: p, system_scope: all, default_domain_id: d}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'credentials outside of auth',
    files: inCwd('clouds: {a: {auth_url: "http://h/v3", username: u, password: p, project_id: 7, user_domain_id: d}}'),
    cloud: 'a',
  },
  {
    title: 'an application credential by its id',
    files: inCwd(
      'clouds: {a: {auth_type: v3applicationcredential, auth: {auth_url: "http://h/v3", application_credential_id: i, application_credential_secret: s}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'an application credential by its name',
    files: inCwd(
      'clouds: {a: {auth_type: v3applicationcredential, auth: {auth_url: "http://h/v3", application_credential_name: n, username: u, user_domain_name: d, application_credential_secret: s}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'an application credential without its secret',
    files: inCwd(
      'clouds: {a: {auth_type: v3applicationcredential, auth: {auth_url: "http://h/v3", application_credential_id: i}}}',
    ),
    cloud: 'a',
  },
  {
    title: 'a token',
    files: inCwd('clouds: {a: {auth_type: token, auth: {auth_url: "http://h/v3", token: t, project_id: p}}}'),
    cloud: 'a',
  },
  {
    title: 'a token by its old name',
    files: inCwd('clouds: {a: {auth_type: v3token, auth_token: t, auth: {auth_url: "http://h/v3", project_id: p}}}'),
    cloud: 'a',
  },
  { title: 'v3password', files: cloudOf('    auth_type: v3password\n'), cloud: 'a' },
  {
    title: 'v2password',
    files: inCwd(
      'clouds: {a: {auth_type: v2password, auth: {auth_url: "http://h/v2.0", username: u, password: p, project_name: t}}}',
    ),
    cloud: 'a',
  },
  { title: 'no Keystone', files: inCwd('clouds: {a: {auth_type: none, auth: {endpoint: "http://h"}}}'), cloud: 'a' },
  {
    title: 'a fixed token and address',
    files: inCwd('clouds: {a: {auth_type: token_endpoint, auth: {url: "http://h", token: t}}}'),
    cloud: 'a',
  },
  { title: 'a way to sign in that nobody knows', files: cloudOf('    auth_type: smoke-signals\n'), cloud: 'a' },
  { title: 'no auth_url', files: inCwd('clouds: {a: {auth: {username: u, password: p}}}'), cloud: 'a' },
  ...[
    'auro',
    'betacloud',
    'bluebox',
    'catalyst',
    'citycloud',
    'conoha',
    'dreamcompute',
    'elastx',
    'entercloudsuite',
    'fuga',
    'ibmcloud',
    'internap',
    'limestonenetworks',
    'ovh',
    'ovh-us',
    'rackspace',
    'switchengines',
    'ultimum',
    'unitedstack',
    'zetta',
    'nobody-knows',
  ].map((profile) => ({
    title: `the profile ${profile}`,
    files: vendor(profile, ['bluebox', 'nobody-knows'].includes(profile) ? ', auth_url: "http://h"' : ''),
    cloud: 'a',
  })),
  { title: 'a region of a profile', files: vendor('ovh'), cloud: 'a', region: 'GRA1' },
  { title: 'a region that a profile lacks', files: vendor('ovh'), cloud: 'a', region: 'MARS1' },
  { title: 'values of a region of a profile', files: vendor('limestonenetworks'), cloud: 'a', region: 'us-slc' },
  { title: 'regions over those of a profile', files: vendor('ovh', ', regions: [X1]'), cloud: 'a' },
  {
    title: 'a profile by its old name',
    files: inCwd('clouds: {a: {cloud: ovh, auth: {username: u, password: p, project_id: x}}}'),
    cloud: 'a',
  },
  {
    title: 'a profile of one’s own',
    files: {
      'cwd/clouds.yaml': 'clouds: {a: {profile: ours, auth: {username: u, password: p, project_id: x}}}',
      'cwd/clouds-public.yaml':
        'public-clouds: {ours: {auth: {auth_url: "https://{region_name}.example.com/v3"}, region_name: r1, image_format: raw}}',
    },
    cloud: 'a',
  },
  {
    title: 'a placeholder that nothing fills',
    files: inCwd('clouds: {a: {auth: {auth_url: "https://{nothing}.example.com", username: u, password: p}}}'),
    cloud: 'a',
  },
  {
    title: 'braces in a password',
    files: inCwd('clouds: {a: {auth: {auth_url: "http://h", username: u, password: "a{b}c{{"}}}'),
    cloud: 'a',
  },
  {
    title: 'placeholders elsewhere',
    files: cloudOf("    region_name: r9\n    compute_endpoint_override: 'https://{region_name}.c.example.com/{{x}}'\n"),
    cloud: 'a',
  },
  {
    title: 'numbers and truth values as YAML 1.1 has them',
    files:
      inCwd(`clouds: {a: {auth: {auth_url: 'http://h', username: 0123, password: 12345678901234567890, project_name: 2024-01-01x, user_domain_id: 1.0},
      network_api_version: 2.0, identity_api_version: 3, verify: no, private: yes, api_timeout: 30}}`),
    cloud: 'a',
  },
  {
    title: 'texts that look like numbers and truth values, and are none to PyYAML',
    files: inCwd(
      'clouds: {a: {auth: {auth_url: "http://h", username: n, password: 0891, project_name: 12e4, user_domain_id: 0o7}, region_name: Y, x: 1e+3, y: .5, z: -0x1F, w: 1_000, v: 1:30}}',
    ),
    cloud: 'a',
  },
  {
    title: 'dashes for underscores',
    files: cloudOf('    image-format: raw\n    floating-ip-source: None\n    api-timeout: 12\n'),
    cloud: 'a',
  },
  {
    title: 'old names of interface and timeout',
    files: cloudOf('    endpoint_type: internal\n    image_endpoint_type: admin\n    nova_timeout: 9\n'),
    cloud: 'a',
  },
  { title: 'several interfaces', files: cloudOf('    interface: [internal, public]\n'), cloud: 'a' },
  {
    title: 'services with settings of their own',
    files: cloudOf(
      '    compute_region_name: r2\n    volume_service_type: volumev2\n    volumev3_endpoint_override: http://cinder/v3/x\n    image_interface: internal\n    compute_service_name: nova2\n    image_api_version: 2\n',
    ),
    cloud: 'a',
  },
  { title: 'certificates', files: cloudOf('    cacert: ~/ca.pem\n    cert: ~/c.pem\n    key: ~/k.pem\n'), cloud: 'a' },
  { title: 'a certificate that holds its key', files: cloudOf('    cert: /c.pem\n    insecure: "true"\n'), cloud: 'a' },
  {
    title: 'networks',
    files: cloudOf(
      '    networks:\n      - {name: pub, routes_externally: true, default_interface: true, routes_ipv6_externally: false}\n      - {name: priv, nat_destination: "True"}\n',
    ),
    cloud: 'a',
  },
  {
    title: 'networks by their old names',
    files: cloudOf('    external_network: pub\n    internal_network: priv\n'),
    cloud: 'a',
  },
  { title: 'networks in both ways', files: cloudOf('    external_network: pub\n    networks: []\n'), cloud: 'a' },
  {
    title: 'two default networks',
    files: cloudOf('    networks: [{name: x, default_interface: true}, {name: y, default_interface: true}]\n'),
    cloud: 'a',
  },
  { title: 'a network without a name', files: cloudOf('    networks: [{routes_externally: true}]\n'), cloud: 'a' },
  { title: 'no IPv6, said of the cloud', files: cloudOf('    force_ipv4: true\n'), cloud: 'a' },
  {
    title: 'no IPv6, said of all',
    files: { 'cwd/clouds.yaml': `client: {force_ipv4: true}\nclouds: {a: {${auth}}}` },
    cloud: 'a',
  },
  { title: 'no IPv6, said by the environment', files: cloudOf(''), env: { OS_PREFER_IPV6: 'false' }, cloud: 'a' },
  {
    title: 'anchors and merges',
    files: inCwd(`base: &base {region_name: r1, ${auth}}\nclouds: {a: {<<: *base, region_name: r2}}`),
    cloud: 'a',
  },
];
