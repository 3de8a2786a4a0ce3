export type * from './api/schemas/index.js';
