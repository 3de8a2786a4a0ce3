import type { UploadKey } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { operate } from '../operate.js';

export const defineImageDelete: DefineCommand = (program, run) => {
  program
    .command('image-delete')
    .description('delete an image from a provider')
    .requiredOption('--provider <provider>', 'name of the provider')
    .requiredOption('--image <image>', 'name of the image')
    .requiredOption('--build-id <id>', 'build that was uploaded')
    .requiredOption('--upload-id <id>', 'upload of that build')
    .action((key: UploadKey) => run((context) => deleteUpload(context, key)));
};

async function deleteUpload(context: CommandContext, key: UploadKey): Promise<number> {
  const { provider, image, buildId, uploadId } = key;
  const operations = await import('@nodepool/operations');
  await operate(context, (operator) => operations.deleteUpload(operator, { provider, image, buildId, uploadId }), {
    NP_UPLOAD_UNKNOWN: 'Image upload not found',
    NP_IN_PROGRESS: 'Cannot delete because image upload in progress',
  });
  return 0;
}
