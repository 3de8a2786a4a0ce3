import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { undescribedKeys } from '../conformance/descriptions.js';
import { openStackLikeKeys, toOpenStackLike } from './openstack-like.js';

const schema = z
  .strictObject({ driver: z.literal('x').meta({ description: 'The driver.' }), ...openStackLikeKeys })
  .transform(toOpenStackLike);

const label = { name: 'small', 'cloud-image': 'debian', 'min-ram': 1024 };

function parse(provider: object, pool: object = {}, labels: readonly object[] = [label]) {
  return schema.parse({ driver: 'x', name: 'p', cloud: 'c', pools: [{ name: 'main', labels, ...pool }], ...provider });
}

function messages(provider: object, pool: object = {}, labels: readonly object[] = [label]): readonly string[] {
  const result = schema.safeParse({
    driver: 'x',
    name: 'p',
    cloud: 'c',
    pools: [{ name: 'main', labels, ...pool }],
    ...provider,
  });
  return (result.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('a provider configured as OpenStack is', () => {
  it('has the documented defaults, in the units of the code', () => {
    expect(schema.parse({ driver: 'x', name: 'p', cloud: 'c' })).toEqual({
      name: 'p',
      driver: 'x',
      maxConcurrency: -1,
      priority: undefined,
      callIntervalMs: 1000,
      bootTimeoutMs: 60_000,
      launchTimeoutMs: 3_600_000,
      launchRetries: 3,
      imageUploadTimeoutMs: 3_600_000,
      imageNameFormat: '{image_name}-{timestamp}',
      postUploadHook: undefined,
      diskimages: [],
      cloudImages: [],
      pools: [],
      cloud: 'c',
      regionName: undefined,
      cleanFloatingIps: false,
      portCleanupIntervalMs: 600_000,
    });
  });

  it('reads a rate that is a number in quotes', () => {
    expect(parse({ rate: '0.25' }).callIntervalMs).toBe(250);
    expect(messages({ rate: 'fast' }).length).toBe(1);
    expect(messages({ rate: -1 })).toEqual(['rate: must not be negative']);
  });

  it.each([
    [{}, {}, 100],
    [{ priority: 30 }, {}, 30],
    [{ priority: 30 }, { priority: 7 }, 7],
    [{}, { priority: 0 }, 0],
  ])('takes the priority of provider %o and pool %o as %i', (provider, pool, expected) => {
    expect(parse(provider, pool).pools[0]?.priority).toBe(expected);
  });

  it('keeps only the maxima that are set as limits', () => {
    const pool = { 'max-servers': 0, 'max-cores': 8, 'max-ram': 4096, 'max-volumes': 2, 'max-volume-gb': 100 };

    expect(parse({}, pool).pools[0]?.limits).toEqual({
      instances: 0,
      cores: 8,
      ram: 4096,
      volumes: 2,
      'volume-gb': 100,
    });
    expect(parse({}).pools[0]?.limits).toEqual({});
  });

  it('lets a label override the host check and the networks of its pool', () => {
    const own = { ...label, name: 'own', 'host-key-checking': true, networks: ['b'] };

    const pool = parse({}, { 'host-key-checking': false, networks: ['a'] }, [label, own]).pools[0];

    expect(pool?.labels.map(({ hostKeyChecking, networks }) => ({ hostKeyChecking, networks }))).toEqual([
      { hostKeyChecking: false, networks: ['a'] },
      { hostKeyChecking: true, networks: ['b'] },
    ]);
  });

  it('pauses a diskimage by either spelling', () => {
    const diskimages = [{ name: 'a' }, { name: 'b', pause: true }, { name: 'c', paused: true }];

    expect(parse({ diskimages }).diskimages.map(({ pause }) => pause)).toEqual([false, true, true]);
  });

  it('knows the usual port of a connection type', () => {
    const images = [{ name: 'a' }, { name: 'b', 'connection-type': 'winrm' }, { name: 'c', 'connection-port': 2222 }];

    const parsed = parse({ diskimages: images, 'cloud-images': images });

    expect(parsed.diskimages.map(({ connectionPort }) => connectionPort)).toEqual([22, 5986, 2222]);
    expect(parsed.cloudImages.map(({ connectionPort }) => connectionPort)).toEqual([22, 5986, 2222]);
  });

  it('makes text of the scalars that YAML finds in properties', () => {
    const diskimages = [{ name: 'a', meta: { hw_disk_bus: 'scsi', os_version: 12.5, hw_rng: true } }];

    expect(parse({ diskimages }).diskimages[0]?.meta).toEqual({
      hw_disk_bus: 'scsi',
      os_version: '12.5',
      hw_rng: 'True',
    });
  });

  it('counts no retry as one attempt', () => {
    expect(parse({ 'launch-retries': 0 }).launchRetries).toBe(1);
  });

  const at = 'pools.0.labels.0';
  it.each([
    [{ name: 'l', 'min-ram': 1 }, `${at}: one of diskimage and cloud-image is required`],
    [{ name: 'l', 'min-ram': 1, diskimage: 'a', 'cloud-image': 'b' }, `${at}: only one of diskimage and cloud-image`],
    [{ name: 'l', diskimage: 'a' }, `${at}: min-ram or flavor-name is required`],
    [{ ...label, 'min-rma': 1 }, `${at}: Unrecognized key: "min-rma"`],
    [
      { ...label, 'dynamic-instance-properties': { who: '{request.nobody}' } },
      `${at}.dynamic-instance-properties.who: unknown field {request.nobody}; known are {request.<attribute>} with id, labels, requestor, requestor_data, relative_priority, event_id, created_time, tenant_name`,
    ],
  ])('refuses the label %o', (wrong, message) => {
    expect(messages({}, {}, [wrong])).toEqual([message]);
  });

  it('accepts subscripts and literal braces in format strings', () => {
    const properties = { a: '{request.requestor_data[buildset]}', b: '{{literal}}', c: '{request.labels[0]!r:>9}' };

    expect(messages({}, {}, [{ ...label, 'dynamic-instance-properties': properties }])).toEqual([]);
  });

  it('refuses unknown fields in the names of uploads', () => {
    expect(messages({ 'image-name-format': '{image}-{timestamp}' })).toEqual([
      'image-name-format: unknown field {image}; known are {image_name}, {upload_id}, {timestamp}',
    ]);
  });

  it('refuses a cloud image with id and name', () => {
    expect(messages({ 'cloud-images': [{ name: 'a', 'image-id': '1', 'image-name': 'b' }] })).toEqual([
      'cloud-images.0: only one of image-id and image-name',
    ]);
  });

  it('describes every key', () => {
    expect(undescribedKeys(schema)).toEqual([]);
  });
});
