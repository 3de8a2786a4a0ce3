import { z } from 'zod';
import type { ImageGate } from '../config.js';
import { text } from './values.js';

const wholeSeconds = z.int().min(1);

const ImageGateSection = z
  .strictObject({
    label: text.optional().meta({
      description: 'Label whose settings the machine gets; the first of the provider that boots the image when absent.',
    }),
    pool: text
      .optional()
      .meta({ description: 'Pool that the label is looked for in; any of the provider when absent.' }),
    timeout: wholeSeconds.default(600).meta({ description: 'Seconds until the machine must answer on its port.' }),
    attempts: z.int().min(1).max(10).default(2).meta({ description: 'Machines to try before the upload fails.' }),
    command: text.optional().meta({ description: 'Command run on the machine over SSH; it must exit with 0.' }),
    'ssh-key': text.optional().meta({ description: 'Path of the private key for `command`, without a passphrase.' }),
    username: text.optional().meta({ description: 'User for `command`; that of the diskimage when absent.' }),
    script: text.optional().meta({
      description: 'Path of a program run on the builder, with the address in its environment; it must exit with 0.',
    }),
    'command-timeout': wholeSeconds
      .default(300)
      .meta({ description: 'Seconds that `command` and `script` may take, each.' }),
    'on-failure-webhook': z
      .url({ protocol: /^https?$/, error: 'not an address that begins with http:// or https://' })
      .optional()
      .meta({ description: 'Address that is told, by POST with JSON, of an image that was refused.' }),
  })
  .superRefine((section, ctx) => {
    if (section.command === undefined || section['ssh-key'] !== undefined) return;
    ctx.addIssue({ code: 'custom', path: ['command'], message: 'a command needs "ssh-key", the key to log in with' });
  })
  .transform(
    (section): ImageGate => ({
      label: section.label,
      pool: section.pool,
      timeoutMs: section.timeout * 1000,
      attempts: section.attempts,
      command: section.command,
      sshKey: section['ssh-key'],
      username: section.username,
      script: section.script,
      commandTimeoutMs: section['command-timeout'] * 1000,
      webhook: section['on-failure-webhook'],
    }),
  );

/** Value of `validate`, at a diskimage or at its entry under a provider; `false` undoes what is inherited. */
export const imageGateSetting = z.union([z.literal(false), ImageGateSection]);
