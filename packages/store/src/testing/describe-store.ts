import { describe } from 'vitest';
import { describeCaches } from './describe-caches.js';
import { describeComponents } from './describe-components.js';
import { describeImageExtras } from './describe-image-extras.js';
import { describeImages } from './describe-images.js';
import { describeNodes } from './describe-nodes.js';
import { describeRequests } from './describe-requests.js';
import type { OpenStoreUnderTest } from './store-under-test.js';

/**
 * What every store must do, stated once: run on the tree in memory and on a real server.
 *
 * @param open makes a store on an empty tree; called before each case.
 */
export function describeStore(name: string, open: OpenStoreUnderTest): void {
  describe(`store: ${name}`, () => {
    describeNodes(open);
    describeRequests(open);
    describeImages(open);
    describeImageExtras(open);
    describeComponents(open);
    describeCaches(open);
  });
}
