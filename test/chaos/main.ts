// The fault campaign: script/chaos [--minutes N] [--seed N] [--keep]. See docs/contributors/chaos.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '@nodepool/runtime/testing';
import { runCampaign } from './campaign.js';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '3' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      keep: { type: 'boolean', default: false },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
    process.stderr.write('usage: script/chaos [--minutes N] [--seed N] [--keep]\n');
    return 2;
  }
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-chaos-'));
  say(`seed ${seed}, ${minutes} minutes, logs in ${folder}`);
  const { problems, ...figures } = await runCampaign({ minutes, seed, random: seededRandom(seed), folder, say });
  say(JSON.stringify(figures));
  const held = problems.length === 0;
  say(held ? `HELD: seed ${seed}` : `FAILED: seed ${seed}, ${problems.length} problems, logs in ${folder}`);
  if (held && !values.keep) await rm(folder, { recursive: true, force: true });
  return held ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
