import type { DiskimageView } from '../view.js';

/** A diskimage by its name; of several with one name the last one, as the resolver has it. */
export type DiskimageIndex = ReadonlyMap<string, DiskimageView>;

export function indexDiskimages(images: readonly DiskimageView[]): DiskimageIndex {
  return new Map(images.flatMap((image) => (image.name === undefined ? [] : [[image.name, image] as const])));
}

/** The parents of an image and the image itself, oldest first; a cycle is walked once. */
export function lineage(image: DiskimageView, index: DiskimageIndex): readonly DiskimageView[] {
  const seen: DiskimageView[] = [];
  let current: DiskimageView | undefined = image;
  while (current !== undefined && !seen.includes(current)) {
    seen.unshift(current);
    current = current.parent === undefined ? undefined : index.get(current.parent);
  }
  return seen;
}

export function isPaused(image: DiskimageView): boolean {
  return image.pause === true || image.paused === true;
}
