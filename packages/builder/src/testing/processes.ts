import { readdir, readFile } from 'node:fs/promises';

/** Pids of living processes whose environment or command line holds `text`, this process apart. */
export async function processesWith(text: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [environ, cmdline] = await Promise.all(
        ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
      );
      return `${environ}\0${cmdline}`.includes(text) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
