import { type BuilderStatus, parseBuildName } from '@nodepool/model';
import type { Store } from '@nodepool/store';
import { CliError } from '../errors.js';

/** The builder that has the log of a build. */
export async function builderOf(store: Store, build: string): Promise<BuilderStatus> {
  const key = parseBuildName(build);
  const record = key === undefined ? undefined : (await store.images.build(key))?.record;
  if (record === undefined) throw new CliError('NP_CLI_BUILD_UNKNOWN', `Build ${build} not found`);
  const status = record.builderId === null ? undefined : await store.builderStatuses.get(record.builderId);
  if (status?.logUrl != null) return status;
  throw new CliError(
    'NP_CLI_LOG_UNREACHABLE',
    `the builder ${record.builder ?? 'of this build'} is not running, or does not show its logs; look into build-log-dir there`,
  );
}
