export * from './describe-provider.js';
export * from './descriptions.js';
export type { ProviderSubject } from './subject.js';
