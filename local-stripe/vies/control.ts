/** `/_local/*` of the local VIES: JSON, or a form from its page. README.md lists it. */
import { z } from 'zod';
import { parseBody, Refused } from '../http/body';
import type { Requests } from './requests';
import { entryGiven, type State, settingsChange } from './state';

export interface ControlAnswer {
  status: number;
  body?: unknown;
  /** Back to the page, after a form. */
  location?: string;
}

export function control(
  state: State,
  requests: Requests,
  method: string,
  path: string,
  body: string,
  type: string | undefined,
): ControlAnswer {
  const isForm = type?.startsWith('application/x-www-form-urlencoded') ?? false;
  try {
    const told = act(state, requests, method, path.slice('/_local/'.length).split('/'), () =>
      parseBody(body, isForm),
    );
    return isForm ? { status: 303, location: '/' } : { status: 200, body: told };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof Refused) return { status: error.status, body: { error: error.message } };
    throw error;
  }
}

function act(
  state: State,
  requests: Requests,
  method: string,
  [what = '', number, verb]: string[],
  given: () => unknown,
): unknown {
  const asked = `${method} ${what}`;
  if (number !== undefined) {
    const removes = (method === 'DELETE' && !verb) || (method === 'POST' && verb === 'remove');
    if (what !== 'numbers' || !removes) throw new Refused(404, 'There is no such control.');
    if (!state.remove(decodeURIComponent(number))) throw new Refused(404, 'There is no such number.');
    return { removed: decodeURIComponent(number) };
  }
  switch (asked) {
    case 'GET settings':
      return state.settings;
    case 'POST settings':
      return state.change(settingsChange.parse(given()));
    case 'GET numbers':
      return state.numbers;
    case 'POST numbers': {
      const entry = entryGiven.parse(given());
      return { number: entry.number, ...state.register(entry) };
    }
    case 'GET requests':
      return requests.told();
    case 'DELETE requests':
      requests.forget();
      return requests.told();
    case 'POST reset':
      state.reset();
      requests.forget();
      return { settings: state.settings, numbers: state.numbers };
    default:
      throw new Refused(404, 'There is no such control.');
  }
}
