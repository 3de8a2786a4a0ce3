import { tagKeys } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { LocalCloud } from '../testing/local-cloud.js';
import { ctx, openSubject } from '../testing/open-subject.js';

describe('launching a server', () => {
  it('asks for everything that the label and its pool say', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, {
      pool: { 'security-groups': ['web', 'sg-2'], networks: ['other'] },
      label: {
        'key-name': 'key',
        'flavor-name': 'm1',
        'min-ram': 600,
        userdata: '#cloud-config\n',
        'instance-properties': { team: 'infra', groups: 'mine' },
      },
      image: { 'config-drive': true },
    });

    const { externalId } = await subject.launch('0000000042', { az: 'az1', tags: { team: 'infra', groups: 'mine' } });

    const asked = cloud.state.servers.get(String(externalId))?.asked;
    expect(asked).toEqual({
      name: 'np0000000042',
      flavorRef: '2',
      imageRef: 'image-1',
      key_name: 'key',
      availability_zone: 'az1',
      config_drive: true,
      user_data: Buffer.from('#cloud-config\n').toString('base64'),
      networks: [{ uuid: 'net-2' }],
      security_groups: [{ name: 'web' }, { name: 'sg-2' }],
      min_count: 1,
      max_count: 1,
      metadata: {
        groups: 'mine',
        team: 'infra',
        [tagKeys.nodeId]: '0000000042',
        [tagKeys.poolName]: 'main',
        [tagKeys.providerName]: 'local',
      },
    });
  });

  it('says nothing of what is not configured, and names the groups for inventories', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);

    const { externalId } = await subject.launch('0000000001');

    const asked = cloud.state.servers.get(String(externalId))?.asked ?? {};
    expect(Object.keys(asked).sort()).toEqual(['flavorRef', 'imageRef', 'max_count', 'metadata', 'min_count', 'name']);
    expect(asked['metadata']).toMatchObject({ groups: 'local,debian,small' });
  });

  it('boots from a volume that goes with the server', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { label: { 'boot-from-volume': true, 'volume-size': 80 } });

    const { externalId } = await subject.launch('0000000001');

    expect(cloud.state.servers.get(String(externalId))?.asked).toMatchObject({
      imageRef: '',
      block_device_mapping_v2: [
        {
          boot_index: 0,
          uuid: 'image-1',
          source_type: 'image',
          destination_type: 'volume',
          volume_size: 80,
          delete_on_termination: true,
        },
      ],
    });
  });

  it('costs one request of its own, a deletion one and its proof another', async () => {
    await using cloud = await LocalCloud.start({ bootsAtOnce: true });
    await using subject = await openSubject(cloud, { pool: { 'auto-floating-ip': false } });
    await subject.launch('0000000001');
    cloud.requests.length = 0;

    const ticket = await subject.launch('0000000002');
    await subject.untilRunning(ticket);
    await subject.provider.terminate(String(ticket.externalId), ctx);
    await expect(subject.provider.terminate(String(ticket.externalId), ctx)).rejects.toMatchObject({
      code: 'not-found',
    });

    const id = String(ticket.externalId);
    const ofTheList = cloud.calls().filter((call) => call === 'GET /servers/detail').length;
    expect(ofTheList).toBeLessThan(cloud.calls().length);
    expect(cloud.calls().filter((call) => call !== 'GET /servers/detail')).toEqual([
      'POST /servers',
      `DELETE /servers/${id}`,
      `DELETE /servers/${id}`,
    ]);
  });

  it('finds the server of a launch whose answer was lost', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    cloud.planNext('compute POST /servers', 'cut', { afterwards: true });
    await expect(subject.launch('0000000001')).rejects.toMatchObject({ code: 'transient' });

    const { externalId } = await subject.launch('0000000001');

    expect([...cloud.state.servers.keys()]).toEqual([externalId]);
  });

  it('replaces the server of an earlier launch that went into an error', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    const first = await subject.launch('0000000001');
    const server = cloud.state.servers.get(String(first.externalId));
    if (server !== undefined) server.status = 'ERROR';

    const second = await subject.launch('0000000001');

    expect(second.externalId).not.toBe(first.externalId);
    expect([...cloud.state.servers.keys()]).toEqual([second.externalId]);
  });

  it('finds the server that another launcher has made for the node, once it was listed', async () => {
    await using cloud = await LocalCloud.start();
    await using before = await openSubject(cloud);
    const { externalId } = await before.launch('0000000001');
    await using subject = await openSubject(cloud);
    await subject.provider.listInstances(ctx);

    expect((await subject.launch('0000000001')).externalId).toBe(externalId);
  });

  it.each([
    ['a quota', 403, 'Quota exceeded for instances: Requested 1, but already used 10 of 10', 'quota'],
    ['ports', 403, 'Maximum number of ports exceeded', 'quota'],
    ['a request that makes no sense', 400, 'The requested availability zone is not available', 'launch-failed'],
    ['several networks to choose from', 409, 'Multiple possible networks found, use a Network ID.', 'launch-failed'],
  ])('that is refused for %s says so', async (_what, status, message, code) => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    cloud.planNext('compute POST /servers', { status, body: { error: { code: status, message } } });

    await expect(subject.launch('0000000001')).rejects.toMatchObject({ code });
  });

  it('forgets flavors and networks when the cloud can make no sense of a request', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { pool: { networks: ['private'] } });
    await subject.launch('0000000001');
    for (const flavor of cloud.state.flavors) flavor.id = `new-${flavor.id}`;
    await expect(subject.launch('0000000002')).rejects.toMatchObject({ code: 'launch-failed' });
    cloud.requests.length = 0;

    const { externalId } = await subject.launch('0000000003');

    expect(cloud.state.servers.get(String(externalId))?.asked['flavorRef']).toBe('new-1');
    expect(cloud.calls()).toEqual(['GET /flavors/detail', 'GET /networks', 'POST /servers']);
  });

  it.each([
    ['no network', ['nowhere'], 'the network "nowhere" is not there'],
    ['two networks', ['twice'], 'the network "twice" is the name of 2 networks'],
  ])('fails where the name is that of %s', async (_what, networks, text) => {
    await using cloud = await LocalCloud.start();
    for (const id of ['net-8', 'net-9']) cloud.state.networks.push({ id, name: 'twice', 'router:external': false });
    await using subject = await openSubject(cloud, { pool: { networks } });

    await expect(subject.launch('0000000001')).rejects.toThrow(text);
    expect(cloud.calls('compute')).not.toContain('POST /servers');
  });

  it('uses the newest active image of a name', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { image: { 'image-id': undefined, 'image-name': 'debian' } });

    const { externalId } = await subject.launch('0000000001');

    expect(cloud.state.servers.get(String(externalId))?.asked['imageRef']).toBe('image-1');
  });

  it('says which image is not there', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { image: { 'image-id': undefined, 'image-name': 'bookworm' } });

    await expect(subject.launch('0000000001')).rejects.toMatchObject({
      code: 'launch-failed',
      message: expect.stringContaining('cloud "local" has no active image "bookworm"'),
    });
  });

  it('does without Neutron', async () => {
    await using cloud = await LocalCloud.start({ without: ['network', 'volume'], bootsAtOnce: true });
    await using subject = await openSubject(cloud);

    const running = await subject.untilRunning(await subject.launch('0000000001'));

    expect(running.interfaceIp).toBe('10.0.0.1');
    expect(await subject.provider.leaks?.list(ctx)).toEqual([]);
    expect(cloud.calls('network')).toEqual([]);
  });
});
