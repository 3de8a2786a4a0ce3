import { z } from 'zod';
import { BuilderPage, LogQuery } from '../schemas/builder.js';
import { PageQuery } from '../schemas/common.js';
import { Build, BuildPage, BuildQuery, UploadPage, UploadQuery } from '../schemas/image.js';
import { defineRoute, parameter } from './route.js';

const tag = 'builds';
const name = parameter('Name of a build: `<image>-<build id>`');
const params = z.strictObject({ name });

export const buildRoutes = {
  list: defineRoute({
    id: 'listBuilds',
    method: 'GET',
    path: '/builds',
    tag,
    summary: 'Builds of diskimages',
    scope: 'read',
    query: BuildQuery,
    answer: { status: 200, description: 'A page of builds', schema: BuildPage },
  }),
  get: defineRoute({
    id: 'getBuild',
    method: 'GET',
    path: '/builds/{name}',
    tag,
    summary: 'One build',
    scope: 'read',
    params,
    answer: { status: 200, description: 'The build', schema: Build },
    failures: [404],
  }),
  log: defineRoute({
    id: 'getBuildLog',
    method: 'GET',
    path: '/builds/{name}/log',
    tag,
    summary: 'Log of a build, as it grows when followed',
    scope: 'read',
    params,
    query: LogQuery,
    answer: { status: 200, description: 'The log', mediaType: 'text/plain' },
    failures: [404, 502],
  }),
  remove: defineRoute({
    id: 'deleteBuild',
    method: 'DELETE',
    path: '/builds/{name}',
    tag,
    summary: 'Have a build deleted, with its uploads and files',
    scope: 'admin',
    params,
    answer: { status: 202, description: 'To be deleted by its builder' },
    failures: [404, 409],
  }),
  uploads: defineRoute({
    id: 'listUploads',
    method: 'GET',
    path: '/uploads',
    tag,
    summary: 'Uploads of builds to providers',
    scope: 'read',
    query: UploadQuery,
    answer: { status: 200, description: 'A page of uploads', schema: UploadPage },
  }),
  removeUpload: defineRoute({
    id: 'deleteUpload',
    method: 'DELETE',
    path: '/builds/{name}/uploads/{provider}/{id}',
    tag,
    summary: 'Have an upload deleted from its provider',
    scope: 'admin',
    params: z.strictObject({ name, provider: parameter('Name of a provider'), id: parameter('Id of an upload') }),
    answer: { status: 202, description: 'To be deleted by a builder' },
    failures: [404, 409],
  }),
  builders: defineRoute({
    id: 'listBuilders',
    method: 'GET',
    path: '/builders',
    tag,
    summary: 'What the builders have under way',
    scope: 'read',
    query: PageQuery,
    answer: { status: 200, description: 'A page of builders', schema: BuilderPage },
  }),
};
