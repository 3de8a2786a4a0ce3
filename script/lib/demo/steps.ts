import { watch } from 'node:fs';
import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node } from '@nodepool/model';
import type { ListrTask } from 'listr2';
import { followLastLine } from './build-log.js';
import { type DemoPlace, mustRun, nodepool, nodepoolArgs } from './commands.js';
import { openWorld, type World } from './world.js';

const image = 'mini';
const label = 'mini';
const standingStock = 2;
const minute = 60_000;

/** Milliseconds from the start of the demo, but for `fulfilledMs`, which counts from the request's creation. */
export interface Figures {
  readonly imageReadyMs: number;
  readonly firstMachineMs: number;
  readonly fulfilledMs: number;
}

export interface DemoContext {
  readonly place: DemoPlace;
  readonly signal: AbortSignal;
  readonly startedAtMs: number;
  world?: World;
  imageReadyMs?: number;
  firstMachineMs?: number;
  requestId?: string;
  borrowed?: Node;
  figures?: Figures;
}

/** What the demo does, in order; each step proves what its title says. */
export function demoSteps(context: DemoContext): ListrTask<DemoContext>[] {
  return [
    { title: 'ZooKeeper and Nodepool run', task: start },
    {
      title: `image ${image} is built by disk-image-create`,
      task: (_, task) => watchBuild(context, (line) => (task.output = line)),
    },
    { title: 'image is available in the provider', task: waitForUpload },
    {
      title: `${standingStock} machines are ready, booted from it`,
      task: (_, task) => waitForMachines(context, (line) => (task.output = line)),
    },
    { title: 'a request gets one of them', task: request },
    {
      title: 'a command runs on it over SSH',
      task: (_, task) => useMachine(context, (line) => (task.output = line)),
      rendererOptions: { persistentOutput: true },
    },
    { title: 'it is given back, deleted and replaced', task: release },
  ];
}

const elapsed = (context: DemoContext): number => performance.now() - context.startedAtMs;

function worldOf(context: DemoContext): World {
  if (context.world === undefined) throw new Error('the demo has no connection yet');
  return context.world;
}

async function start(context: DemoContext): Promise<void> {
  const file = join(context.place.dataDir, 'zookeeper.yaml');
  await fileAppears(context.place.dataDir, file, AbortSignal.any([context.signal, AbortSignal.timeout(minute)]));
  context.world = await openWorld(file, context.signal);
}

async function fileAppears(folder: string, file: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const watcher = watch(folder, { signal });
    const check = (): void => {
      access(file).then(
        () => {
          watcher.close();
          resolve();
        },
        () => undefined,
      );
    };
    watcher.on('change', check);
    watcher.on('error', () => reject(signal.reason));
    check();
  });
}

async function watchBuild(context: DemoContext, show: (line: string) => void): Promise<void> {
  const { caches, until } = worldOf(context);
  const builds = () => [...caches.images.builds(image)].map(({ record }) => record);
  const build = await until('a build to start', () => builds().at(0), minute, context.signal);
  using _log = followLastLine(join(context.place.dataDir, 'build-logs', `${image}-${build.id}.log`), show);
  const done = await until(
    'the image build',
    () => builds().find(({ state }) => state === 'ready' || state === 'failed'),
    8 * minute,
    context.signal,
  );
  if (done.state === 'failed') throw new Error(`the build failed; its log is in ${context.place.dataDir}/build-logs`);
  context.imageReadyMs = elapsed(context);
  show(
    `${(await readdir(join(context.place.dataDir, 'images'))).filter((name) => name.startsWith(image)).length} files`,
  );
}

async function waitForUpload(context: DemoContext): Promise<void> {
  const { caches, until } = worldOf(context);
  await until('the upload', () => caches.images.currentUpload(image, 'this-machine'), 2 * minute, context.signal);
}

function readyNodes(world: World): readonly Node[] {
  return [...world.caches.nodes.byState('ready')]
    .map(({ record }) => record)
    .filter(({ type }) => type.includes(label));
}

async function waitForMachines(context: DemoContext, show: (line: string) => void): Promise<void> {
  const world = worldOf(context);
  await world.until('a machine', () => (readyNodes(world).length > 0 ? true : undefined), 5 * minute, context.signal);
  context.firstMachineMs = elapsed(context);
  await world.until(
    'the standing stock',
    () => {
      const ready = readyNodes(world).length;
      show(`${ready} of ${standingStock}`);
      return ready >= standingStock ? true : undefined;
    },
    5 * minute,
    context.signal,
  );
}

interface RequestAnswer {
  readonly id: string;
}

async function request(context: DemoContext): Promise<void> {
  const { place, signal } = context;
  const world = worldOf(context);
  const args = nodepoolArgs(place, 'request', label, '--wait', '--timeout', '60', '--format', 'json');
  const answer = JSON.parse(await mustRun(nodepool, args, place.env, signal)) as RequestAnswer;
  const stored = await world.store.requests.get(answer.id);
  if (stored?.record.state !== 'fulfilled')
    throw new Error(`request ${answer.id} is ${stored?.record.state ?? 'gone'}`);
  const node = await world.store.nodes.get(stored.record.nodes[0] ?? '');
  if (node === undefined) throw new Error(`request ${answer.id} was fulfilled without a node`);
  context.requestId = answer.id;
  context.borrowed = node.record;
  context.figures = {
    imageReadyMs: context.imageReadyMs ?? Number.NaN,
    firstMachineMs: context.firstMachineMs ?? Number.NaN,
    fulfilledMs: stored.mtimeMs - stored.ctimeMs,
  };
}

async function useMachine(context: DemoContext, show: (line: string) => void): Promise<void> {
  const { place, signal, borrowed } = context;
  if (borrowed === undefined) throw new Error('no machine was borrowed');
  const host = `[${borrowed.interfaceIp}]:${String(borrowed.connectionPort)}`;
  const knownHosts = join(place.dataDir, 'ssh/known_hosts');
  await writeFile(knownHosts, borrowed.hostKeys.map((key) => `${host} ${key}\n`).join(''));
  const output = await mustRun(
    'ssh',
    [
      ...['-i', join(place.dataDir, 'ssh/id_ed25519'), '-p', String(borrowed.connectionPort)],
      ...['-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes'],
      ...['-o', 'ConnectTimeout=30', '-F', 'none', `${borrowed.username}@${borrowed.interfaceIp}`],
      'echo "$(id -un) on $(hostname), $(uname -sr)"',
    ],
    place.env,
    AbortSignal.any([signal, AbortSignal.timeout(2 * minute)]),
  );
  if (!output.includes(`np${borrowed.id}`))
    throw new Error(`the machine calls itself something else: ${output.trim()}`);
  show(output.trim());
}

async function release(context: DemoContext): Promise<void> {
  const { place, signal, borrowed, requestId } = context;
  if (borrowed === undefined || requestId === undefined) throw new Error('no machine was borrowed');
  const world = worldOf(context);
  await mustRun(nodepool, nodepoolArgs(place, 'release', requestId), place.env, signal);
  const { nodes } = world.caches;
  await world.until(
    'the deletion',
    () => (nodes.get(borrowed.id) === undefined ? true : undefined),
    2 * minute,
    signal,
  );
  await world.until(
    'the replacement',
    () => (readyNodes(world).length >= standingStock ? true : undefined),
    5 * minute,
    signal,
  );
}
