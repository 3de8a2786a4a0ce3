import { describe, expect, it } from 'vitest';
import { LocalCloud } from '../testing/local-cloud.js';
import { ctx, openSubject } from '../testing/open-subject.js';

const fromVolume = { label: { 'boot-from-volume': true, 'volume-size': 80 } };

describe('what a label takes', () => {
  it('is its flavor and one instance', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { label: { 'flavor-name': 'm1.small' } });

    expect(await subject.needed()).toEqual({ instances: 1, cores: 2, ram: 2048 });
  });

  it('is a volume besides where it boots from one', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, fromVolume);

    expect(await subject.needed()).toEqual({ instances: 1, cores: 1, ram: 512, volumes: 1, 'volume-gb': 80 });
  });

  it('cannot be told when there is no such flavor, and the message says what to do', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, { label: { 'flavor-name': 'm1.huge' } });

    await expect(subject.needed()).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/cloud "local" has no flavor named "m1.huge".*label "small".*flavor list/),
    });
  });

  it('is not given up for good because the cloud refuses the password', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud);
    cloud.refuseSignIn = true;

    await expect(subject.needed()).rejects.toMatchObject({ code: 'launch-failed' });
    cloud.refuseSignIn = false;
    subject.time.laterMs = 60_000;
    expect(await subject.needed()).toMatchObject({ instances: 1 });
  });
});

describe('the limits of a project', () => {
  it('are those of Nova; -1 is unlimited, and volumes are not asked for where none is used', async () => {
    await using cloud = await LocalCloud.start();
    cloud.state.limits.maxTotalCores = -1;
    await using subject = await openSubject(cloud);

    expect(await subject.provider.quota?.limits(ctx)).toEqual({ instances: 10, ram: 51_200 });
    expect(cloud.calls('volume')).toEqual([]);
  });

  it('are those of Cinder besides where labels boot from volumes', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, fromVolume);

    expect(await subject.provider.quota?.limits(ctx)).toEqual({
      instances: 10,
      cores: 20,
      ram: 51_200,
      volumes: 10,
      'volume-gb': 1000,
    });
  });

  it('do not concern volumes in a cloud without Cinder', async () => {
    await using cloud = await LocalCloud.start({ without: ['volume'] });
    await using subject = await openSubject(cloud, fromVolume);

    expect(Object.keys((await subject.provider.quota?.limits(ctx)) ?? {})).toEqual(['instances', 'cores', 'ram']);
  });

  it('are less what servers and volumes of others take, never below nothing', async () => {
    await using cloud = await LocalCloud.start();
    await using subject = await openSubject(cloud, fromVolume);
    const { externalId } = await subject.launch('0000000001');
    const ours = cloud.state.servers.get(String(externalId));
    if (ours === undefined) throw new Error('there is no server');
    const theirs = { ...ours, metadata: {}, 'os-extended-volumes:volumes_attached': [] };
    cloud.state.servers.set('a', { ...theirs, id: 'a', flavor: { vcpus: 4, ram: 60_000, original_name: 'big' } });
    cloud.state.servers.set('b', { ...theirs, id: 'b', flavor: { id: '2' } });
    cloud.state.volumes.set('v-1', { id: 'v-1', size: 300, status: 'available' });
    cloud.state.volumes.set('v-2', { id: 'v-2', size: 50, status: 'creating' });

    expect(await subject.provider.quota?.limits(ctx)).toEqual({
      instances: 8,
      cores: 14,
      ram: 0,
      volumes: 9,
      'volume-gb': 700,
    });
  });
});

describe('the zones of a cloud', () => {
  it('are those that can be used', async () => {
    await using cloud = await LocalCloud.start();
    cloud.state.zones.push({ zoneName: 'az0', zoneState: { available: true } });
    cloud.state.zones.push({ zoneName: 'down', zoneState: { available: false } });
    await using subject = await openSubject(cloud);

    expect(await subject.provider.zones?.(ctx)).toEqual(['az0', 'az1']);
  });

  it('are none where the cloud does not tell', async () => {
    await using cloud = await LocalCloud.start();
    cloud.planNext('compute GET /os-availability-zone', { status: 403, body: { forbidden: { message: 'policy' } } });
    await using subject = await openSubject(cloud);

    expect(await subject.provider.zones?.(ctx)).toEqual([]);
  });
});
