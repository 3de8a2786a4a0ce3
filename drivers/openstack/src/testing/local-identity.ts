import type { LocalAnswer } from './local-http.js';

/** A service of a local cloud as its catalogue names it. */
export interface LocalService {
  readonly type: string;
  /** Path up to and with the version. */
  readonly root: string;
}

/** The entry of clouds.yaml that leads to the local cloud at that address. */
export function localProfile(url: string): object {
  return {
    auth: {
      auth_url: `${url}/identity/v3`,
      username: 'nodepool',
      password: 'local-password',
      project_name: 'nodepool',
      user_domain_id: 'default',
      project_domain_id: 'default',
    },
    region_name: 'local',
  };
}

export function isSignIn(method: string, pathname: string): boolean {
  return method === 'POST' && pathname === '/identity/v3/auth/tokens';
}

/** A token for the project, which ends long after the test. Source: Identity API v3. */
export function grantToken(url: string, id: string, services: readonly LocalService[]): LocalAnswer {
  const catalog = services.map(({ type, root }) => ({
    type,
    name: type,
    endpoints: [{ interface: 'public', region: 'local', region_id: 'local', url: url + root }],
  }));
  const domain = { id: 'default', name: 'Default' };
  const token = {
    methods: ['password'],
    issued_at: '2026-01-01T00:00:00.000000Z',
    expires_at: '2099-01-01T00:00:00.000000Z',
    project: { id: 'project-1', name: 'nodepool', domain },
    user: { id: 'user-1', name: 'nodepool', domain },
    catalog,
  };
  return { status: 201, headers: { 'x-subject-token': id }, body: { token } };
}

/** The document of a service with one version. */
export function versionDocument(href: string, id: string, newestMicroversion = ''): LocalAnswer {
  const links = [{ rel: 'self', href }];
  return { status: 200, body: { version: { id, status: 'CURRENT', version: newestMicroversion, links } } };
}
