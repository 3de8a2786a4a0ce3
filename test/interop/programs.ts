import { join } from 'node:path';
import type { Cluster } from '../support/cluster.js';
import { checkout } from '../support/daemon.js';
import { PythonProgram } from '../support/python.js';

export type RecordFields = Readonly<Record<string, unknown>>;

/** What became of one job of the load. */
export interface Outcome {
  readonly request: string;
  readonly state: 'fulfilled' | 'failed' | 'cancelled' | 'given back';
  readonly nodes: readonly string[];
  /** Pool ids of those that made the nodes. */
  readonly launchers: readonly string[];
  readonly problems: readonly string[];
}

const program = (name: string): string => join(checkout, 'test/interop/python', name);

/** Zuul: a client written in Python on kazoo. Times of waiting are bounded by the program. */
export class Zuul implements AsyncDisposable {
  readonly program: PythonProgram;

  private constructor(python: PythonProgram) {
    this.program = python;
  }

  static async start(cluster: Cluster, sessionSec = 10): Promise<Zuul> {
    const args = [cluster.zooKeeper.connectString, String(sessionSec)];
    return new Zuul(await PythonProgram.start(program('zuul.py'), args));
  }

  async submit(labels: readonly string[], fields: object = {}): Promise<string> {
    return String(await this.program.run('submit', { labels, ...fields }));
  }

  /** The request once it is in one of the states; null when `gone`, which is one, came true. */
  async awaitRequest(request: string, ...states: readonly string[]): Promise<RecordFields> {
    return asRecord(await this.program.run('await_request', { request, states }));
  }

  async awaitNode(node: string, ...states: readonly string[]): Promise<RecordFields> {
    return asRecord(await this.program.run('await_node', { node, states }));
  }

  /** The node once it is ready and nobody's. */
  async awaitFree(node: string): Promise<RecordFields> {
    return asRecord(await this.program.run('await_free', { node }));
  }

  async accept(request: string): Promise<Pick<Outcome, 'nodes' | 'launchers' | 'problems'>> {
    return (await this.program.run('accept', { request })) as Pick<Outcome, 'nodes' | 'launchers' | 'problems'>;
  }

  /** Waits for the answer and takes the nodes. */
  async acceptWhenFulfilled(request: string): Promise<readonly string[]> {
    await this.awaitRequest(request, 'fulfilled');
    const { nodes, problems } = await this.accept(request);
    if (problems.length > 0) throw new Error(problems.join('; '));
    return nodes;
  }

  async node(node: string): Promise<RecordFields> {
    return asRecord(await this.program.run('node', { node }));
  }

  async nodesOf(request: string): Promise<readonly string[]> {
    return (await this.program.run('nodes_of', { request })) as readonly string[];
  }

  async allNodes(): Promise<Readonly<Record<string, RecordFields>>> {
    return (await this.program.run('all_nodes')) as Record<string, RecordFields>;
  }

  async allRequests(): Promise<Readonly<Record<string, RecordFields>>> {
    return (await this.program.run('all_requests')) as Record<string, RecordFields>;
  }

  async pools(): Promise<readonly RecordFields[]> {
    return (await this.program.run('pools')) as readonly RecordFields[];
  }

  /** What is wrong with the records of the tree. */
  async check(...requests: readonly string[]): Promise<readonly string[]> {
    return (await this.program.run('check', { requests })) as readonly string[];
  }

  async jobs(args: {
    readonly count: number;
    readonly threads: number;
    readonly labels: readonly string[];
    readonly seed: number;
    readonly cancel_share?: number;
  }): Promise<readonly Outcome[]> {
    return (await this.program.run('jobs', args)) as readonly Outcome[];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }
}

export interface PythonLauncherOptions {
  readonly provider: string;
  readonly pool: string;
  readonly labels: readonly string[];
  readonly max_servers: number;
  readonly boot_sec: number;
  readonly min_ready?: Readonly<Record<string, number>>;
  readonly priority?: number;
}

export interface PythonLauncherCounts {
  readonly fulfilled: number;
  readonly declined: number;
  readonly launched: number;
  readonly deleted: number;
  readonly reset: number;
  readonly errors: readonly string[];
}

/** A launcher with the locks and the order of writes of the Python original. */
export class PythonLauncher implements AsyncDisposable {
  readonly program: PythonProgram;

  private constructor(python: PythonProgram) {
    this.program = python;
  }

  static async start(cluster: Cluster, options: PythonLauncherOptions, sessionSec = 4): Promise<PythonLauncher> {
    const settings = JSON.stringify({ ...options, cloud: cluster.cloudDir });
    const args = [cluster.zooKeeper.connectString, String(sessionSec), settings];
    return new PythonLauncher(await PythonProgram.start(program('launcher.py'), args));
  }

  async counts(): Promise<PythonLauncherCounts> {
    return (await this.program.run('counts')) as PythonLauncherCounts;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }
}

/** Null, for what is gone, has no fields. */
function asRecord(answer: unknown): RecordFields {
  return (answer ?? {}) as RecordFields;
}
