import type { Config } from '@nodepool/config';
import type { ConfiguredNames } from '@nodepool/config/names';
import type { ChangeableLogger } from '@nodepool/daemon';
import type { Clock, Random } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { ZooKeeper } from '@nodepool/zookeeper';
import type { Command } from 'commander';
import type { Screen } from './watch/canvas.js';

/** Options that come before the command word. */
export interface GlobalOptions {
  readonly config: string;
  readonly secure?: string;
  readonly logging?: string;
  readonly debug: boolean;
}

/** What a command works with. Configuration and store are opened when first asked for. */
export interface CommandContext {
  readonly options: GlobalOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** Who is at the keyboard: `<user>@<host>`. */
  readonly operator: string;
  /** Of this release. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether standard output shows colours. */
  readonly colours: boolean;
  /** Standard output, when it is a terminal that can be drawn on. */
  readonly screen: Screen | undefined;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Resolves when the reader of standard output has kept up. */
  drained(): Promise<void>;
  /** Writes a line, or several, to standard output. */
  print(text: string): void;
  /** Writes a warning to standard error. */
  warn(text: string): void;
  /** Asks on the terminal; resolves with the line typed, empty at the end of input. */
  ask(question: string): Promise<string>;
  log(): Promise<ChangeableLogger>;
  config(): Promise<Config>;
  /** What it calls things, found faster, and also while it has errors. */
  configuredNames(): Promise<ConfiguredNames>;
  /** Connects; waits as long as it takes, with a warning every ten seconds. */
  store(): Promise<Store>;
  /** The tree under the store. */
  zookeeper(): Promise<ZooKeeper>;
}

/** Carries a command out and resolves with the exit code. Errors become one line on standard error and exit code 1. */
export type Work = (context: CommandContext) => Promise<number>;

export interface RunOptions {
  /** How long the work may go on after an interruption, milliseconds. Default 2,000. */
  readonly graceMs?: number;
  /** When the work is aborted at the latest, milliseconds. Never by default. */
  readonly limitMs?: number;
  /** Instead of those that came before the command word. */
  readonly globals?: GlobalOptions;
}

/** Adds one command to the program; its action hands the work to `run`. */
export type DefineCommand = (program: Command, run: (work: Work, options?: RunOptions) => Promise<void>) => void;
