// A launcher that is killed: launches one machine and ends without a chance to clear up.
// Arguments: state folder, id of the image, node id, when to die ("launched" or "unrecorded").
import { instanceFiles, readInstance, writeInstance } from '../instance-store.js';
import { createProvider } from '../provider.js';
import { aConfig, aSpec, ctx, deps } from './subject.js';

const [stateDir = '', externalId = '', nodeId = '', moment = ''] = process.argv.slice(2);
const config = aConfig(stateDir);
await createProvider(config, deps).launch(aSpec(config, nodeId, externalId), ctx);
if (moment === 'unrecorded') {
  // As if it had died between starting qemu and noting so.
  const files = instanceFiles(`${stateDir}/instances`, `np${nodeId}`);
  const record = await readInstance(files);
  if (record !== undefined) await writeInstance(files, { ...record, started: null });
}
process.kill(process.pid, 'SIGKILL');
