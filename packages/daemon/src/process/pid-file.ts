import { readFileSync, unlinkSync } from 'node:fs';
import { link, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, errorCode, identify } from '@nodepool/runtime';
import { DaemonError } from '../errors.js';

/** A pid file of ours; it goes when disposed. */
export interface PidFile extends Disposable {
  readonly path: string;
}

export interface PidFileOptions {
  readonly path: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long to wait for the process that holds it, milliseconds. */
  readonly waitMs?: number;
}

const usualWaitMs = 10_000;
const lookAgainMs = 200;

/** Clock ticks per second, the same on every Linux. Source: proc(5), getconf CLK_TCK. */
const ticksPerSecond = 100;

/** Steps between a process's start and the writing of its pid file are never longer than clocks are apart. */
const toleranceMs = 2000;

/**
 * Writes our pid. A file whose process has gone is broken first; one whose process lives is waited for.
 *
 * @throws DaemonError `NP_PID_FILE_HELD`, `NP_PID_FILE`; the signal's reason.
 */
export async function takePidFile(options: PidFileOptions): Promise<PidFile> {
  const { path, pid, clock, signal } = options;
  const untilMs = clock.monotonicMs() + (options.waitMs ?? usualWaitMs);
  const draft = `${path}.${pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, `${pid}\n`);
    for (;;) {
      if (await tryLink(draft, path)) return ownPidFile(path, pid);
      const holder = await holderOf(path);
      if (holder.kind === 'stale') await breakStale(path, draft, holder.content);
      if (holder.kind !== 'held') continue;
      if (clock.monotonicMs() >= untilMs) {
        throw new DaemonError('NP_PID_FILE_HELD', `${path} names process ${holder.pid}, which is running`);
      }
      await clock.sleep(lookAgainMs, signal);
    }
  } catch (error) {
    if (error instanceof DaemonError || signal.aborted) throw error;
    throw new DaemonError('NP_PID_FILE', path, { cause: error });
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/** Creates `path` with the draft's content at once, or finds it there. */
async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

type Holder =
  | { readonly kind: 'gone' }
  | { readonly kind: 'stale'; readonly content: string }
  | { readonly kind: 'held'; readonly pid: number };

async function holderOf(path: string): Promise<Holder> {
  try {
    const content = await readFile(path, 'utf8');
    const pid = Number(content.trim());
    if (!Number.isInteger(pid) || pid < 1) return { kind: 'stale', content };
    const startedMs = await processStartMs(pid);
    const writtenMs = (await stat(path)).mtimeMs;
    // A process that is younger than the file has got the number of one that has gone.
    const isHolder = startedMs !== undefined && startedMs <= writtenMs + toleranceMs;
    return isHolder ? { kind: 'held', pid } : { kind: 'stale', content };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'gone' };
    throw error;
  }
}

/** Start of a process, milliseconds since the epoch, or undefined when there is none. Source: proc(5). */
async function processStartMs(pid: number): Promise<number | undefined> {
  const identity = await identify(pid);
  if (identity === undefined) return undefined;
  const bootSec = /^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1];
  return (Number(bootSec) + identity.startTicks / ticksPerSecond) * 1000;
}

/**
 * Takes a stale file away. Two processes may try at once, and the slower one must not take away the file that the
 * faster one has written meanwhile: it is moved aside first, and put back when it is not the stale one.
 */
async function breakStale(path: string, draft: string, content: string): Promise<void> {
  const aside = `${draft}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const taken = await readFile(aside, 'utf8');
  if (taken !== content) await tryLink(aside, path);
  await unlink(aside);
}

function ownPidFile(path: string, pid: number): PidFile {
  return {
    path,
    // Synchronous, because a process that is told to end at once still takes its file along.
    [Symbol.dispose]: () => {
      try {
        if (readFileSync(path, 'utf8').trim() === String(pid)) unlinkSync(path);
      } catch {
        // Somebody else removed it.
      }
    },
  };
}
