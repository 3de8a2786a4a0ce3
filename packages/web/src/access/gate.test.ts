import { describe, expect, it } from 'vitest';
import { as, aWebapp, openTestWeb } from '../testing/test-web.js';

const behindProxy = aWebapp({ trustedProxies: ['192.0.2.0/24'], readsPerSecond: 0.2, changesPerSecond: 0.5 });

async function statusOf(web: Awaited<ReturnType<typeof openTestWeb>>, from: string, forwardedFor: string) {
  const headers = { 'x-forwarded-for': forwardedFor };
  return (await web.server.inject({ url: '/api/v1/nodes', remoteAddress: from, headers })).statusCode;
}

describe('reads', () => {
  it('are limited for each address as configured, and allowed again in time', async () => {
    await using web = await openTestWeb({ webapp: behindProxy });

    const statuses = [await statusOf(web, '198.51.100.1', ''), await statusOf(web, '198.51.100.1', '')];
    await web.clock.advance(5_000);

    expect(statuses).toEqual([200, 429]);
    expect(await statusOf(web, '198.51.100.1', '')).toBe(200);
    expect(await statusOf(web, '198.51.100.2', '')).toBe(200);
  });

  it('are those of the address that a trusted proxy names', async () => {
    await using web = await openTestWeb({ webapp: behindProxy });

    const first = await statusOf(web, '192.0.2.9', '203.0.113.1');
    const again = await statusOf(web, '192.0.2.9', '203.0.113.1');
    const spoofed = await statusOf(web, '192.0.2.9', '203.0.113.7, 203.0.113.1');

    expect([first, again, spoofed]).toEqual([200, 429, 429]);
    expect(await statusOf(web, '192.0.2.9', '203.0.113.2')).toBe(200);
  });

  it('are the own ones of whoever only claims to be a proxy', async () => {
    await using web = await openTestWeb({ webapp: behindProxy });

    const statuses = [
      await statusOf(web, '198.51.100.1', '203.0.113.1'),
      await statusOf(web, '198.51.100.1', '203.0.113.2'),
    ];

    expect(statuses).toEqual([200, 429]);
  });
});

describe('changes', () => {
  const build = { method: 'POST', url: '/api/v1/images/debian/build', headers: as('operate') } as const;

  it('are limited for each token as configured', async () => {
    await using web = await openTestWeb({ webapp: behindProxy });

    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) statuses.push((await web.server.inject(build)).statusCode);

    expect(statuses).toEqual([202, 202, 202, 429]);
  });

  it('are taken from pages of the host that a trusted proxy was asked for, and logged with its caller', async () => {
    await using web = await openTestWeb({ webapp: behindProxy });
    const headers = { ...build.headers, origin: 'https://ci.example.com', 'x-forwarded-host': 'ci.example.com' };

    const call = (remoteAddress: string) =>
      web.server.inject({ ...build, remoteAddress, headers: { ...headers, 'x-forwarded-for': '203.0.113.1' } });

    expect((await call('192.0.2.9')).statusCode).toBe(202);
    expect((await call('198.51.100.1')).statusCode).toBe(403);
    expect(web.log.lines.map(({ fields }) => fields['remote'])).toEqual(['203.0.113.1', '198.51.100.1']);
  });
});
