import { watch } from 'node:fs';
import { dirname } from 'node:path';

/** Calls `onEvent` when something happens in a directory, and `onError` once when that can no longer be told. */
export type WatchDirectory = (path: string, onEvent: () => void, onError: (error: unknown) => void) => Disposable;

/** Directories, not files: an editor that replaces a file leaves a watch on the old one behind. */
export function directoriesOf(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => dirname(path)))];
}

/** Asks the operating system. */
export const watchDirectory: WatchDirectory = (path, onEvent, onError) => {
  try {
    const watcher = watch(path, { persistent: false }, onEvent);
    watcher.on('error', (error) => {
      watcher.close();
      onError(error);
    });
    return { [Symbol.dispose]: () => watcher.close() };
  } catch (error) {
    onError(error);
    return { [Symbol.dispose]: () => undefined };
  }
};
