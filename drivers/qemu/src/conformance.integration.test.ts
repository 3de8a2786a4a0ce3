import { describeProvider } from '@nodepool/driver-api/conformance';
import { miniImage } from './testing/mini-image.js';
import { openSubject } from './testing/subject.js';

describeProvider('qemu', async () => await openSubject(await miniImage()), {
  timeoutMs: 120_000,
  images: true,
  quota: true,
});
