import type { LeakCandidate } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { LocalCloud } from '../testing/local-cloud.js';
import { addPort } from '../testing/local-routes.js';
import { ctx, openSubject, type Subject } from '../testing/open-subject.js';

async function found({ provider }: Subject): Promise<readonly LeakCandidate[]> {
  return (await provider.leaks?.list(ctx)) ?? [];
}

async function sweep(subject: Subject): Promise<void> {
  for (const candidate of await found(subject)) await subject.provider.leaks?.remove(candidate, ctx);
}

describe('a server', () => {
  /** A node that was launched twice, because the first answer was lost, and whose first server comes late. */
  async function launchTwice(cloud: LocalCloud, subject: Subject): Promise<string> {
    cloud.planNext('compute POST /servers', 'cut');
    await expect(subject.launch('0000000001')).rejects.toMatchObject({ code: 'transient' });
    const id = String((await subject.launch('0000000001')).externalId);
    const server = cloud.state.servers.get(id);
    if (server === undefined) throw new Error('there is no server');
    cloud.state.servers.set('late', { ...server, id: 'late' });
    await subject.provider.listInstances(ctx);
    return id;
  }

  it('that came about after its node had got another one is leaked, and goes', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const kept = await launchTwice(cloud, subject);

    const candidates = await found(subject);
    await sweep(subject);

    const tags = { nodepool_provider_name: 'local' };
    expect(candidates).toEqual([{ id: 'late', kind: 'instances', tags, unused: true }]);
    expect([...cloud.state.servers.keys()]).toEqual([kept]);
  });

  it('is kept when the other one has gone meanwhile: the node may have been launched anew by another process', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const first = await launchTwice(cloud, subject);
    const [candidate] = await found(subject);
    if (candidate === undefined) throw new Error('nothing was found');
    cloud.state.servers.delete(first);

    await subject.provider.leaks?.remove(candidate, ctx);
    await subject.provider.listInstances(ctx);

    expect([...cloud.state.servers.keys()]).toEqual(['late']);
    expect(await found(subject)).toEqual([]);
  });

  it('of another provider in the same project is kept', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    await launchTwice(cloud, subject);
    const late = cloud.state.servers.get('late');
    if (late !== undefined) late.metadata = { ...late.metadata, nodepool_provider_name: 'other' };
    await subject.provider.listInstances(ctx);

    expect(await found(subject)).toEqual([]);
  });

  it('has no twin as long as nobody knows which one the node gets', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const first = await launchTwice(cloud, subject);
    cloud.state.servers.clear();
    cloud.planNext('compute POST /servers', 'cut', { afterwards: true });
    await expect(subject.launch('0000000001')).rejects.toMatchObject({ code: 'transient' });
    const [server] = cloud.state.servers.values();
    if (server !== undefined) cloud.state.servers.set(first, { ...server, id: first });
    await subject.provider.listInstances(ctx);

    expect(cloud.state.servers.size).toBe(2);
    expect(await found(subject)).toEqual([]);
  });
});

describe('ports', () => {
  it('are leaked when every look has shown them down for as long as configured', async () => {
    await using cloud = await LocalCloud.start();
    addPort(cloud.state, { id: 'down', status: 'DOWN' });
    addPort(cloud.state, { id: 'ownerless', status: 'DOWN', device_owner: '' });
    addPort(cloud.state, { id: 'router', status: 'DOWN', device_owner: 'network:router_interface' });
    addPort(cloud.state, { id: 'up' });
    const flapping = addPort(cloud.state, { id: 'flapping', status: 'DOWN' });
    await using subject = await openSubject(cloud, { provider: { 'port-cleanup-interval': 600 } });

    expect(await found(subject)).toEqual([]);
    subject.time.laterMs = 300_000;
    flapping.status = 'ACTIVE';
    expect(await found(subject)).toEqual([]);
    flapping.status = 'DOWN';
    subject.time.laterMs = 600_000;
    const tags = { nodepool_provider_name: 'local' };
    expect(await found(subject)).toEqual([
      { id: 'down', kind: 'ports', tags, unused: true },
      { id: 'ownerless', kind: 'ports', tags, unused: true },
    ]);
  });

  it('are deleted unless they have come up, or their server exists', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const { externalId } = await subject.launch('0000000001');
    addPort(cloud.state, { id: 'gone', status: 'DOWN', device_id: 'no-server' });
    addPort(cloud.state, { id: 'shut-off', status: 'DOWN', device_id: String(externalId) });
    const late = addPort(cloud.state, { id: 'late', status: 'DOWN' });
    await found(subject);
    subject.time.laterMs = 600_000;
    const candidates = await found(subject);
    late.status = 'ACTIVE';

    for (const candidate of candidates) await subject.provider.leaks?.remove(candidate, ctx);

    expect(candidates.map(({ id }) => id)).toEqual(['gone', 'shut-off', 'late']);
    expect([...cloud.state.ports.keys()]).toEqual(['port-1', 'shut-off', 'late']);
  });

  it('are left alone when the interval is 0', async () => {
    await using cloud = await LocalCloud.start();
    addPort(cloud.state, { status: 'DOWN' });
    await using subject = await openSubject(cloud, { provider: { 'port-cleanup-interval': 0 } });

    expect(await found(subject)).toEqual([]);
    expect(cloud.calls('network')).toEqual([]);
  });
});

describe('floating addresses', () => {
  const unattached = { id: 'fip-9', floating_ip_address: '172.24.4.9', port_id: null };

  it('are leaked when nothing uses them and the operator allows it', async () => {
    await using cloud = await LocalCloud.start();
    cloud.state.floatingIps.set('fip-9', { ...unattached });
    cloud.state.floatingIps.set('fip-8', { ...unattached, id: 'fip-8', port_id: 'port-1' });
    await using subject = await openSubject(cloud, { provider: { 'clean-floating-ips': true } });

    await sweep(subject);

    expect([...cloud.state.floatingIps.keys()]).toEqual(['fip-8']);
  });

  it('are kept when somebody has taken them into use since', async () => {
    await using cloud = await LocalCloud.start();
    const floating = { ...unattached, port_id: null as string | null };
    cloud.state.floatingIps.set('fip-9', floating);
    await using subject = await openSubject(cloud, { provider: { 'clean-floating-ips': true } });
    const [candidate] = await found(subject);
    if (candidate === undefined) throw new Error('nothing was found');
    floating.port_id = 'port-1';

    await subject.provider.leaks?.remove(candidate, ctx);

    expect(cloud.state.floatingIps.size).toBe(1);
  });

  it('are left alone otherwise', async () => {
    await using cloud = await LocalCloud.start();
    cloud.state.floatingIps.set('fip-9', { ...unattached });
    await using subject = await openSubject(cloud);

    expect(await found(subject)).toEqual([]);
  });
});
