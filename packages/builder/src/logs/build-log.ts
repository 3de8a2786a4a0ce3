import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isBuildId } from '../files/build-files.js';
import { gateLogSuffix } from '../gate/gate-log.js';

/** The log of one build; the command writes to its descriptor. */
export interface BuildLog extends AsyncDisposable {
  readonly path: string;
  readonly fd: number;
  /** Adds a line of our own. A full disk must not hide the outcome of the build: it never throws. */
  line(text: string): Promise<void>;
}

/** Opens the log of a build, making its folder when it is missing. */
export async function openBuildLog(logDir: string, build: string): Promise<BuildLog> {
  await mkdir(logDir, { recursive: true });
  const path = join(logDir, `${build}.log`);
  const file = await open(path, 'a');
  return {
    path,
    fd: file.fd,
    line: (text) => appendLine(file, text),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function appendLine(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(`${text}\n`).catch(() => undefined);
}

/**
 * Removes the oldest logs of an image.
 *
 * Source: docs/compatibility/builder.md section 4.
 *
 * @param retention logs that stay, at least one; negative keeps all.
 */
export async function pruneBuildLogs(logDir: string, image: string, retention: number): Promise<void> {
  if (retention < 0) return;
  const names = await readdir(logDir).catch(() => []);
  const logs = await Promise.all(
    names.filter((name) => isLogOf(image, name)).map(async (name) => ({ name, mtimeMs: await mtimeMs(logDir, name) })),
  );
  logs.sort((left, right) => right.mtimeMs - left.mtimeMs);
  const old = logs.slice(Math.max(retention, 1)).map(({ name }) => name);
  const doomed = [...old, ...old.flatMap((log) => names.filter((name) => isGateLogOf(log, name)))];
  await Promise.all(doomed.map((name) => rm(join(logDir, name), { force: true })));
}

/** What the gates of a build have left goes with the log of the build. */
function isGateLogOf(buildLog: string, name: string): boolean {
  return name.startsWith(buildLog.slice(0, -'log'.length)) && name.endsWith(gateLogSuffix);
}

/** The name of one image may begin with the whole name of another. */
function isLogOf(image: string, name: string): boolean {
  return name.startsWith(`${image}-`) && name.endsWith('.log') && isBuildId(name.slice(image.length + 1, -4));
}

async function mtimeMs(dir: string, name: string): Promise<number> {
  return (await stat(join(dir, name)).catch(() => undefined))?.mtimeMs ?? 0;
}
