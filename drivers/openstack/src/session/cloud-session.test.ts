import { inspect } from 'node:util';
import type { CallContext } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, recordSpans, seededRandom, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { openCloudSession } from './cloud-session.js';
import { HastyClock } from './testing/hasty-clock.js';
import type { Reply, SeenRequest } from './testing/loopback-server.js';
import { password, startRecordedCloud, writeClouds } from './testing/recorded-cloud.js';
import type { CloudSession } from './types.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const ok: Reply = { status: 200, body: { servers: [] } };
const servers = { method: 'GET', path: '/servers' } as const;

/** Answers with each of `replies` in turn, the last one again and again. */
function inTurn(...replies: readonly Reply[]): () => Reply | undefined {
  let asked = 0;
  return () => replies[Math.min(asked++, replies.length - 1)];
}

/** A session that reads clouds.yaml as it is now. */
function reopen(directory: string, clock: FakeClock): CloudSession {
  const deps = { clock, random: seededRandom(1), log: silentLogger };
  return openCloudSession({ cloud: 'recorded', regionName: undefined }, deps, {
    env: {},
    cwd: directory,
    home: directory,
  });
}

describe('a session that is traced', () => {
  it('makes each request a span of the call that it is part of, and shows no secret in it', async () => {
    await using cloud = await startRecordedCloud({ reply: inTurn(ok, { status: 403, body: `no, ${password}` }) });
    const tracer = recordSpans();
    const traced = { ...ctx, span: tracer.start('call', { key: 'k' }) };

    await cloud.session.request('compute', servers, traced);
    await cloud.session.request('compute', servers, traced).catch(() => undefined);

    const spans = tracer.roots[0]?.children.filter(({ name }) => name === 'GET compute') ?? [];
    expect(
      spans.map(({ attributes, error }) => [attributes['http.response.status_code'], error !== undefined]),
    ).toEqual([
      [200, false],
      [403, true],
    ]);
    expect(JSON.stringify(tracer.roots)).not.toContain(password);
  });
});

describe('a session finds the services', () => {
  const versions: Reply = {
    status: 300,
    body: {
      versions: [
        { id: 'v2.15', status: 'CURRENT', links: [{ rel: 'self', href: 'http://glance.internal:9292/v2/' }] },
        { id: 'v2.0', status: 'SUPPORTED', links: [{ rel: 'self', href: 'http://glance.internal:9292/v2/' }] },
      ],
    },
  };

  it('by their version documents, behind the address of the catalogue', async () => {
    await using cloud = await startRecordedCloud({ reply: ({ url }) => (url === '/image/' ? versions : ok) });

    await Promise.all([1, 2].map(() => cloud.session.request('image', { method: 'GET', path: '/images' }, ctx)));
    await cloud.session.maxMicroversion('image', ctx);

    expect(cloud.calls().map(({ url }) => url)).toEqual(['/image/', '/image/v2/images', '/image/v2/images']);
  });

  it('without asking where the catalogue names a version, or the version never was another', async () => {
    await using cloud = await startRecordedCloud({ reply: () => ok });

    await cloud.session.request('compute', servers, ctx);
    await cloud.session.request('network', { method: 'GET', path: '/ports' }, ctx);
    await cloud.session.request('volume', { method: 'GET', path: '/limits' }, ctx);
    await cloud.session.request('identity', { method: 'GET', path: '/projects' }, ctx);

    expect(
      cloud
        .calls()
        .map(({ url }) => url)
        .filter((url) => !url.startsWith('/identity/')),
    ).toEqual(['/compute/v2.1/servers', '/network/v2.0/ports', '/volume/v3/project-1/limits']);
  });

  it('where clouds.yaml says, whatever the catalogue has', async () => {
    await using cloud = await startRecordedCloud({ reply: () => ok });
    await writeClouds(cloud.directory, cloud.server.url, password, {
      compute_endpoint_override: `${cloud.server.url}/elsewhere/v2.1/%(project_id)s`,
    });
    const session = reopen(cloud.directory, new FakeClock());

    await session.request('compute', servers, ctx);
    await session.close();

    expect(cloud.calls()[0]?.url).toBe('/elsewhere/v2.1/project-1/servers');
  });

  it('and says which are not there', async () => {
    await using cloud = await startRecordedCloud({ reply: () => ok, without: ['network', 'volumev3'] });

    expect(await cloud.session.hasService('network', ctx)).toBe(false);
    expect(await cloud.session.hasService('volume', ctx)).toBe(false);
    expect(await cloud.session.hasService('compute', ctx)).toBe(true);
    await expect(cloud.session.request('network', { method: 'GET', path: '/ports' }, ctx)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('no network service'),
    });
  });

  it('and their newest microversion, which goes with the requests that name one', async () => {
    const document = { version: { id: 'v2.1', status: 'CURRENT', version: '2.93', min_version: '2.1', links: [] } };
    await using cloud = await startRecordedCloud({
      reply: ({ url }) => (url === '/compute/v2.1/' ? { status: 200, body: document } : ok),
    });

    const newest = await cloud.session.maxMicroversion('compute', ctx);
    await cloud.session.maxMicroversion('compute', ctx);
    await cloud.session.request('compute', { ...servers, microversion: '2.67' }, ctx);

    expect(newest).toBe('2.93');
    expect(cloud.calls().map(({ headers }) => headers['openstack-api-version'])).toEqual([undefined, 'compute 2.67']);
    expect(await cloud.session.maxMicroversion('network', ctx)).toBeUndefined();
  });
});

describe('a session repeats', () => {
  it.each([
    ['a cut connection', 'cut' as Reply],
    ['a conflict', { status: 409 }],
    ['too many requests', { status: 429, headers: { 'retry-after': '7' } }],
    ['a service that is down', { status: 503 }],
  ])('a GET after %s, with pauses', async (_what, reply) => {
    const clock = new HastyClock();
    await using cloud = await startRecordedCloud({ reply: inTurn(reply, reply, ok), deps: { clock } });

    await cloud.session.request('compute', servers, ctx);

    expect(cloud.calls()).toHaveLength(3);
    expect(clock.pauses).toHaveLength(2);
    expect(Math.min(...clock.pauses)).toBeGreaterThanOrEqual(
      typeof reply === 'object' && 'headers' in reply ? 7000 : 250,
    );
  });

  it('a POST only when it has been turned away for its number', async () => {
    const clock = new HastyClock();
    await using cloud = await startRecordedCloud({
      reply: inTurn({ status: 429 }, { status: 503 }),
      deps: { clock },
    });

    await expect(cloud.session.request('compute', { ...servers, method: 'POST', body: {} }, ctx)).rejects.toMatchObject(
      {
        code: 'transient',
        repeated: false,
      },
    );

    expect(cloud.calls()).toHaveLength(2);
  });

  it('no longer than is useful, and marks the error that is left', async () => {
    const clock = new HastyClock();
    await using cloud = await startRecordedCloud({ reply: () => ({ status: 502 }), deps: { clock } });

    await expect(cloud.session.request('compute', servers, ctx)).rejects.toMatchObject({
      code: 'transient',
      repeated: true,
    });

    expect(cloud.calls()).toHaveLength(4);
  });

  it('nothing at once that is to rest for long', async () => {
    const clock = new HastyClock();
    const reply: Reply = { status: 429, headers: { 'retry-after': '600' } };
    await using cloud = await startRecordedCloud({ reply: () => reply, deps: { clock } });

    await expect(cloud.session.request('compute', servers, ctx)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 600_000,
      repeated: false,
    });

    expect(cloud.calls()).toHaveLength(1);
  });

  it('signing in, even for a request that may not be repeated', async () => {
    const clock = new HastyClock();
    const keystone = inTurn({ status: 503 }, 'cut');
    let refused = 0;
    await using cloud = await startRecordedCloud({
      reply: () => ok,
      deps: { clock },
      keystone: () => (refused++ < 2 ? keystone() : undefined),
    });

    await cloud.session.request('compute', { ...servers, method: 'POST', body: {} }, ctx);

    expect(cloud.signIns()).toBe(3);
    expect(cloud.calls()).toHaveLength(1);
  });
});

describe('a session paces', () => {
  it('every request it makes, and holds all of them off when the cloud asks for it', async () => {
    const clock = new HastyClock();
    let turns = 0;
    const holdOffs: number[] = [];
    const pace = {
      turn: async () => {
        turns += 1;
      },
      holdOff: (ms: number) => void holdOffs.push(ms),
    };
    const limited: Reply = { status: 429, headers: { 'retry-after': '3' } };
    await using cloud = await startRecordedCloud({ reply: inTurn(limited, ok), deps: { clock } });

    await cloud.session.request('compute', servers, { ...ctx, pace });

    expect(turns).toBe(3);
    expect(turns).toBe(cloud.calls().length + cloud.signIns());
    expect(holdOffs).toEqual([3000]);
  });
});

describe('a session ends a request', () => {
  it('that is not answered in time', async () => {
    const clock = new FakeClock();
    let asked: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await using cloud = await startRecordedCloud({
      reply: () => {
        asked();
        return 'silence';
      },
      deps: { clock },
    });

    const request = cloud.session.request(
      'compute',
      { method: 'POST', path: '/servers', body: {}, timeoutMs: 5000 },
      ctx,
    );
    const failure = expect(request).rejects.toMatchObject({
      code: 'transient',
      message: expect.stringContaining('in time'),
    });
    await arrived;
    await clock.advance(5000);

    await failure;
    expect(clock.sleeping).toBe(0);
  });

  it('with the reason of its caller', async () => {
    const caller = new AbortController();
    await using cloud = await startRecordedCloud({
      reply: () => {
        caller.abort(new Error('stop'));
        return 'silence';
      },
    });

    await expect(cloud.session.request('compute', servers, { ...ctx, signal: caller.signal })).rejects.toThrow('stop');
  });
});

describe('a session lists', () => {
  const page = ({ url }: SeenRequest): Reply | undefined => {
    if (url === '/compute/v2.1/servers/detail?limit=2') {
      const href = 'http://nova.internal:8774/v2.1/servers/detail?limit=2&marker=b';
      return { status: 200, body: { servers: [{ id: 'a' }, { id: 'b' }], servers_links: [{ rel: 'next', href }] } };
    }
    if (url === '/compute/v2.1/servers/detail?limit=2&marker=b') {
      const href = 'http://nova.internal:8774/v2.1/servers/detail?limit=2&marker=b';
      return { status: 200, body: { servers: [{ id: 'b' }, { id: 'c' }], servers_links: [{ rel: 'next', href }] } };
    }
    return undefined;
  };

  it('page after page, by links that name a host of their own, until nothing new comes', async () => {
    await using cloud = await startRecordedCloud({ reply: page });

    const found = await cloud.session.list(
      'compute',
      { path: '/servers/detail', query: { limit: 2 }, collection: 'servers' },
      ctx,
    );

    expect(found.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(cloud.calls()).toHaveLength(3);
  });

  it('by links that are paths', async () => {
    await using cloud = await startRecordedCloud({
      reply: ({ url }) => {
        if (url === '/image/') return { status: 404 };
        if (url === '/image/v2/images')
          return { status: 200, body: { images: [{ id: 'a' }], next: '/v2/images?marker=a' } };
        return url === '/image/v2/images?marker=a' ? { status: 200, body: { images: [{ id: 'b' }] } } : undefined;
      },
    });

    const found = await cloud.session.list('image', { path: '/images', collection: 'images' }, ctx);

    expect(found.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe('secrets', () => {
  it('are in no error and no line of the log, though a service quotes them', async () => {
    const quoting = ({ headers }: SeenRequest): Reply => ({
      status: 400,
      body: { badRequest: { message: `token ${headers['x-auth-token']} of password ${password}`, code: 400 } },
    });
    await using cloud = await startRecordedCloud({ reply: quoting });
    const logging = { ...ctx, log: cloud.log };

    const error: unknown = await cloud.session
      .request('compute', servers, logging)
      .catch((failure: unknown) => failure);
    await settle();

    const shown = inspect({ error, session: cloud.session, lines: cloud.log.lines }, { depth: 20, showHidden: true });
    expect(shown).toContain('[redacted]');
    expect(shown).toContain('called the cloud');
    expect(shown).not.toContain(password);
    expect(shown).not.toMatch(/token-\d/);
  });
});
