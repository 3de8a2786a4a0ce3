export * from './builder-status.js';
export * from './component.js';
export * from './image.js';
export * from './image-event.js';
export * from './json.js';
export * from './node.js';
export * from './node-request.js';
export * from './resources.js';
