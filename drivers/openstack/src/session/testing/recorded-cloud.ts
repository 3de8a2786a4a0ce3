import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderDeps } from '@nodepool/driver-api';
import { systemClock } from '@nodepool/runtime';
import { recordLog, seededRandom } from '@nodepool/runtime/testing';
import { openCloudSession } from '../cloud-session.js';
import type { CloudSession } from '../types.js';
import { type LoopbackServer, type Reply, type SeenRequest, startLoopbackServer } from './loopback-server.js';

/** The only password that Keystone takes. */
export const password = 'correct-horse';

/** Answers of OpenStack services as they were recorded, from a server on this machine. */
export interface RecordedCloud extends AsyncDisposable {
  readonly session: CloudSession;
  readonly server: LoopbackServer;
  /** Requests other than those for tokens. */
  readonly calls: () => readonly SeenRequest[];
  /** How often somebody has signed in. */
  readonly signIns: () => number;
  /** Where its clouds.yaml is. */
  readonly directory: string;
  readonly log: ReturnType<typeof recordLog>;
}

export interface RecordedCloudOptions {
  /** Answers of the services, Keystone left out; undefined is 404. `/compute/v2.1`, `/image`, `/network`, `/volume/v3`. */
  readonly reply: (request: SeenRequest) => Reply | undefined | Promise<Reply | undefined>;
  /** Services that the catalogue leaves out. */
  readonly without?: readonly string[];
  readonly deps?: Partial<ProviderDeps>;
  /** Seconds. */
  readonly tokenLifetime?: number;
  /** More keys of the cloud in clouds.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Answers to sign-ins instead of Keystone's own. */
  readonly keystone?: (request: SeenRequest) => Reply | undefined;
}

const paths: Readonly<Record<string, string>> = {
  compute: '/compute/v2.1',
  image: '/image',
  network: '/network',
  volumev3: '/volume/v3/project-1',
  identity: '/identity',
};

/** Starts one and opens a session with it. Tokens are `token-1`, `token-2` and so on. */
export async function startRecordedCloud(options: RecordedCloudOptions): Promise<RecordedCloud> {
  const { reply, without = [], tokenLifetime = 3600, keystone } = options;
  const signedIn: SeenRequest[] = [];
  const server = await startLoopbackServer((request) => {
    if (!isSignIn(request)) return reply(request);
    signedIn.push(request);
    return keystone?.(request) ?? grantToken(request, signedIn.length, server.url, without, tokenLifetime);
  });
  const directory = await mkdtemp(join(tmpdir(), 'nodepool-recorded-cloud-'));
  await writeClouds(directory, server.url, password, options.settings);
  const log = recordLog();
  const deps = { clock: systemClock, random: seededRandom(1), log, ...options.deps };
  const session = openCloudSession({ cloud: 'recorded', regionName: undefined }, deps, {
    env: {},
    cwd: directory,
    home: directory,
  });
  return {
    session,
    server,
    log,
    directory,
    calls: () => server.seen.filter((request) => !isSignIn(request)),
    signIns: () => signedIn.length,
    [Symbol.asyncDispose]: async () => {
      await session.close();
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

function isSignIn({ method, url }: SeenRequest): boolean {
  return method === 'POST' && url === '/identity/v3/auth/tokens';
}

/** Writes the clouds.yaml of a recorded cloud. */
export async function writeClouds(
  directory: string,
  url: string,
  word: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const auth = {
    auth_url: `${url}/identity/v3`,
    username: 'nodepool',
    password: word,
    project_name: 'ci',
    user_domain_name: 'Default',
    project_domain_name: 'Default',
  };
  const clouds = { recorded: { auth, region_name: 'RegionOne', ...settings } };
  await writeFile(join(directory, 'clouds.yaml'), JSON.stringify({ clouds }));
}

/** Shaped as Keystone 22 answers POST /v3/auth/tokens. */
function grantToken(
  request: SeenRequest,
  count: number,
  url: string,
  without: readonly string[],
  lifetimeSec: number,
): Reply {
  if (!request.body.includes(`"${password}"`)) {
    const message = 'The request you have made requires authentication.';
    return { status: 401, body: { error: { code: 401, message, title: 'Unauthorized' } } };
  }
  const issuedMs = Date.parse('2026-11-22T12:00:00Z');
  const catalog = Object.entries(paths)
    .filter(([type]) => !without.includes(type))
    .map(([type, path]) => ({
      type,
      name: type,
      id: type,
      endpoints: ['public', 'internal'].map((kind) => ({
        interface: kind,
        region: 'RegionOne',
        region_id: 'RegionOne',
        url: url + path,
        id: `${type}-${kind}`,
      })),
    }));
  const token = {
    methods: ['password'],
    issued_at: new Date(issuedMs).toISOString(),
    expires_at: new Date(issuedMs + lifetimeSec * 1000).toISOString(),
    project: { id: 'project-1', name: 'ci', domain: { id: 'default', name: 'Default' } },
    catalog,
  };
  return { status: 201, headers: { 'x-subject-token': `token-${count}` }, body: { token } };
}
