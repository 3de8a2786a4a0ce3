import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Lets node load our sources: imports name the compiled file. */
const loader = `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  try { return next(name, context); } catch (error) {
    if (name.startsWith('.') && name.endsWith('.js')) return next(name.slice(0, -3) + '.ts', context);
    throw error;
  }
} });`;

/** Runs a TypeScript file of this package in a process of its own, and returns the signal or status it ended with. */
export async function runTypescript(path: string, args: readonly string[]): Promise<string | number> {
  const flags = ['--conditions=@nodepool/source', `--import=data:text/javascript,${encodeURIComponent(loader)}`];
  const child = spawn(process.execPath, [...flags, path, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal ?? status ?? 0;
}
