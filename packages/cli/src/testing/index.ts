import { aConfig, type ConfigParts } from '@nodepool/config/testing';
import type { ProviderConfig } from '@nodepool/driver-api';
import { FakeClock, recordLog, seededRandom } from '@nodepool/runtime/testing';
import type { Store } from '@nodepool/store';
import { openMemoryStore } from '@nodepool/store/memory';
import type { MemorySession } from '@nodepool/zookeeper/memory';
import { runProgram } from '../program.js';
import type { Screen } from '../watch/canvas.js';

/** What one run of the command came to. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TestCli extends AsyncDisposable {
  readonly store: Store;
  /** The tree under the store, for what the store would not write. */
  readonly zk: MemorySession;
  readonly clock: FakeClock;
  run(...argv: readonly string[]): Promise<Run>;
}

export interface TestCliOptions {
  readonly config?: ConfigParts;
  /** Lines typed at prompts. */
  readonly answers?: readonly string[];
  readonly nowMs?: number;
  readonly colours?: boolean;
  /** Standard output is this terminal; none by default. */
  readonly screen?: Screen;
  /** Told of each line that is printed. */
  readonly onPrint?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The command on a store in memory, in this process. */
export async function openTestCli(options: TestCliOptions = {}): Promise<TestCli> {
  const clock = new FakeClock(options.nowMs);
  const random = seededRandom(1);
  const memory = openMemoryStore({ clock, random });
  const signal = options.signal ?? new AbortController().signal;
  const answers = [...(options.answers ?? [])];
  const run = async (...argv: readonly string[]): Promise<Run> => {
    let stdout = '';
    let stderr = '';
    const exitCode = await runProgram(argv, {
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      version: '1.2.3',
      clock,
      signal,
      openContext: (globals, limited) => ({
        options: globals,
        clock,
        random,
        operator: 'alice@workstation',
        version: '0.0.0',
        env: {},
        colours: options.colours ?? false,
        screen: options.screen,
        signal: limited,
        drained: async () => undefined,
        print: (text) => {
          stdout += `${text}\n`;
          options.onPrint?.(text);
        },
        warn: (text) => {
          stderr += `nodepool: warning: ${text}\n`;
        },
        ask: async (question) => {
          stdout += question;
          return answers.shift() ?? '';
        },
        log: async () => recordLog(),
        config: async () => aConfig(options.config),
        configuredNames: async () => {
          const { labels, providers, diskimages } = aConfig(options.config);
          return { labels: [...labels.keys()], providers: [...providers.keys()], diskimages: [...diskimages.keys()] };
        },
        store: async () => memory.store,
        zookeeper: async () => memory.zk,
        [Symbol.asyncDispose]: async () => undefined,
      }),
    });
    return { exitCode, stdout, stderr };
  };
  return { store: memory.store, zk: memory.zk, clock, run, [Symbol.asyncDispose]: async () => memory.zk.close() };
}

/** A provider without pools and images, with the overrides given. */
export function aProvider(overrides: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    name: 'cloud-a',
    driver: 'fake',
    maxConcurrency: -1,
    priority: undefined,
    callIntervalMs: 0,
    bootTimeoutMs: 60_000,
    launchTimeoutMs: 60_000,
    launchRetries: 3,
    imageUploadTimeoutMs: 60_000,
    imageNameFormat: '{image_name}-{timestamp}',
    postUploadHook: undefined,
    diskimages: [],
    cloudImages: [],
    pools: [],
    ...overrides,
  };
}
