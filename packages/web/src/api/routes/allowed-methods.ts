import { routes } from './index.js';

const patterns = routes.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^/api/v1${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/?]+')}(?:\\?|$)`),
}));

/** Methods that a path of the API takes; none when there is no such path. */
export function allowedMethods(url: string): readonly string[] {
  const methods = patterns.filter(({ pattern }) => pattern.test(url)).map(({ method }) => method);
  return methods.includes('GET') ? ['HEAD', ...methods] : methods;
}
