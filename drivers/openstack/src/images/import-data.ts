import { type CallContext, ProviderError, providerErrorCode } from '@nodepool/driver-api';
import type { Glance, ImportMethod } from './glance.js';
import type { GlanceImage } from './image.js';
import { poll } from './poll.js';
import type { SendDeps } from './send-data.js';

type ImportEnd = { readonly image: GlanceImage } | { readonly failure: string };

/**
 * Has the cloud import an image, from where its data are staged or from a web server, and waits for the result.
 *
 * @throws ProviderError `transient` when the cloud could not: the message says why, as far as the cloud does.
 */
export async function importData(
  { glance, clock, random }: SendDeps,
  id: string,
  method: ImportMethod,
  ctx: CallContext,
): Promise<GlanceImage> {
  await startImport(glance, id, method, ctx);
  let hasStarted = false;
  const look = async (): Promise<ImportEnd | undefined> => {
    const image = await glance.get(id, ctx);
    const end = await importEnd(glance, image, hasStarted, ctx);
    hasStarted ||= image.status === 'importing';
    return end;
  };
  const end = await poll(look, { clock, random, signal: ctx.signal });
  if (end !== undefined && 'image' in end) return end.image;
  const why = end?.failure ?? 'it did not end';
  throw new ProviderError('transient', `the cloud could not import image ${id}: ${why}`);
}

/** Undefined while the import waits or runs. Source: Image API v2, "Interoperable image import". */
async function importEnd(
  glance: Glance,
  image: GlanceImage,
  hasStarted: boolean,
  ctx: CallContext,
): Promise<ImportEnd | undefined> {
  const { status, os_glance_failed_import: failedStores } = image;
  if (status === 'active') return { image };
  if (status === 'importing' && !failedStores) return undefined;
  // A task may fail before the image shows anything of it.
  const failure = await taskFailure(glance, image.id, ctx);
  const isOver = hasStarted || Boolean(failedStores) || !beforeImport.has(status);
  if (failure === undefined && !isOver) return undefined;
  return { failure: failure ?? `its status became ${status} again` };
}

const beforeImport: ReadonlySet<string> = new Set(['queued', 'uploading']);

/** An import whose answer is lost has begun all the same when the image says so. */
async function startImport(glance: Glance, id: string, method: ImportMethod, ctx: CallContext): Promise<void> {
  try {
    await glance.import(id, method, ctx);
  } catch (error) {
    if (ctx.signal.aborted || providerErrorCode(error) !== 'transient') throw error;
    const { status } = await glance.get(id, ctx);
    if (status !== 'importing' && status !== 'active') throw error;
  }
}

async function taskFailure(glance: Glance, id: string, ctx: CallContext): Promise<string | undefined> {
  try {
    const failed = (await glance.importTasks(id, ctx)).find(({ status }) => status === 'failure');
    return failed === undefined ? undefined : failed.message || 'it gave no reason';
  } catch (error) {
    // Services before 2020 do not tell.
    if (providerErrorCode(error) === 'not-found') return undefined;
    throw error;
  }
}
