export { StandaloneError, type StandaloneErrorCode, standaloneErrorCodes } from './errors.js';
export { missingPrerequisites, type Prerequisite, thisMachine } from './prerequisites.js';
export { runStandalone, type StandaloneOptions } from './standalone.js';
