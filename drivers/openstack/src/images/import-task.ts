import { type CallContext, type ImageUploadSpec, ProviderError } from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';
import { deadline } from '@nodepool/runtime';
import type { FileSource } from './file-source.js';
import type { GlanceTask } from './image.js';
import { imageContainer } from './image-record.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import { poll } from './poll.js';
import type { SendDeps } from './send-data.js';

/** Tries of an import that fails with Rackspace's error 396, which passes. */
const mostTasks = 3;
const passingFailure = /error code: '396'/i;

/** How long the object store may take to remove what was imported, milliseconds. */
const farewellMs = 30_000;

export interface TaskDeps extends SendDeps {
  readonly objects: ObjectStore;
}

/**
 * Uploads as Rackspace's classic cloud wants it: the file goes to the object store, a task of the image service makes an
 * image of it, and the image gets its properties afterwards.
 *
 * @param onCreated is told the id of the image as soon as there is one.
 * @returns the id of the image.
 */
export async function importByTask(
  deps: TaskDeps,
  { spec, file, record }: { spec: ImageUploadSpec; file: FileSource; record: JsonObject },
  onCreated: (id: string) => void,
  ctx: CallContext,
): Promise<string> {
  const { glance, objects, clock } = deps;
  const object: StoredObject = { container: imageContainer, name: spec.externalName };
  try {
    await objects.put(file, object, ctx);
    const id = await importedImage(deps, object, onCreated, ctx);
    // The task decides on formats and name.
    const { disk_format: _format, container_format: _container, name: _name, ...properties } = record;
    await glance.update(id, properties, ctx);
    return id;
  } finally {
    using limit = deadline(clock, farewellMs);
    await objects.remove(object, { signal: limit.signal, log: ctx.log }).catch((error: unknown) => {
      ctx.log.warn({ object: `${object.container}/${object.name}`, error }, 'object of an image could not be removed');
    });
  }
}

async function importedImage(
  { glance, clock, random }: TaskDeps,
  { container, name }: StoredObject,
  onCreated: (id: string) => void,
  ctx: CallContext,
): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const { id } = await glance.startImport(`${container}/${name}`, name, ctx);
    const look = async (signalled: CallContext): Promise<GlanceTask | undefined> => {
      const task = await glance.task(id, signalled);
      const imageId = task.result?.image_id;
      if (task.status === 'success' && imageId) onCreated(imageId);
      return task.status === 'success' || task.status === 'failure' ? task : undefined;
    };
    const task = await poll(() => look(ctx), { clock, random, signal: ctx.signal }).catch(async (error: unknown) => {
      // The task goes on without us, and its image carries no tag yet: a last look, for what has come of it.
      using limit = deadline(clock, farewellMs);
      await look({ signal: limit.signal, log: ctx.log }).catch(() => undefined);
      throw error;
    });
    const imageId = task?.result?.image_id;
    if (task?.status === 'success' && imageId) return imageId;
    const why = task?.message || 'it gave no reason';
    if (!passingFailure.test(why) || tries >= mostTasks) {
      throw new ProviderError('transient', `the cloud could not import ${container}/${name}: ${why}`);
    }
    ctx.log.info({ task: id }, 'import task failed and is repeated');
  }
}
