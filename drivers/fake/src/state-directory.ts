import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProviderError } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';
import { errorCode } from '@nodepool/runtime';

/** A file of the directory. Its content never changes; the time of its end is in its name, `<id>[.<goneAtMs>].json`. */
export interface StateFile {
  readonly id: string;
  /** Time at which what it stands for disappears, milliseconds since the epoch; undefined while nobody wants that. */
  readonly goneAtMs: number | undefined;
}

/** Two changes within one tick of the file system's clock leave one mtime: a younger one proves nothing. */
const mtimeGrainMs = 100;

/**
 * Records as small files, so that several processes see one cloud and a killed one leaves it as it was.
 *
 * Calls are synchronous: each is a few microseconds on a local file system, and what was read cannot change half-way.
 */
export class StateDirectory {
  readonly #path: string;
  readonly #clock: Clock;
  #readMtimeMs: number | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#attempt(() => mkdirSync(path, { recursive: true }));
  }

  /** The files there are, or undefined when none came or went since the last call. */
  listIfChanged(): readonly StateFile[] | undefined {
    return this.#attempt(() => {
      const { mtimeMs } = statSync(this.#path);
      if (mtimeMs === this.#readMtimeMs) return undefined;
      const names = readdirSync(this.#path);
      this.#readMtimeMs = this.#clock.now() - mtimeMs > mtimeGrainMs ? mtimeMs : undefined;
      return names.flatMap((name) => parseName(name) ?? []);
    });
  }

  /** The content, or undefined when the file has gone or is none of ours. */
  read(file: StateFile): unknown {
    const content = this.#attempt(() => ifPresent(() => readFileSync(this.#pathOf(file), 'utf8')));
    if (content === undefined) return undefined;
    try {
      return JSON.parse(content);
    } catch {
      return undefined;
    }
  }

  exists(file: StateFile): boolean {
    return this.#attempt(() => statSync(this.#pathOf(file), { throwIfNoEntry: false }) !== undefined);
  }

  /** Other processes see the whole file or none. */
  write(file: StateFile, content: unknown): void {
    const draft = join(this.#path, `${file.id}.draft`);
    this.#attempt(() => {
      writeFileSync(draft, JSON.stringify(content));
      renameSync(draft, this.#pathOf(file));
    });
  }

  /** False when the file has gone. */
  rename(from: StateFile, to: StateFile): boolean {
    const renamed = (): boolean => {
      renameSync(this.#pathOf(from), this.#pathOf(to));
      return true;
    };
    return this.#attempt(() => ifPresent(renamed)) ?? false;
  }

  remove(file: StateFile): void {
    this.#attempt(() => rmSync(this.#pathOf(file), { force: true }));
  }

  #attempt<T>(operation: () => T): T {
    try {
      return operation();
    } catch (error) {
      throw new ProviderError('transient', `using the state directory ${this.#path}`, { cause: error });
    }
  }

  #pathOf({ id, goneAtMs }: StateFile): string {
    return join(this.#path, goneAtMs === undefined ? `${id}.json` : `${id}.${goneAtMs}.json`);
  }
}

/** Undefined when the file has gone meanwhile, as another process may have it. */
function ifPresent<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseName(name: string): StateFile | undefined {
  const match = /^([0-9a-f]{32})(?:\.(\d+))?\.json$/.exec(name);
  if (match?.[1] === undefined) return undefined;
  return { id: match[1], goneAtMs: match[2] === undefined ? undefined : Number(match[2]) };
}
