import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file that a browser is given. */
export interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
  /** The same, compressed; absent where that does not make it smaller. */
  readonly brotli: Buffer | undefined;
  readonly gzip: Buffer | undefined;
  readonly etag: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
}

/** Where `script/bootstrap` puts the bundle. */
const builtSite = fileURLToPath(new URL('../dist/site', import.meta.url));

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The built dashboard by file name, `index.html` among them; empty when it was not built. */
export async function readSite(folder = builtSite): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(folder).catch(() => []);
  const present = new Set(names);
  const site = new Map<string, Asset>();
  for (const name of names) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const read = async (file: string): Promise<Buffer | undefined> =>
      present.has(file) ? await readFile(`${folder}/${file}`) : undefined;
    const body = await readFile(`${folder}/${name}`);
    site.set(name, {
      contentType,
      body,
      brotli: await read(`${name}.br`),
      gzip: await read(`${name}.gz`),
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      immutable: name !== 'index.html',
    });
  }
  return site;
}
