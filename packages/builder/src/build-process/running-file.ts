import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId, readProcess } from './process-table.js';

/** What is known of the process of a build, kept beside the images so that the next builder can end an orphan. */
export interface RunningFile {
  /** `<image>-<build id>`. */
  readonly build: string;
  /** {@link FamilyTraits.marker}. */
  readonly marker: string;
  /** Null between the intent and the start. */
  readonly pid: number | null;
  readonly startTicks: number | null;
  readonly bootId: string;
}

const folder = '.running';

/** Notes that a command is about to be started, or has been started as `pid`. */
export async function writeRunningFile(
  imagesDir: string,
  build: string,
  marker: string,
  pid: number | null,
): Promise<void> {
  const entry = pid === null ? undefined : await readProcess(pid);
  const content: RunningFile = { build, marker, pid, startTicks: entry?.startTicks ?? null, bootId: await bootId() };
  await mkdir(join(imagesDir, folder), { recursive: true });
  const path = pathOf(imagesDir, build);
  await writeFile(`${path}.new`, JSON.stringify(content));
  await rename(`${path}.new`, path);
}

/** Where the output of a command lies while it runs; what a dead builder leaves there goes with {@link readRunningFiles}. */
export function commandOutputPath(imagesDir: string, name: string): string {
  return join(imagesDir, folder, `${name}.output`);
}

export async function removeRunningFile(imagesDir: string, build: string): Promise<void> {
  await rm(pathOf(imagesDir, build), { force: true });
}

/** What earlier builders left. Files that hold nothing sensible are removed. */
export async function readRunningFiles(imagesDir: string): Promise<readonly RunningFile[]> {
  const names = await readdir(join(imagesDir, folder)).catch(() => []);
  const files = await Promise.all(names.map((name) => readOne(join(imagesDir, folder, name))));
  return files.filter((file) => file !== undefined);
}

async function readOne(path: string): Promise<RunningFile | undefined> {
  const content = parse(await readFile(path, 'utf8').catch(() => ''));
  if (content === undefined || path.endsWith('.new')) await rm(path, { force: true });
  return path.endsWith('.new') ? undefined : content;
}

function parse(text: string): RunningFile | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRunningFile(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRunningFile(value: unknown): value is RunningFile {
  if (typeof value !== 'object' || value === null) return false;
  const { build, marker, pid, startTicks, bootId: boot } = value as Partial<Record<keyof RunningFile, unknown>>;
  return (
    typeof build === 'string' &&
    typeof marker === 'string' &&
    marker.includes('=') &&
    typeof boot === 'string' &&
    (pid === null || typeof pid === 'number') &&
    (startTicks === null || typeof startTicks === 'number')
  );
}

function pathOf(imagesDir: string, build: string): string {
  return join(imagesDir, folder, `${build}.json`);
}
