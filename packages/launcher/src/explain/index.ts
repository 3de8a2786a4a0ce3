// Why nodes, requests, images and labels are as they are, in words: for the web and for the command.
export { type ExplainedKind, type Explanation, explain, explainOne } from './explain.js';
export type { CloudKnowledge, ImageSnapshot, Snapshot } from './snapshot.js';
