import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './environment';

export type Api = OpenAPIHono<ApiEnv>;

/** A resource adds its routes to the API: one file each, contract beside handler. See README.md. */
export type Resource = (api: Api) => void;
