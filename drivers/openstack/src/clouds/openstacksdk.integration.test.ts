import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceName } from '../session/types.js';
import { type CloudRegion, toCloudRegion } from './cloud-region.js';
import { type ResolvedRegion, resolveRegion } from './resolve-region.js';
import type { CloudPlaces } from './search-path.js';
import { readSources } from './sources.js';
import { type CloudCase, cloudCases } from './testing/cases.js';

// The same files and variables, read by openstacksdk (Debian's python3-openstacksdk) and by this driver.

const services: readonly ServiceName[] = ['compute', 'image', 'network', 'volume', 'object-store', 'identity'];
const home = mkdtempSync(join(tmpdir(), 'nodepool-openstacksdk-'));
const answers = new Map<string, Record<string, unknown>>();

/** Writes the files of a case into a home of its own. */
function placesOf(item: CloudCase, index: number): CloudPlaces {
  const own = join(home, String(index));
  mkdirSync(join(own, 'cwd'), { recursive: true });
  for (const [path, text] of Object.entries(item.files ?? {})) {
    mkdirSync(dirname(join(own, path)), { recursive: true });
    writeFileSync(join(own, path), text);
  }
  return { env: item.env ?? {}, cwd: join(own, 'cwd'), home: own };
}

const places = cloudCases.map(placesOf);

beforeAll(() => {
  const script = fileURLToPath(new URL('testing/openstacksdk.py', import.meta.url));
  const cases = cloudCases.map(({ cloud, region = '' }, index) => ({ cloud, region, ...places[index] }));
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', [script], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`openstacksdk failed; script/setup test installs it: ${stderr}`);
  const lines = stdout.trim().split('\n');
  for (const [index, { title }] of cloudCases.entries()) answers.set(title, JSON.parse(lines[index] ?? 'null'));
}, 130_000);

afterAll(() => rmSync(home, { recursive: true }));

/** What openstacksdk would say of our reading. */
function inItsWords(resolved: ResolvedRegion, region: CloudRegion): Record<string, unknown> {
  const { verify, caFile, certFile, keyFile } = region.tls;
  return {
    settings: resolved.settings,
    region: resolved.region,
    forceIpv4: resolved.forceIpv4,
    verify: verify && caFile !== undefined ? caFile : verify,
    cert: certFile === undefined ? null : keyFile === undefined ? certFile : [certFile, keyFile],
    services: Object.fromEntries(services.map((name) => [name, serviceInItsWords(resolved, region, name)])),
  };
}

function serviceInItsWords(
  { settings }: ResolvedRegion,
  region: CloudRegion,
  name: ServiceName,
): Record<string, unknown> {
  const { types, name: serviceName, interfaces, region: regionName, endpoint, apiVersion } = region.service(name);
  return {
    type: types[0],
    name: serviceName ?? null,
    interface: interfaces.length === 1 ? interfaces[0] : interfaces,
    region: regionName ?? '',
    // The plugin of a fixed token has the address, and is asked later.
    endpoint: settings['auth_type'] === 'admin_token' ? null : (endpoint ?? null),
    version: apiVersion ?? null,
  };
}

describe('clouds.yaml is read as openstacksdk reads it', () => {
  it.each(cloudCases.map(({ title }, index) => ({ title, index })))('$title', ({ title, index }) => {
    const item = cloudCases[index];
    const where = places[index];
    if (item === undefined || where === undefined) throw new Error('no such case');
    const theirs = answers.get(title) ?? {};
    const read = (): Record<string, unknown> => {
      const resolved = resolveRegion(readSources(where), item.cloud, item.region);
      return inItsWords(resolved, toCloudRegion(resolved, where.home));
    };

    if ('error' in theirs) expect(read, String(theirs['error'])).toThrow();
    else expect(read()).toEqual(theirs);
  });
});
