import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CallContext } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HastyClock } from './testing/hasty-clock.js';
import type { Reply } from './testing/loopback-server.js';
import { startRecordedCloud } from './testing/recorded-cloud.js';
import type { ApiCall, CloudSession } from './types.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const bytes = 64 * 1024 * 1024;
let directory: string;
let file: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-upload-'));
  file = join(directory, 'image');
  const handle = await open(file, 'w');
  await handle.truncate(bytes);
  await handle.write('the end', bytes - 7);
  await handle.close();
});

afterAll(() => rm(directory, { recursive: true }));

const upload = (opened: () => void = () => undefined): ApiCall => ({
  method: 'PUT',
  path: '/file',
  stream: {
    open: () => {
      opened();
      return createReadStream(file, { highWaterMark: 1 << 20 });
    },
    length: bytes,
  },
});

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An image service that takes uploads as `listener` says, in a cloud whose other services, tokens' checks included, answer `reply`. */
async function withImageService(
  listener: Listener,
  use: (session: CloudSession) => Promise<void>,
  reply: () => Reply = () => ({ status: 404 }),
): Promise<void> {
  const server = createServer((request, response) => {
    listener(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await using cloud = await startRecordedCloud({
    reply,
    settings: { image_endpoint_override: `http://127.0.0.1:${port}/v2` },
  });
  try {
    await use(cloud.session);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

/** What Keystone says of a token that was revoked. */
const refused = (): Reply => ({ status: 401 });

describe('an upload', () => {
  it('arrives as it is', async () => {
    const hash = createHash('sha256');
    const seen: unknown[] = [];
    const take: Listener = async (request, response) => {
      seen.push(request.headers['content-length'], request.headers['content-type']);
      for await (const chunk of request) hash.update(chunk);
      response.writeHead(204).end();
    };

    await withImageService(take, async (session) => {
      expect(await session.request('image', upload(), ctx)).toMatchObject({ status: 204, body: null });
    });

    expect(seen).toEqual([String(bytes), 'application/octet-stream']);
    expect(hash.digest('hex')).toBe(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    );
  });

  it('is read no faster than the service takes it', async () => {
    let read = 0;
    let goOn: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow: Listener = async (request, response) => {
      await told;
      for await (const _chunk of request);
      response.writeHead(204).end();
    };
    const counted: ApiCall = {
      method: 'PUT',
      path: '/file',
      stream: { open: () => createReadStream(file).on('data', (chunk) => (read += chunk.length)), length: bytes },
    };

    await withImageService(slow, async (session) => {
      const done = session.request('image', counted, ctx);
      let before = -1;
      while (read === 0 || read !== before) {
        before = read;
        await pause(200);
      }
      expect(read).toBeLessThan(bytes / 2);
      goOn();
      await done;
    });

    expect(read).toBe(bytes);
  });

  it('is sent again from its start, once, after a 401 in the middle', async () => {
    const tokens: unknown[] = [];
    let opened = 0;
    const refuseFirst: Listener = async (request, response) => {
      tokens.push(request.headers['x-auth-token']);
      if (tokens.length === 1) {
        await once(request, 'data');
        response.writeHead(401, { connection: 'close' }).end();
        return;
      }
      for await (const _chunk of request);
      response.writeHead(204).end();
    };

    const again = upload(() => (opened += 1));
    await withImageService(refuseFirst, async (session) => void (await session.request('image', again, ctx)), refused);

    expect(tokens).toEqual(['token-1', 'token-2']);
    expect(opened).toBe(2);
  });

  it('is sent again as well when the 401 is lost in the cut that follows it', async () => {
    let asked = 0;
    const cutFirst: Listener = async (request, response) => {
      asked += 1;
      if (asked === 1) {
        await once(request, 'data');
        request.socket.destroy();
        return;
      }
      for await (const _chunk of request);
      response.writeHead(204).end();
    };

    await withImageService(cutFirst, async (session) => void (await session.request('image', upload(), ctx)), refused);

    expect(asked).toBe(2);
  });

  it('is not repeated after a cut, and leaves no file open', async () => {
    let asked = 0;
    const cut: Listener = async (request) => {
      asked += 1;
      await once(request, 'data');
      request.socket.destroy();
    };
    const streams: { destroyed: boolean }[] = [];
    const kept: ApiCall = {
      method: 'PUT',
      path: '/file',
      stream: {
        open: () => {
          const stream = createReadStream(file);
          streams.push(stream);
          return stream;
        },
        length: bytes,
      },
    };

    await withImageService(cut, async (session) => {
      await expect(session.request('image', kept, ctx)).rejects.toMatchObject({ code: 'transient', repeated: false });
    });

    expect(asked).toBe(1);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('ends when its caller aborts', async () => {
    const caller = new AbortController();
    const stuck: Listener = async (request) => {
      await once(request, 'data');
      caller.abort(new Error('stop'));
    };

    await withImageService(stuck, async (session) => {
      await expect(session.request('image', upload(), { ...ctx, signal: caller.signal })).rejects.toThrow('stop');
    });
  });

  it('that finds nobody listening is tried again, for nothing has been sent', async () => {
    const clock = new HastyClock();
    let opened = 0;
    await using cloud = await startRecordedCloud({
      reply: () => ({ status: 404 }),
      settings: { image_endpoint_override: 'http://127.0.0.1:9/v2' },
      deps: { clock },
    });

    const request = cloud.session.request(
      'image',
      upload(() => (opened += 1)),
      ctx,
    );

    await expect(request).rejects.toMatchObject({
      code: 'transient',
      message: expect.stringContaining('no connection'),
      repeated: true,
    });
    expect(opened).toBe(4);
  });
});
