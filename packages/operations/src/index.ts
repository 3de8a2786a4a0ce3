export { type OperationError, type OperationErrorCode, operationErrorCodes } from './errors.js';
export {
  assertBuildable,
  deleteBuild,
  deleteUpload,
  pauseImage,
  requestBuild,
  resumeImage,
  unpauseImage,
} from './images.js';
export { deleteNode, holdNode } from './nodes.js';
export type { OperatorContext } from './operator-context.js';
export { cancelRequest } from './requests.js';
export { planRollback, type RollbackPlan, type RollbackView } from './rollback/plan.js';
export { type RollbackOptions, rollBackImage } from './rollback/roll-back.js';
export { makeWebToken } from './web-token.js';
