import type { z } from 'zod';

type Check<T> = (value: T, ctx: z.core.$RefinementCtx<T>) => void;

/** A label has exactly one of `diskimage` and `cloud-image`. */
export const requireOneImage: Check<{
  readonly diskimage?: string | undefined;
  readonly 'cloud-image'?: string | undefined;
}> = (label, ctx) => {
  const count = Number(label.diskimage !== undefined) + Number(label['cloud-image'] !== undefined);
  if (count === 1) return;
  ctx.addIssue({
    code: 'custom',
    message: count === 0 ? 'one of diskimage and cloud-image is required' : 'only one of diskimage and cloud-image',
  });
};

/** A label of an OpenStack-like cloud says how to choose its flavor. */
export const requireFlavor: Check<{
  readonly 'min-ram'?: number | undefined;
  readonly 'flavor-name'?: string | null | undefined;
}> = (label, ctx) => {
  if (label['min-ram'] !== undefined || typeof label['flavor-name'] === 'string') return;
  ctx.addIssue({ code: 'custom', message: 'min-ram or flavor-name is required' });
};

/** A cloud image is named by id or by name, not by both. */
export const refuseTwoImageNames: Check<{
  readonly 'image-id'?: string | undefined;
  readonly 'image-name'?: string | undefined;
}> = (image, ctx) => {
  if (image['image-id'] === undefined || image['image-name'] === undefined) return;
  ctx.addIssue({ code: 'custom', message: 'only one of image-id and image-name' });
};
