import { buildName, type ImageBuild, newestFirst } from '@nodepool/model';
import { type Finding, finding } from './finding.js';
import { since } from './since.js';
import type { Snapshot } from './snapshot.js';

/** How old an image is, what is being done about it, and where it has been uploaded to. */
export function whyImage(name: string, snapshot: Snapshot): readonly Finding[] {
  const { config, images, nowSec, builders } = snapshot;
  const known = images.find(({ image }) => image === name);
  const diskimage = config?.diskimages.get(name);
  const builds = newestFirst(known?.builds ?? []);
  const ready = builds.find(({ state }) => state === 'ready');
  const dueSec = (ready?.stateTimeSec ?? 0) + (diskimage?.rebuildAgeSec ?? 0);
  return [
    ...buildLines(builds, snapshot),
    ...pauseLines(name, known?.paused === true, diskimage?.pause === true),
    ...(known?.buildRequest === undefined ? [] : [finding(`a build was asked for: ${known.buildRequest}`)]),
    ...(diskimage === undefined ? [finding('this configuration has no such diskimage')] : []),
    ...(diskimage !== undefined && nowSec > dueSec ? [finding('a build is due')] : []),
    ...(builders.length === 0 ? [finding('no builder is running', 'start a builder')] : []),
    ...uploadLines(name, snapshot),
  ];
}

function buildLines(builds: readonly ImageBuild[], snapshot: Snapshot): readonly Finding[] {
  const [last] = builds;
  const ready = builds.find(({ state }) => state === 'ready');
  const head =
    ready === undefined
      ? 'no build of it is ready'
      : `newest ready build ${ready.id}, ${since(ready.stateTimeSec, snapshot)} old`;
  if (last === undefined || last === ready) return [finding(head)];
  return [
    finding(head),
    finding(
      `last build ${last.id}: ${last.state} for ${since(last.stateTimeSec, snapshot)}`,
      last.state === 'failed' ? `read its log: nodepool image-log ${buildName(last)}` : undefined,
    ),
  ];
}

function pauseLines(name: string, byOperator: boolean, byConfig: boolean): readonly Finding[] {
  if (!byOperator && !byConfig) return [];
  const remedy = byOperator ? `nodepool image-unpause ${name}` : `remove "pause" from diskimage ${name}`;
  return [finding('paused: nobody builds it', `to have it built again: ${remedy}`)];
}

function uploadLines(name: string, snapshot: Snapshot): readonly Finding[] {
  const uploads = snapshot.images.find(({ image }) => image === name)?.uploads ?? [];
  const wanting = [...(snapshot.config?.providers.values() ?? [])]
    .filter(({ diskimages }) => diskimages.some((each) => each.name === name))
    .map((provider) => provider.name);
  const providers = [...new Set([...wanting, ...uploads.map(({ provider }) => provider)])].sort();
  return providers.map((provider) => {
    const [last] = newestFirst(uploads.filter((upload) => upload.provider === provider));
    if (last === undefined) return finding(`${provider}: not uploaded`);
    const reason = last.failureReason === null ? '' : `: ${last.failureReason}`;
    return finding(
      `${provider}: upload ${last.id} of build ${last.buildId} ${last.state} for ${since(last.stateTimeSec, snapshot)}${reason}`,
    );
  });
}
