import type { App } from './app';
import type { Api } from './http/api';
import type { Deliverer } from './webhooks/deliver';

export interface ControlAnswer {
  status: number;
  body?: unknown;
  location?: string;
}

export class Control {
  advancing = false;
  constructor(
    readonly app: App,
    readonly api: Api,
    readonly deliverer: Deliverer,
    readonly appUrl: string | null,
  ) {}

  async answer(_method: string, _path: string, _body: string, _type: string | undefined): Promise<ControlAnswer> {
    return { status: 404, body: { error: { message: 'unknown' } } };
  }
}
