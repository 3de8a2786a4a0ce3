import { globSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { configuration, type Knobs, usualKnobs } from './configuration.js';
import { type Link, openLink } from './link.js';

const clockLibrary = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/** A daemon of the campaign, with a network and a clock of its own. */
export interface Victim extends AsyncDisposable {
  readonly name: string;
  readonly links: readonly Link[];
  /** Starts it, or starts it again when it has ended. */
  start(): void;
  /** Ends it as the signal says and resolves when it is gone. */
  end(signal: 'SIGKILL' | 'SIGINT'): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Its wall clock is this far from the truth from now on; within a second it notices. */
  setClock(offsetSec: number): Promise<void>;
  configure(knobs: Knobs): Promise<void>;
}

export interface VictimOptions {
  readonly name: string;
  readonly program: 'nodepool-launcher' | 'nodepool-builder';
  readonly folder: string;
  readonly serverPorts: readonly number[];
  /** Told when it ends although nobody wanted it to. */
  readonly onEnd: (how: string) => void;
}

export async function createVictim(options: VictimOptions): Promise<Victim> {
  const { name, folder, program } = options;
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  const links = await Promise.all(options.serverPorts.map(openLink));
  const place = { folder, daemon: name, ports: links.map(({ port }) => port) };
  const [configFile, clockFile] = [join(home, 'nodepool.yaml'), join(home, 'clock')];
  // Renamed into place: a daemon may be reading just now.
  const put = async (file: string, text: string): Promise<void> => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await put(configFile, configuration(place, usualKnobs));
  await put(clockFile, '+0');
  let running: Daemon | undefined;
  const end = async (signal: 'SIGKILL' | 'SIGINT'): Promise<void> => {
    const daemon = running;
    if (daemon === undefined) return;
    running = undefined;
    daemon.kill('SIGCONT');
    if (signal === 'SIGINT') await daemon.stop(30_000);
    else daemon.kill('SIGKILL');
    await daemon.exited;
  };
  // Nothing outlives the campaign, however that ends.
  process.on('exit', () => running?.kill('SIGKILL'));
  return {
    name,
    links,
    start: () => {
      if (running !== undefined) return;
      const daemon = startDaemon(
        program,
        ['-f', '-c', configFile, '-p', join(home, 'pid')],
        join(folder, `${name}.log`),
        clockEnvironment(clockFile),
      );
      running = daemon;
      void daemon.exited.then((how) => {
        if (running !== daemon) return;
        running = undefined;
        options.onEnd(`${name} ended by itself: ${how}`);
      });
    },
    end,
    freeze: () => running?.kill('SIGSTOP'),
    thaw: () => running?.kill('SIGCONT'),
    setClock: (offsetSec) => put(clockFile, `${offsetSec < 0 ? '' : '+'}${offsetSec}`),
    configure: (knobs) => put(configFile, configuration(place, knobs)),
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL');
      await Promise.all(links.map((link) => link[Symbol.asyncDispose]()));
    },
  };
}

/** Debian's faketime: the wall clock follows the file, monotonic clock and times of files stay as they are. */
function clockEnvironment(clockFile: string): Readonly<Record<string, string>> {
  const [library] = globSync(clockLibrary);
  if (library === undefined) throw new Error('libfaketime is not installed: apt-get install faketime');
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}
