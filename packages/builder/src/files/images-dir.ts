import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, type Random } from '@nodepool/runtime';
import { bootId, readProcess } from '../build-process/process-table.js';
import { BuilderError } from '../errors.js';

/** An images directory that this process alone uses, until disposed. */
export interface ClaimedImagesDir extends AsyncDisposable {
  readonly path: string;
  readonly builderId: string;
}

/**
 * Makes images-dir ready and claims it: two builders in one directory would each take the other's builds for remains.
 *
 * @throws NP_IMAGES_DIR_UNUSABLE when it cannot be written, or when a living builder has it.
 */
export async function claimImagesDir(path: string, random: Random): Promise<ClaimedImagesDir> {
  try {
    await mkdir(path, { recursive: true });
    const claim = join(path, '.builder.json');
    await refuseIfOwned(path, claim);
    await writeClaim(claim);
    const builderId = await readOrMakeBuilderId(path, random);
    return { path, builderId, [Symbol.asyncDispose]: () => rm(claim, { force: true }) };
  } catch (error) {
    if (error instanceof BuilderError) throw error;
    throw new BuilderError('NP_IMAGES_DIR_UNUSABLE', `preparing images-dir ${path}`, { cause: error });
  }
}

interface Claim {
  readonly pid: number;
  readonly startTicks: number | null;
  readonly bootId: string;
}

async function ownIdentity(): Promise<Claim> {
  const entry = await readProcess(process.pid);
  return { pid: process.pid, startTicks: entry?.startTicks ?? null, bootId: await bootId() };
}

/** A full disk must not keep a builder from starting: it is the one that makes room. */
async function writeClaim(claim: string): Promise<void> {
  try {
    await writeAtomically(claim, JSON.stringify(await ownIdentity()));
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT') throw error;
  }
}

async function refuseIfOwned(path: string, claim: string): Promise<void> {
  const owner = parseClaim(await readFile(claim, 'utf8').catch(() => ''));
  if (owner === undefined || owner.pid === process.pid || owner.bootId !== (await bootId())) return;
  const entry = await readProcess(owner.pid);
  if (entry === undefined || entry.zombie || entry.startTicks !== owner.startTicks) return;
  throw new BuilderError(
    'NP_IMAGES_DIR_UNUSABLE',
    `images-dir ${path} belongs to the running builder with pid ${owner.pid}: give each builder its own`,
  );
}

function parseClaim(text: string): Claim | undefined {
  try {
    const { pid, startTicks, bootId: boot } = JSON.parse(text) as Partial<Record<keyof Claim, unknown>>;
    if (typeof pid !== 'number' || typeof startTicks !== 'number' || typeof boot !== 'string') return undefined;
    return { pid, startTicks, bootId: boot };
  } catch {
    return undefined;
  }
}

/** `builder_id.txt` names this builder in build records for good. */
async function readOrMakeBuilderId(imagesDir: string, random: Random): Promise<string> {
  const path = join(imagesDir, 'builder_id.txt');
  const known = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  if (known.trim() !== '') return known.trim();
  const builderId = random.hexId().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  await writeAtomically(path, builderId);
  return builderId;
}

/** A crash leaves the old content or the new, never half of it. */
async function writeAtomically(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
