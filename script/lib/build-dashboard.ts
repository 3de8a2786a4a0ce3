// Bundles the dashboard for browsers into packages/dashboard/dist/site: names with a hash of the content, compressed beside.
// Run by script/bootstrap.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

const source = 'packages/dashboard/src';
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** Writes the whole site; what was in the folder is gone. */
export async function buildDashboard(folder: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [`${source}/browser/main.tsx`],
    bundle: true,
    minify: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // The first that know light-dark() and nested modal dialogs.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    entryNames: 'dashboard-[hash]',
    legalComments: 'eof',
    outdir: folder,
    write: false,
  });
  const icon = await readFile(`${source}/icon.svg`);
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  const files = new Map<string, Uint8Array>(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const nameOf = (extension: string): string => [...files.keys()].find((name) => extname(name) === extension) ?? '';
  const page = await readFile(`${source}/index.html`, 'utf8');
  const addresses = { STYLE: nameOf('.css'), SCRIPT: nameOf('.js'), ICON: iconName };
  const filled = page.replaceAll(/%(STYLE|SCRIPT|ICON)%/g, (_all, key: keyof typeof addresses) => {
    return `dashboard/${addresses[key]}`;
  });
  files.set(iconName, icon);
  files.set('index.html', Buffer.from(filled));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeAll(join(folder, name), content);
}

/** A file, and what is smaller than it. */
async function writeAll(path: string, content: Uint8Array): Promise<void> {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  const packed = {
    '': content,
    '.br': await compressBrotli(content, { params }),
    '.gz': await compressGzip(content, { level: 9 }),
  };
  for (const [extension, bytes] of Object.entries(packed)) {
    if (extension === '' || bytes.length < content.length) await writeFile(`${path}${extension}`, bytes);
  }
}

if (/build-dashboard\.[jt]s$/.test(process.argv[1] ?? '')) await buildDashboard('packages/dashboard/dist/site');
