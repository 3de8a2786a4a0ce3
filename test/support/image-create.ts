import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Stands in for disk-image-create: takes its time and writes what was asked for, at the path given by `-o`. */
export async function writeFakeImageCreate(folder: string): Promise<string> {
  const file = join(folder, 'fake-image-create');
  await writeFile(
    file,
    `#!/bin/sh
while [ "$1" != -o ]; do shift; done
sleep 0.5
for suffix in qcow2 qcow2.md5 qcow2.sha256; do
  echo 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef > "$2.$suffix"
done
mkdir "$2.d"
`,
  );
  await chmod(file, 0o755);
  return file;
}
