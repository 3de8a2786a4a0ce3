import type { DefineCommand } from '../command.js';
import { defineAlienImageList } from './alien-image-list.js';
import { defineComplete } from './complete.js';
import { defineCompletion } from './completion.js';
import { defineConfigValidate } from './config-validate.js';
import { defineDelete } from './delete.js';
import { defineDibImageDelete } from './dib-image-delete.js';
import { defineDibImageList } from './dib-image-list.js';
import { defineDoctor } from './doctor.js';
import { defineErase } from './erase.js';
import { defineExportImageData } from './export-image-data.js';
import { defineHold } from './hold.js';
import { defineImageBuild } from './image-build.js';
import { defineImageDelete } from './image-delete.js';
import { defineImageHistory } from './image-history.js';
import { defineImageList } from './image-list.js';
import { defineImageLog } from './image-log.js';
import { defineImagePause } from './image-pause.js';
import { defineImageResume } from './image-resume.js';
import { defineImageRollback } from './image-rollback.js';
import { defineImageStatus } from './image-status.js';
import { defineImageUnpause } from './image-unpause.js';
import { defineImportImageData } from './import-image-data.js';
import { defineInfo } from './info.js';
import { defineLease } from './lease.js';
import { defineList } from './list.js';
import { definePlan } from './plan.js';
import { defineRecord } from './record.js';
import { defineRelease } from './release.js';
import { defineRequest } from './request.js';
import { defineRequestList } from './request-list.js';
import { defineSimulate } from './simulate.js';
import { defineStandalone } from './standalone.js';
import { defineStatus } from './status.js';
import { defineVhd } from './vhd.js';
import { defineWebToken } from './web-token.js';
import { defineWhy } from './why.js';
import { defineZk } from './zk.js';

/** Every command, in the order of the help. Nothing heavy is imported before a command runs. */
export const commands: readonly DefineCommand[] = [
  defineStatus,
  defineWhy,
  defineList,
  defineDelete,
  defineHold,
  defineRequestList,
  defineRequest,
  defineRelease,
  defineLease,
  defineImageStatus,
  defineImageList,
  defineDibImageList,
  defineAlienImageList,
  defineImageBuild,
  defineImageLog,
  defineImageHistory,
  defineImageRollback,
  defineImageResume,
  defineImagePause,
  defineImageUnpause,
  defineImageDelete,
  defineDibImageDelete,
  defineInfo,
  defineErase,
  defineExportImageData,
  defineImportImageData,
  defineVhd,
  defineConfigValidate,
  definePlan,
  defineCompletion,
  defineComplete,
  defineDoctor,
  defineZk,
  defineRecord,
  defineSimulate,
  defineStandalone,
  defineWebToken,
];
