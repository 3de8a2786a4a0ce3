import { readFile } from 'node:fs/promises';
import type { ZooKeeper } from '@nodepool/zookeeper';

const testdata = new URL('../../testdata/', import.meta.url);

/** What the Python original printed for a command: `22-list`. */
export async function recordedOutput(name: string): Promise<string> {
  const text = await readFile(new URL(`recorded/${name}.txt`, testdata), 'utf8');
  const [, output = ''] = /--- stdout\n([\s\S]*?)--- stderr\n/.exec(text) ?? [];
  return output;
}

/** The body that the original's web server sent: `node-list`. */
export async function recordedBody(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`recorded/web-${name}.json`, testdata), 'utf8'));
}

interface RecordedZnode {
  readonly path: string;
  readonly data: string;
}

/** Puts the recorded tree into ZooKeeper. */
export async function restoreTree(
  zk: Pick<ZooKeeper, 'create' | 'ensurePath'>,
  isWanted: (path: string) => boolean = () => true,
): Promise<void> {
  const tree: readonly RecordedZnode[] = JSON.parse(await readFile(new URL('tree.json', testdata), 'utf8'));
  await zk.ensurePath('/nodepool');
  for (const { path, data } of tree) if (isWanted(path)) await zk.create(path, Buffer.from(data));
}

/** One exchange with the original's web server. */
export interface RecordedExchange {
  readonly method: string;
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An exchange by the name of its file: `node-list.fields.plain`. */
export async function recordedExchange(name: string): Promise<RecordedExchange> {
  const text = await readFile(new URL(`recorded-web/${name}.txt`, testdata), 'utf8');
  const [, request = '', reply = '', body = ''] = /^((?:> .*\n)+)((?:< .*\n)+)\n?([\s\S]*)$/.exec(text) ?? [];
  const [start = '', ...requestLines] = request.replaceAll(/^> /gm, '').trimEnd().split('\n');
  const [status = '', ...replyLines] = reply.replaceAll(/^< /gm, '').trimEnd().split('\n');
  const [method = '', path = ''] = start.split(' ');
  return {
    method,
    path,
    requestHeaders: headersOf(requestLines),
    status: Number(/\b\d{3}\b/.exec(status)?.[0]),
    headers: headersOf(replyLines),
    body,
  };
}

function headersOf(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
