/** What comes in, as JSON or as a form from the front page; and how it is refused. */
import { decodeForm } from './form';

/** An empty body is `{}`; throws `Refused` for what is no JSON. */
export function parseBody(body: string, isForm: boolean): unknown {
  if (body.trim() === '') return {};
  if (isForm) {
    const fields = decodeForm(body);
    const api = fields.api;
    // The front page's fault form: `api[status]`, `api[next]`.
    if (api && typeof api === 'object' && !Array.isArray(api)) {
      const status = /^\d+$/.test(String(api.status)) ? Number(api.status) : api.status;
      return { ...fields, api: { status, next: Number(api.next) } };
    }
    return fields;
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused(400, 'The body is not JSON.');
  }
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
