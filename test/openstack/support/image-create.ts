import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Stands in for disk-image-create: runs `command`, which makes "$image", and writes the checksums beside it. */
export async function writeImageCreate(folder: string, command: string): Promise<void> {
  const file = join(folder, 'fake-image-create');
  await writeFile(
    file,
    `#!/bin/sh
set -e
while [ "$1" != -o ]; do shift; done
image=$2.qcow2
${command}
md5sum "$image" | cut -d' ' -f1 > "$image.md5"
sha256sum "$image" | cut -d' ' -f1 > "$image.sha256"
mkdir "$2.d"
`,
  );
  await chmod(file, 0o755);
}

/** Eight mebibytes that differ from build to build. */
export const smallImage =
  'head -c 8388608 /dev/urandom > "$image.data"; qemu-img convert -O qcow2 "$image.data" "$image"; rm "$image.data"';
