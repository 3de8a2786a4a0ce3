import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBuildName } from '@nodepool/model';
import type { BuilderContext } from '../context.js';
import { gateLogSuffix } from '../gate/gate-log.js';

/** A log that may be shown: that of a build which is recorded or under way. */
export interface FoundLog {
  readonly path: string;
  readonly isRunning: () => boolean;
}

/** Names from outside become part of a path only when a record or a job has the same ones. */
export function findBuildLog(context: BuilderContext, build: string): FoundLog | undefined {
  const { cache, jobs, config } = context;
  const key = parseBuildName(build);
  if (key === undefined) return undefined;
  const isRunning = (): boolean =>
    jobs.builds.infos().some(({ image, buildId }) => image === key.image && buildId === key.buildId);
  const isRecorded = [...cache.builds(key.image)].some(({ record }) => record.id === key.buildId);
  if (!isRecorded && !isRunning()) return undefined;
  return { path: join(config.current().buildLogDir, `${build}.log`), isRunning };
}

/** Paths of what the gates of a build's uploads have left, sorted. */
export async function findGateLogs(context: BuilderContext, build: string): Promise<readonly string[]> {
  if (findBuildLog(context, build) === undefined) return [];
  const dir = context.config.current().buildLogDir;
  const names = await readdir(dir).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${build}.`) && name.endsWith(gateLogSuffix))
    .sort()
    .map((name) => join(dir, name));
}
