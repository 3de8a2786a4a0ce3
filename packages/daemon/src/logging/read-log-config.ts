import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parse } from 'yaml';
import { DaemonError } from '../errors.js';
import { toLogPlan } from './dict-config.js';
import type { LogPlan } from './log-plan.js';

/**
 * Reads the file of the option `-l`: the dictConfig structure of Python's logging, as YAML or JSON, in the subset of
 * packages/daemon/README.md.
 *
 * @returns the plan, and what of the file has no effect, to be logged.
 * @throws DaemonError `NP_LOG_CONFIG`.
 */
export async function readLogConfig(
  path: string,
): Promise<{ readonly plan: LogPlan; readonly warnings: readonly string[] }> {
  if (!['.yaml', '.yml', '.json'].includes(extname(path).toLowerCase())) {
    throw new DaemonError(
      'NP_LOG_CONFIG',
      `${path}: only .yaml, .yml and .json files are read. Python's ini format (fileConfig) is not supported: ` +
        'write the same settings as a dictConfig structure',
    );
  }
  let content: unknown;
  try {
    content = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new DaemonError('NP_LOG_CONFIG', path, { cause: error });
  }
  return toLogPlan(content, path);
}
