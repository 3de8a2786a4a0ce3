import type { UploadKey } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { tellHistory } from '../tell-history.js';

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

async function deleteUpload(context: CommandContext, options: UploadKey): Promise<number> {
  const { provider, image, buildId, uploadId } = options;
  const key = { provider, image, buildId, uploadId };
  const { images } = await context.store();
  const upload = await images.upload(key);
  if (upload?.record.state === 'uploading') {
    context.print('Cannot delete because image upload in progress');
    return 0;
  }
  if (upload !== undefined && (await images.markUploadDeleting(key))) {
    await tellHistory(context, 'upload-deleted', key);
    return 0;
  }
  if (upload === undefined || (await images.upload(key)) === undefined) {
    context.print('Image upload not found');
    return 0;
  }
  throw new CliError('NP_CLI_LOCKED', `upload ${uploadId} of ${image}-${buildId} is locked by a builder; try again`);
}
