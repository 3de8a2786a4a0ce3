import { readFileSync } from 'node:fs';
import type { Stat } from '@nodepool/zookeeper';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCodec } from './build.js';
import { decodeComponent, encodeComponent } from './component.js';
import { nodeCodec } from './node.js';
import { type Codec, isUnreadable, type Snapshot } from './record.js';
import { requestCodec } from './request.js';
import { uploadCodec } from './upload.js';

const stat: Stat = {
  czxid: 1n,
  mzxid: 1n,
  pzxid: 1n,
  ctimeMs: 1_000_000,
  mtimeMs: 2_000_000,
  version: 3,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
};
const nodePath = '/nodepool/nodes/0000000007';
const requestPath = '/nodepool/requests/100-0000000007';
const buildPath = '/nodepool/images/debian/builds/0000000012';
const uploadPath = `${buildPath}/providers/cloud-a/images/0000000001`;

const recorded: readonly { readonly path: string; readonly data: string }[] = JSON.parse(
  readFileSync(new URL('../../testdata/recorded-znodes.json', import.meta.url), 'utf8'),
);

const stored = (data: string) => ({ data: Buffer.from(data), mtimeMs: stat.mtimeMs });

function decodeOk<T, S extends object>(codec: Codec<T, S>, path: string, data: string | object): Snapshot<T> {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  const decoded = codec.decode(path, Buffer.from(text), stat);
  if (isUnreadable(decoded)) throw new Error(decoded.reason);
  return decoded;
}

function reasonOf(data: Uint8Array | string, codec: Codec<unknown, object> = nodeCodec as never): string | undefined {
  const decoded = codec.decode(nodePath, Buffer.from(data), stat);
  return isUnreadable(decoded) ? decoded.reason : undefined;
}

function codecOf(path: string): Codec<unknown, { state: string; stateTimeSec: number }> | undefined {
  const codecs = [
    [/\/nodes\/\d+$/, nodeCodec],
    [/\/requests\/[\d-]+$/, requestCodec],
    [/\/providers\/[^/]+\/images\/\d+$/, uploadCodec],
    [/\/builds\/\w+$/, buildCodec],
  ] as const;
  const found = codecs.find(([pattern]) => pattern.test(path));
  return found?.[1] as never;
}

describe('recorded records', () => {
  const records = recorded.filter(({ path }) => codecOf(path) !== undefined);

  it.each(records)('reads $path and writes it back without a change', ({ path, data }) => {
    const codec = codecOf(path);
    const snapshot = codec?.decode(path, Buffer.from(data), stat);

    const written = codec?.encodeChange(stored(data), {});

    expect(snapshot).toHaveProperty('record.state', JSON.parse(data).state);
    expect(JSON.parse(String(written))).toEqual(JSON.parse(data));
  });

  it.each(recorded.filter(({ path }) => path.includes('/components/')))(
    'reads $path and writes exactly the same text',
    ({ data }) => {
      const component = decodeComponent(Buffer.from(data));
      if (component === undefined) throw new Error('unreadable');

      const written = encodeComponent(component).toString();

      // Python puts a blank after commas and colons.
      expect(written).toBe(JSON.stringify(JSON.parse(data)));
    },
  );

  it('writes every known key of a node and nothing else', () => {
    const original = recorded.find(({ path }) => path.includes('/nodes/'));
    const { id: _id, ...stated } = decodeOk(nodeCodec, nodePath, original?.data ?? '').record;

    const written = JSON.parse(nodeCodec.encodeNew(stated).toString());

    expect(written).toEqual(JSON.parse(original?.data ?? ''));
  });
});

describe('a node', () => {
  it('takes defaults for missing keys, the state time from the znode', () => {
    const { record } = decodeOk(nodeCodec, nodePath, { state: 'ready' });

    expect(record).toMatchObject({
      id: '0000000007',
      stateTimeSec: 2_000,
      type: [],
      provider: null,
      username: 'zuul',
      connectionPort: 22,
      hostKeys: [],
      resources: null,
      holdExpirationSec: null,
    });
  });

  it('leaves a null that is there null', () => {
    const { record } = decodeOk(nodeCodec, nodePath, { state: 'ready', username: null, connection_port: null });

    expect(record).toMatchObject({ username: null, connectionPort: null });
  });

  it.each([
    ['a plain string as the only label', { type: 'small' }, { type: ['small'] }],
    ['the port of old readers', { ssh_port: 2222 }, { connectionPort: 2222 }],
    ['the new port before the old one', { connection_port: 22, ssh_port: 2222 }, { connectionPort: 22 }],
    ['cluster credentials', { connection_port: { host: 'k' } }, { connectionPort: { host: 'k' } }],
    ['an external id of two parts', { external_id: { instance: 'i' } }, { externalId: { instance: 'i' } }],
    ['a number where a cloud should have given text', { host_id: 5 }, { hostId: '5' }],
    ['seconds as text', { hold_expiration: '3600' }, { holdExpirationSec: 3600 }],
    ['a fraction of seconds', { hold_expiration: 1.9 }, { holdExpirationSec: 1 }],
    ['a hold that says nothing', { hold_expiration: 'soon' }, { holdExpirationSec: 0 }],
    ['resources that cannot be counted', { resources: { cores: 1, flavor: 'x' } }, { resources: { cores: 1 } }],
  ])('accepts %s', (_what, fields, expected) => {
    expect(decodeOk(nodeCodec, nodePath, { state: 'ready', ...fields }).record).toMatchObject(expected);
  });

  it('writes the duplicate port, a list of labels and a number for the hold', () => {
    const before = { state: 'ready', type: 'small', connection_port: 2222, hold_expiration: '60' };

    const written = JSON.parse(nodeCodec.encodeChange(stored(JSON.stringify(before)), { comment: 'x' }).toString());

    expect(written).toMatchObject({ ssh_port: 2222, type: ['small'], hold_expiration: 60, comment: 'x', az: null });
  });
});

describe('a rewrite', () => {
  it.each([
    ['9007199254740993'],
    ['1.0'],
    ['-0'],
    ['1e3'],
    ['1E-7'],
    ['0.10'],
    ['123456789012345678901234567890'],
    ['3.14159265358979323846'],
  ])('keeps the number %s as it was written', (number) => {
    const before = `{"state": "ready", "user_data": {"list": [${number}, "1.0"], "n": ${number}}, "mystery": ${number}}`;

    const written = nodeCodec.encodeChange(stored(before), { comment: 'new' }).toString();

    expect(written).toContain(`"user_data":{"list":[${number},"1.0"],"n":${number}}`);
    expect(written).toContain(`"mystery":${number}`);
  });

  it('keeps what it does not know, whatever that is', async () => {
    await fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (mystery, requestorData) => {
        const before = JSON.stringify({ state: 'requested', mystery, requestor_data: requestorData });

        const written = requestCodec.encodeChange(stored(before), { state: 'pending', stateTimeSec: 5 }).toString();

        const expected = JSON.parse(before);
        expect(JSON.parse(written)).toMatchObject({ state: 'pending', state_time: 5 });
        expect(JSON.stringify(JSON.parse(written).mystery)).toBe(JSON.stringify(expected.mystery));
        expect(JSON.stringify(JSON.parse(written).requestor_data)).toBe(JSON.stringify(expected.requestor_data));
      }),
    );
  });

  it('keeps a key that looks like a prototype', () => {
    const before = '{"state":"ready","__proto__":{"polluted":1},"constructor":2}';

    const written = nodeCodec.encodeChange(stored(before), { comment: 'x' }).toString();

    expect(written).toContain('"__proto__":{"polluted":1}');
    expect(written).toContain('"constructor":2');
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('makes up what was missing, as it was read', () => {
    const written = JSON.parse(nodeCodec.encodeChange(stored('{"state":"used"}'), { comment: 'x' }).toString());

    expect(written).toMatchObject({ state: 'used', state_time: 2_000, type: [], username: 'zuul', ssh_port: 22 });
  });

  it('changes what it is told to change, opaque values included', () => {
    const before = '{"state":"ready","user_data":1.0,"driver_data":{"a":1.0}}';

    const written = JSON.parse(nodeCodec.encodeChange(stored(before), { driverData: { b: 2 } }).toString());

    expect(written).toMatchObject({ user_data: 1, driver_data: { b: 2 } });
  });
});

describe('data that are no record', () => {
  it.each([
    ['nothing', '', 'no data'],
    ['text', 'garbage', 'not JSON'],
    ['a list', '[]', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00]), 'not UTF-8'],
    ['a record without state', '{}', 'no state'],
    ['an unknown state', '{"state":"exploded"}', 'unknown state "exploded"'],
    ['a state that is no text', '{"state":{"a":[1]}}', 'unknown state {"a":[1]}'],
    ['a label that is no text', '{"state":"ready","type":[1]}', 'field "type" is not a list of texts'],
    ['a provider that is an object', '{"state":"ready","provider":{}}', 'field "provider" is not text'],
    ['a time that is no number', '{"state":"ready","state_time":"x"}', 'field "state_time" is not a number'],
    ['an infinite time', '{"state":"ready","state_time":1e999}', 'field "state_time" is not a number'],
    ['a port that is none', '{"state":"ready","connection_port":"x"}', 'field "connection_port" is not a port'],
  ])('are reported: %s', (_what, data, reason) => {
    expect(reasonOf(data)).toBe(reason);
  });

  it('are reported when they are too long to be one of ours', () => {
    const data = JSON.stringify({ state: 'ready', comment: 'x'.repeat(300_000) });

    expect(reasonOf(data)).toBe(`${data.length} bytes long`);
  });

  it('never make a reader throw', async () => {
    const codecs = [nodeCodec, requestCodec, buildCodec, uploadCodec] as unknown as readonly Codec<unknown, object>[];
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .dictionary(fc.constantFrom('state', 'type', 'resources', 'nodes', 'formats', 'reuse'), fc.jsonValue())
        .map((fields) => Buffer.from(JSON.stringify({ state: 'ready', ...fields }))),
    );
    await fc.assert(
      fc.property(anything, (data) => {
        for (const codec of codecs) expect(codec.decode(uploadPath, data, stat)).toHaveProperty('mtimeMs', 2_000_000);
        expect(() => decodeComponent(data)).not.toThrow();
      }),
    );
  });
});

describe('a build', () => {
  it('leaves builder and formats out while there are none', () => {
    const { id: _id, image: _image, ...stated } = decodeOk(buildCodec, buildPath, { state: 'building' }).record;

    const written = JSON.parse(buildCodec.encodeNew(stated).toString());

    expect(Object.keys(written).sort()).toEqual(['python_path', 'shell_type', 'state', 'state_time', 'username']);
    expect(stated).toMatchObject({ username: 'zuul', pythonPath: '/usr/bin/python2', formats: [] });
  });

  it('joins formats, sorted, and drops the key when the last one goes', () => {
    const before = stored('{"state":"building","formats":"qcow2","builder":"b","username":null}');

    const two = buildCodec.encodeChange(before, { formats: ['raw', 'qcow2'] });
    const none = buildCodec.encodeChange(before, { state: 'failed', formats: [] });

    expect(JSON.parse(two.toString())).toMatchObject({ formats: 'qcow2,raw', builder: 'b', username: null });
    expect(JSON.parse(none.toString())).not.toHaveProperty('formats');
  });

  it('takes image and id from the path, ids of ten digits included', () => {
    expect(decodeOk(buildCodec, buildPath, { state: 'ready' }).record).toMatchObject({
      image: 'debian',
      id: '0000000012',
    });
    expect(decodeOk(uploadCodec, uploadPath, { state: 'ready' }).record).toMatchObject({
      image: 'debian',
      buildId: '0000000012',
      provider: 'cloud-a',
      id: '0000000001',
      pythonPath: '/usr/bin/python2',
      username: 'zuul',
    });
  });
});

describe('a component', () => {
  it('tolerates a pool without a name and a record without model_api', () => {
    const data = { kind: 'pool', hostname: 'vm', id: 'vm-PoolWorker.a-b-1', state: 'running' };

    expect(decodeComponent(Buffer.from(JSON.stringify(data)))).toEqual({
      kind: 'pool',
      hostname: 'vm',
      state: 'running',
      version: null,
      modelApi: 0,
      id: 'vm-PoolWorker.a-b-1',
      name: null,
      providerName: null,
      supportedLabels: [],
      priority: 100,
      paused: false,
    });
  });

  it('says that it takes turns only when it does', () => {
    const data = { kind: 'pool', hostname: 'vm', id: 'vm-PoolWorker.a-b-1', state: 'running' };
    const silent = decodeComponent(Buffer.from(JSON.stringify(data)));
    const polite = decodeComponent(Buffer.from(JSON.stringify({ ...data, takes_turns: true })));

    expect([silent, polite].map((pool) => pool && 'takesTurns' in pool && pool.takesTurns)).toEqual([false, true]);
    expect(silent && JSON.parse(encodeComponent(silent).toString())).not.toHaveProperty('takes_turns');
    expect(polite && JSON.parse(encodeComponent(polite).toString())).toHaveProperty('takes_turns', true);
  });

  it('is skipped when it is of a kind we do not know', () => {
    expect(decodeComponent(Buffer.from('{"kind":"executor","hostname":"x"}'))).toBeUndefined();
  });
});

describe('a request', () => {
  it('takes defaults for missing keys', () => {
    expect(decodeOk(requestCodec, requestPath, { state: 'requested' }).record).toMatchObject({
      id: '100-0000000007',
      nodeTypes: [],
      reuse: true,
      relativePriority: 0,
      createdTimeSec: null,
    });
  });
});
