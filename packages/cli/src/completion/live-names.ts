import { buildName } from '@nodepool/model';
import { untilAborted } from '@nodepool/runtime';
import { roots, type Store } from '@nodepool/store';
import { isZooKeeperError, type ZooKeeper } from '@nodepool/zookeeper';
import type { CommandContext } from '../command.js';
import type { Candidate } from './candidates.js';
import type { NameKind } from './kinds.js';

/** What was typed so far that narrows the names down. */
export interface Narrowing {
  readonly typed: string;
  /** Values of options before, by name as commander has it. */
  readonly values: ReadonlyMap<string, string>;
}

type Names = readonly (string | Candidate)[];

/** Names of a kind as ZooKeeper and the configuration have them now; what cannot be had in time is left out. */
export async function liveNames(
  context: CommandContext,
  kind: NameKind,
  narrowing: Narrowing,
): Promise<readonly Candidate[]> {
  const found = await Promise.all(
    sources(context, kind, narrowing).map((source) =>
      Promise.race([source, untilAborted(context.signal)]).catch(() => undefined),
    ),
  );
  const candidates = found
    .flatMap((names) => names ?? [])
    .map((name) => (typeof name === 'string' ? { value: name } : name));
  const byValue = new Map(candidates.map((each) => [each.value, each]));
  return [...byValue.values()].sort((left, right) => (left.value < right.value ? -1 : 1));
}

function sources(context: CommandContext, kind: NameKind, narrowing: Narrowing): readonly Promise<Names>[] {
  switch (kind) {
    case 'node':
      return [children(context, roots.nodes)];
    case 'request':
      return [children(context, roots.requests)];
    case 'image':
      return [context.configuredNames().then(({ diskimages }) => diskimages), children(context, roots.images)];
    case 'label':
      return [context.configuredNames().then(({ labels }) => labels), offeredLabels(context)];
    case 'provider':
      return [context.configuredNames().then(({ providers }) => providers), servedProviders(context)];
    case 'anything':
      return (['node', 'request', 'image', 'label'] as const).flatMap((each) => sources(context, each, narrowing));
    case 'build':
      return [builds(context, ({ images }) => images.images(), buildName)];
    case 'build id':
      return [
        builds(
          context,
          async () => given(narrowing, 'image'),
          ({ id }) => id,
        ),
      ];
    case 'upload':
      return [uploads(context, narrowing)];
    case 'znode':
      return [znodes(context, narrowing.typed)];
    case 'file':
    case 'directory':
      return [];
  }
}

async function children(context: CommandContext, path: string): Promise<readonly string[]> {
  return await childrenOf(await context.zookeeper(), path);
}

async function childrenOf(zk: ZooKeeper, path: string): Promise<readonly string[]> {
  try {
    return (await zk.children(path)).children;
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return [];
    throw error;
  }
}

async function offeredLabels(context: CommandContext): Promise<Names> {
  const pools = await (await context.store()).components.list('pool');
  return pools.flatMap((pool) => ('supportedLabels' in pool ? pool.supportedLabels : []));
}

async function servedProviders(context: CommandContext): Promise<Names> {
  const pools = await (await context.store()).components.list('pool');
  return pools.flatMap((pool) => ('providerName' in pool && pool.providerName !== null ? [pool.providerName] : []));
}

async function builds(
  context: CommandContext,
  imagesOf: (store: Store) => Promise<readonly string[]>,
  nameOf: (build: { readonly image: string; readonly id: string }) => string,
): Promise<Names> {
  const store = await context.store();
  const found = await Promise.all((await imagesOf(store)).map((image) => store.images.builds(image)));
  return found.flat().map(({ record }) => ({ value: nameOf(record), description: record.state }));
}

async function uploads(context: CommandContext, narrowing: Narrowing): Promise<Names> {
  const { images } = await context.store();
  const [buildId, provider] = [narrowing.values.get('buildId'), narrowing.values.get('provider')];
  const found = await Promise.all(given(narrowing, 'image').map((image) => images.uploads(image, buildId, provider)));
  return found.flat().map(({ record: { id, state, image, buildId: of, provider: where } }) => ({
    value: id,
    description: `${state}, ${image}-${of} in ${where}`,
  }));
}

/** None when the option has not been given: without it the names would mean nothing. */
function given({ values }: Narrowing, option: string): readonly string[] {
  const value = values.get(option);
  return value === undefined ? [] : [value];
}

/** The children of the directory that the path is in, so that one can go down the tree. */
async function znodes(context: CommandContext, typed: string): Promise<Names> {
  const directory = typed.slice(0, typed.lastIndexOf('/') + 1);
  if (directory === '') return ['/'];
  const zk = await context.zookeeper();
  const names = await childrenOf(zk, directory === '/' ? '/' : directory.slice(0, -1));
  const wanted = names.map((name) => `${directory}${name}`).filter((path) => path.startsWith(typed));
  return wanted;
}
