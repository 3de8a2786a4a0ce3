import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Ends the virtual machines that run from a provider's directory: they outlive the daemons that started them. */
export async function endMachines(stateDir: string): Promise<void> {
  const { stdout } = await promisify(execFile)('pgrep', ['-f', stateDir]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
