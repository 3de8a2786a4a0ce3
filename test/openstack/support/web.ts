import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** The endpoints of the original. Source: docs/compatibility/interfaces.md section 3. */
const classic = [
  '/node-list',
  '/request-list',
  '/image-list',
  '/dib-image-list',
  '/image-status',
  '/label-list',
  '/ready',
];

/** One answer of a launcher's web server. */
export interface WebAnswer {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}

/** Reads all that the web server shows: every resource that its own description names, and each item of the lists. */
export async function readWeb(port: number): Promise<readonly WebAnswer[]> {
  const description = JSON.parse((await read(port, '/api/v1/openapi.json')).text) as {
    readonly paths: Readonly<Record<string, { readonly get?: object }>>;
  };
  const readable = Object.entries(description.paths).filter(
    ([path, { get }]) => get !== undefined && path !== '/events',
  );
  const answers = await Promise.all([...classic, '/metrics'].map((path) => read(port, path)));
  for (const [path] of readable) {
    for (const filled of await filledIn(port, path)) answers.push(await read(port, `/api/v1${filled}`));
  }
  return answers;
}

/** The path for each item of the list that it belongs to; itself when it names no item. */
async function filledIn(port: number, path: string): Promise<readonly string[]> {
  const [, list = '', key = ''] = /^(\/[^{]+)\/\{(\w+)\}/.exec(path) ?? [];
  if (key === '') return [path];
  const { items = [] } = JSON.parse((await read(port, `/api/v1${list}`)).text) as { items?: Record<string, unknown>[] };
  return items.slice(0, 3).map((item) => path.replace(`{${key}}`, encodeURIComponent(String(item[key]))));
}

async function read(port: number, path: string): Promise<WebAnswer> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { path, status: answer.status, text: await answer.text() };
}

/** What a browser is told as long as it listens. */
export interface EventStream extends AsyncDisposable {
  received(): string;
}

export async function followEvents(port: number): Promise<EventStream> {
  const end = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { signal: end.signal });
  if (answer.body === null) throw new Error('the server sends no events');
  const parts: string[] = [];
  const stream = Readable.from(answer.body).on('data', (part) => parts.push(Buffer.from(part).toString()));
  const ended = finished(stream).catch(() => undefined);
  return {
    received: () => parts.join(''),
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await ended;
    },
  };
}
