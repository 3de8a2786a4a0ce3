import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCloud } from './read-cloud.js';
import type { CloudPlaces } from './search-path.js';

let home: string;
let places: CloudPlaces;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'nodepool-clouds-'));
  mkdirSync(join(home, 'cwd'));
  places = { env: {}, cwd: join(home, 'cwd'), home };
});

afterEach(() => rmSync(home, { recursive: true }));

function write(text: string, name = 'clouds.yaml'): void {
  writeFileSync(join(home, 'cwd', name), text);
}

const auth =
  'auth_url: http://h/v3, username: u, password: hunter2, project_name: ci, user_domain_id: d, project_domain_id: d';

describe('a cloud that cannot be used', () => {
  it.each([
    [
      'is missing',
      'clouds: {b: {}}',
      /^cloud a is not in clouds.yaml \(read: .*clouds.yaml; clouds there: b\): add it/,
    ],
    ['is in no file', undefined, /no clouds.yaml was found; no clouds/],
    ['stands in a broken file', 'clouds:\n  a: {auth: {password: hunter2', /clouds.yaml, line 2: not valid YAML/],
    ['stands in a list', '- clouds', /must be a map/],
    [
      'has no password',
      'clouds: {a: {auth: {auth_url: http://h, username: u}}}',
      /^cloud a: auth_type password needs password under auth/,
    ],
    ['has no user', 'clouds: {a: {auth: {auth_url: http://h, password: hunter2}}}', /needs username/],
    ['has no address', 'clouds: {a: {auth: {password: hunter2}}}', /needs auth_url/],
    [
      'has a bad address',
      'clouds: {a: {auth: {auth_url: hunter2, username: u, password: hunter2}}}',
      /auth_url is not a URL/,
    ],
    [
      'signs in strangely',
      `clouds: {a: {auth_type: v3oauth1, auth: {${auth}}}}`,
      /auth_type v3oauth1 is none of password,/,
    ],
    [
      'has no such region',
      `clouds: {a: {regions: [r1, r2], auth: {${auth}}}}`,
      /cloud a has no region mars \(it has r1, r2\)/,
    ],
    ['checks half', `clouds: {a: {verify: /ca.pem, auth: {${auth}}}}`, /verify must be true or false/],
    ['waits oddly', `clouds: {a: {api_timeout: long, auth: {${auth}}}}`, /api_timeout must be a number/],
    [
      'has a profile elsewhere',
      `clouds: {a: {profile: https://c.example.com, auth: {${auth}}}}`,
      /put it into clouds-public.yaml/,
    ],
    [
      'has an open brace',
      `clouds: {a: {image_format: '{', auth: {${auth}}}}`,
      /^image_format of cloud a: a brace must/,
    ],
  ])('because it %s is reported with its name and the remedy, without secrets', (_why, text, message) => {
    if (text !== undefined) write(text);
    let error: unknown;
    try {
      readCloud('a', 'mars', places);
    } catch (failure) {
      error = failure;
    }

    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringMatching(message) });
    expect(inspect(error, { depth: 10, showHidden: true }).replace(/auth_url.*/, '')).not.toContain('hunter2');
  });
});

describe('a cloud', () => {
  it('shows no password, however it is printed', () => {
    write(`clouds: {a: {auth: {${auth}}}}`);

    const read = readCloud('a', undefined, places);

    expect(inspect(read, { depth: 20, showHidden: true })).not.toContain('hunter2');
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });

  it('has another fingerprint when any of its settings has changed', () => {
    write(`clouds: {a: {auth: {${auth}}}}`);
    const before = readCloud('a', undefined, places).fingerprint;
    const again = readCloud('a', undefined, places).fingerprint;
    write('clouds: {a: {auth: {password: other}}}', 'secure.yaml');
    const after = readCloud('a', undefined, places).fingerprint;

    expect(again).toBe(before);
    expect(after).not.toBe(before);
  });

  it.each([
    ['vexxhost', { imageFormat: 'raw', floatingIpSource: undefined, requiresFloatingIp: false }],
    [
      'rax',
      {
        imageFormat: 'vhd',
        imageApiUseTasks: true,
        securityGroupSource: undefined,
        disableVendorAgent: { vm_mode: 'hvm', xenapi_use_agent: 'False' },
      },
    ],
    ['limestonenetworks', { imageFormat: 'raw', floatingIpSource: 'neutron', requiresFloatingIp: undefined }],
  ])('of %s has the profile of its vendor', (profile, expected) => {
    write(`clouds: {a: {profile: ${profile}, auth: {username: u, password: p, project_id: x, user_domain_id: d}}}`);

    expect(readCloud('a', undefined, places).region.profile).toMatchObject(expected);
  });

  it('says how its networks are used', () => {
    write(
      `clouds: {a: {networks: [{name: pub, routes_externally: true, nat_source: true}], private: true, auth: {${auth}}}}`,
    );

    expect(readCloud('a', undefined, places).region.profile).toMatchObject({
      isPrivate: true,
      networks: [
        {
          name: 'pub',
          routesExternally: true,
          routesIpv4Externally: true,
          routesIpv6Externally: true,
          natSource: true,
          natDestination: false,
          defaultInterface: false,
        },
      ],
    });
  });
});
