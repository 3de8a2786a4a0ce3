import { describe, expect, it } from 'vitest';
import { LocalCloud } from '../testing/local-cloud.js';
import type { LocalServer } from '../testing/local-state.js';
import { ctx, openSubject, type Subject } from '../testing/open-subject.js';

const noFloating = { pool: { 'auto-floating-ip': false } };

async function launched(cloud: LocalCloud, subject: Subject) {
  const ticket = await subject.launch('0000000001');
  const server = cloud.state.servers.get(String(ticket.externalId));
  if (server === undefined) throw new Error('there is no server');
  return { ticket, server };
}

describe('a server that was asked for', () => {
  it('is waited for while it is being built', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, noFloating);
    const { ticket, server } = await launched(cloud, subject);

    expect(await subject.check(ticket)).toEqual({ state: 'pending' });

    server.status = 'ACTIVE';
    expect(await subject.check(ticket)).toEqual({
      state: 'running',
      instance: {
        externalId: server.id,
        interfaceIp: '10.0.0.1',
        publicIpv4: null,
        privateIpv4: '10.0.0.1',
        publicIpv6: null,
        cloud: 'local',
        region: 'local',
        az: 'az1',
        hostId: 'host-1',
        driverData: null,
        slot: null,
      },
    });
  });

  const ends: readonly (readonly [string, (server: LocalServer, cloud: LocalCloud) => void, object])[] = [
    [
      'goes into an error',
      (server) => {
        server.status = 'ERROR';
        server.fault = { code: 500, message: 'Build of instance aborted' };
      },
      {
        code: 'launch-failed',
        statusKey: 'error.status',
        message: expect.stringContaining('Build of instance aborted'),
      },
    ],
    [
      'finds no host',
      (server) => {
        server.status = 'ERROR';
        server.fault = { code: 500, message: 'No valid host was found.' };
      },
      { code: 'capacity' },
    ],
    ['vanishes', ({ id }, cloud) => void cloud.state.servers.delete(id), { code: 'launch-failed' }],
    [
      'is deleted by somebody',
      (server) => {
        server['OS-EXT-STS:task_state'] = 'deleting';
      },
      { code: 'launch-failed' },
    ],
    [
      'is kept only for an undeletion',
      (server) => {
        server.status = 'SOFT_DELETED';
      },
      { code: 'launch-failed' },
    ],
  ];
  it.each(ends)('fails the launch when it %s', async (_what, happen, error) => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, noFloating);
    const { ticket, server } = await launched(cloud, subject);

    happen(server, cloud);

    await expect(subject.check(ticket)).rejects.toMatchObject(error);
  });

  it('is not taken for gone by a list that lacks it', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, noFloating);
    const { ticket } = await launched(cloud, subject);

    expect(await subject.check(ticket, [])).toEqual({ state: 'pending' });
  });

  it('does not cost its label when the cloud refuses a request', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud);
    const { ticket } = await launched(cloud, subject);
    cloud.planNext('network GET /ports', { status: 403, body: { NeutronError: { message: 'policy', type: 'x' } } });

    await expect(subject.check(ticket)).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('is given a moment for its address, and no more', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud, noFloating);
    const { ticket, server } = await launched(cloud, subject);
    server.addresses = {};

    const progress = await subject.check(ticket);

    const later = progress.state === 'pending' && progress.ticket !== undefined ? progress.ticket : ticket;
    expect(await subject.check(later)).toEqual({ state: 'pending' });
    subject.time.laterMs = 20_000;
    await expect(subject.check(later)).rejects.toMatchObject({ code: 'launch-failed', statusKey: 'error.network' });
  });

  it('is found in a list of many pages', async () => {
    await using cloud = await LocalCloud.start({ pageSize: 2, bootsAtOnce: true });
    await using subject = await openSubject(cloud, noFloating);
    const tickets = [];
    for (let node = 1; node <= 5; node += 1) tickets.push(await subject.launch(String(node).padStart(10, '0')));

    const listed = await subject.provider.listInstances(ctx);

    expect(listed.map(({ externalId }) => externalId)).toEqual(tickets.map(({ externalId }) => externalId));
  });

  it('shows its console', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const { server } = await launched(cloud, subject);

    expect(await subject.provider.consoleLog?.(server.id, ctx)).toBe('FAKE CONSOLE OUTPUT\n');
  });
});

describe('a list of servers', () => {
  it('shows those with tags, and what each takes', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { label: { 'boot-from-volume': true, 'volume-size': 8 } });
    const { server } = await launched(cloud, subject);
    cloud.state.servers.set('theirs', { ...server, id: 'theirs', metadata: {} });
    await subject.provider.quota?.limits(ctx);

    expect(await subject.provider.listInstances(ctx)).toMatchObject([
      { externalId: server.id, resources: { instances: 1, cores: 1, ram: 512, volumes: 1, 'volume-gb': 8 } },
    ]);
  });

  it('leaves out what is gone', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const { server } = await launched(cloud, subject);
    server.status = 'DELETED';

    expect(await subject.provider.listInstances(ctx)).toEqual([]);
    await expect(subject.provider.terminate(server.id, ctx)).rejects.toMatchObject({ code: 'not-found' });
  });
});
