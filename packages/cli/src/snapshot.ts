import type { ImageSnapshot, Snapshot } from '@nodepool/launcher/explain';
import type { PoolComponent } from '@nodepool/model';
import { errorText } from '@nodepool/runtime';
import type { CommandContext } from './command.js';
import type { Source } from './display.js';

export type { ImageSnapshot, Snapshot };

/** Reads everything once; nothing is locked, so records may be of slightly different moments. */
export async function takeSnapshot(context: CommandContext, from?: Source): Promise<Snapshot> {
  const source = from ?? (await context.store());
  const [read, nodes, requests, images, launchers, builders, components] = await Promise.all([
    readConfig(context),
    source.nodes.list(),
    source.requests.list(),
    readImages(source),
    source.components.list('launcher'),
    source.components.list('builder'),
    source.components.list('pool'),
  ]);
  return {
    ...read,
    nowSec: context.clock.now() / 1000,
    nodes: nodes.nodes.map(({ record, locked }) => ({ ...record, locked })),
    requests: requests.requests.map(({ record }) => record),
    images,
    launchers,
    builders,
    pools: components.filter((component): component is PoolComponent => 'supportedLabels' in component),
    unreadable: [...nodes.unreadable, ...requests.unreadable],
  };
}

/** A configuration with errors takes its part of the answer away, not the whole of it. */
async function readConfig(context: CommandContext): Promise<Pick<Snapshot, 'config' | 'configProblem'>> {
  try {
    return { config: await context.config(), configProblem: undefined };
  } catch (error) {
    return { config: undefined, configProblem: errorText(error) };
  }
}

async function readImages({ images }: Source): Promise<readonly ImageSnapshot[]> {
  return await Promise.all(
    (await images.images()).map(async (image) => {
      const [paused, buildRequest, builds, uploads] = await Promise.all([
        images.isPaused(image),
        images.buildRequestState(image),
        images.builds(image),
        images.uploads(image),
      ]);
      return {
        image,
        paused,
        buildRequest,
        builds: builds.map(({ record }) => record),
        uploads: uploads.map(({ record }) => record),
      };
    }),
  );
}
