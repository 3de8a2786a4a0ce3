import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Stands in for disk-image-create: writes a file of 8 MiB whose content differs from build to build. */
export async function writeImageCreate(folder: string): Promise<void> {
  const file = join(folder, 'fake-image-create');
  await writeFile(
    file,
    `#!/bin/sh
set -e
while [ "$1" != -o ]; do shift; done
head -c 8388608 /dev/urandom > "$2.raw"
md5sum "$2.raw" | cut -d' ' -f1 > "$2.raw.md5"
sha256sum "$2.raw" | cut -d' ' -f1 > "$2.raw.sha256"
mkdir "$2.d"
`,
  );
  await chmod(file, 0o755);
}
