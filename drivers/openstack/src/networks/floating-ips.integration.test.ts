import { describe, expect, it } from 'vitest';
import { LocalCloud } from '../testing/local-cloud.js';
import { ctx, openSubject } from '../testing/open-subject.js';

describe('a floating address', () => {
  it('is created for the port of a server that has no public one', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud);

    const running = await subject.untilRunning(await subject.launch('0000000001'));

    expect(running).toMatchObject({ interfaceIp: '172.24.4.1', publicIpv4: '172.24.4.1', privateIpv4: '10.0.0.1' });
    expect(cloud.state.floatingIps.get('fip-1')?.port_id).toBe('port-1');
    expect(cloud.calls('network')).toEqual(['GET /networks', 'GET /ports', 'POST /floatingips']);
  });

  it('goes before its server does', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud);
    const { externalId } = await subject.untilRunning(await subject.launch('0000000001'));
    cloud.requests.length = 0;

    await subject.provider.terminate(externalId, ctx);

    expect(cloud.calls()).toEqual(['DELETE /floatingips/fip-1', `DELETE /servers/${String(externalId)}`]);
  });

  it('is found by the launcher that deletes a server of another one', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud);
    await subject.provider.listInstances(ctx);
    await using before = await openSubject(cloud);
    const { externalId } = await before.untilRunning(await before.launch('0000000001'));
    const address = { addr: '172.24.4.1', version: 4, 'OS-EXT-IPS:type': 'floating' };
    cloud.state.servers.get(String(externalId))?.addresses['private']?.push(address);

    await subject.provider.terminate(externalId, ctx);

    expect([cloud.state.floatingIps.size, cloud.state.servers.size]).toEqual([0, 0]);
  });

  it('is not created twice when the answer was lost, here or in another launcher', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud);
    const ticket = await subject.launch('0000000001');
    cloud.planNext('network POST /floatingips', 'cut', { afterwards: true });
    await expect(subject.check(ticket)).rejects.toMatchObject({ code: 'transient' });
    await using other = await openSubject(cloud);

    const [here, there] = [await subject.untilRunning(ticket), await other.untilRunning(ticket)];

    expect([here.publicIpv4, there.publicIpv4]).toEqual(['172.24.4.1', '172.24.4.1']);
    expect(cloud.state.floatingIps.size).toBe(1);
  });

  it('is done without where no router leads to the network, and asked for once only', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    cloud.state.unroutedNetworkIds.add('net-1');
    await using subject = await openSubject(cloud);
    const first = await subject.untilRunning(await subject.launch('0000000001'));
    cloud.requests.length = 0;

    const second = await subject.untilRunning(await subject.launch('0000000002'));

    expect([first.interfaceIp, second.interfaceIp]).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(cloud.calls('network')).toEqual([]);
  });

  it.each([
    ['the pool wants none', { pool: { 'auto-floating-ip': false } }, {}],
    ['the cloud names an address to connect to', {}, { accessIPv4: '5.5.5.5' }],
  ])('is not created when %s', async (_when, keys, more) => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud, keys);
    const ticket = await subject.launch('0000000001');
    Object.assign(cloud.state.servers.get(String(ticket.externalId)) ?? {}, more);

    await subject.untilRunning(ticket);

    expect(cloud.state.floatingIps.size).toBe(0);
  });

  it('is not created in a cloud that has no external network', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    cloud.state.networks.pop();
    await using subject = await openSubject(cloud);

    await subject.untilRunning(await subject.launch('0000000001'));

    expect(cloud.calls('network')).toEqual(['GET /networks', 'GET /routers']);
  });
});
