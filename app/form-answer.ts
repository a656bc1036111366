import { refresh } from 'next/cache';
import { getLocale } from 'next-intl/server';
import type { ZodType } from 'zod';
import type { FormAction, FormState } from '@/components/ui/form-state';
import { DomainError, ValidationFailed } from '@/lib/errors';
import { errorTexts } from '@/lib/i18n/translate-error';
import { isStorable } from '@/lib/storable';
import { toFieldProblem } from './problem';

type Options = {
  /** Fields whose values do not come back after a failure: passwords. */
  forget?: string[];
  /** An empty field is said to be empty, not left out: for forms that can take something away. */
  keepEmpty?: boolean;
  /** Where the unlock panel's choices lead. */
  unlockHref?: (form: FormData) => UnlockHref;
  /** The form's name of what the domain calls by another path (`prices[1].currency`). */
  nameOf?: (path: string, form: FormData) => string;
};

export type UnlockHref = (unlock: { kind: string; code?: string }) => string | undefined;

/** What an action does with its input: it answers a sentence for the toast, or a whole answer. */
type Work<Input, Who> = (
  input: Input,
  who: Who & { form: FormData },
) => Promise<string | FormState | undefined>;

export type MakeAction<Who> = <Input>(
  schema: ZodType<Input>,
  work: Work<Input, Who>,
  options?: Options,
) => FormAction;

/** Thrown before anything is done: the person is asked first, with what was typed. */
export class AskFirst extends Error {
  constructor(readonly answer: FormState) {
    super('asked first');
  }
}

/**
 * A form's server action: `authorise` says who asks and throws for those who may not, the fields are parsed with the
 * schema, then `work` runs and the page is read anew.
 * A refusal of the domain comes back as sentences in the viewer's language, beside the fields where it names them, with what
 * was typed. Anything else is a fault of ours and goes on to the error page.
 */
export const actionsFor =
  <Who extends object>(authorise: (form: FormData) => Promise<Who>, shared: Options = {}): MakeAction<Who> =>
  (schema, work, own = {}) => {
    const options = { ...shared, ...own };
    return async (_state, form) => {
      try {
        const unstorable = [...form].filter(([, value]) => typeof value === 'string' && !isStorable(value));
        if (unstorable.length > 0)
          throw new ValidationFailed(
            unstorable.map(([path]) => ({
              path,
              rule: 'invalid',
              message: 'holds a character that no text may hold',
            })),
          );
        const who = await authorise(form);
        const parsed = schema.safeParse(nested(form, options.keepEmpty));
        if (!parsed.success) throw new ValidationFailed(parsed.error.issues.map(toFieldProblem));
        const said = await work(parsed.data, { ...who, form });
        refresh();
        return typeof said === 'object' ? withTyped(said, form, options) : { status: 'ok', message: said };
      } catch (error) {
        if (error instanceof AskFirst) return withTyped(error.answer, form, options);
        if (!(error instanceof DomainError)) throw error;
        const answer = await answerTo(error, options.unlockHref?.(form), (path) =>
          options.nameOf ? options.nameOf(path, form) : path,
        );
        return withTyped(answer, form, options);
      }
    };
  };

/** Refusals that are about one field of their form, whatever the form. */
const fieldOf: Record<string, string> = { invalid_domain: 'domain', domain_taken: 'domain' };

/** A refusal as a form's answer. */
export async function answerTo(
  error: DomainError,
  unlockHref?: UnlockHref,
  nameOf = (path: string) => path,
): Promise<FormState> {
  const texts = errorTexts(await getLocale());
  const refusal = texts.refusal(error);
  if (refusal) {
    const choices = refusal.options.map(({ unlock, label }) => ({
      label,
      href: unlockHref?.(unlock),
    }));
    return { status: 'error', refusal: { title: refusal.title, text: refusal.text, options: choices } };
  }
  const fields: Record<string, string> = {};
  if (error instanceof ValidationFailed) {
    for (const problem of error.fields) fields[nameOf(problem.path)] ??= texts.field(problem);
  }
  const field = error.details.field ?? fieldOf[error.code];
  if (typeof field === 'string') fields[field] = texts.sentence(error);
  const aboutFields = Object.keys(fields).length > 0;
  return { status: 'error', message: texts.sentence(aboutFields ? new ValidationFailed([]) : error), fields };
}

/** The form's fields as the schema's input: `store.code` becomes `{store: {code}}`, an empty field is mostly a missing one. */
function nested(form: FormData, keepEmpty = false): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (name.startsWith('$') || (value === '' && !keepEmpty)) continue;
    const [head = '', ...rest] = name.split('.');
    const inner = rest.join('.');
    if (!inner) result[head] = value;
    else result[head] = { ...(result[head] as object | undefined), [inner]: value };
  }
  return result;
}

/** What was typed comes back after a failure, less what is not to. */
function withTyped(answer: FormState, form: FormData, { forget = [] }: Options): FormState {
  if (answer.status !== 'error') return answer;
  const values: Record<string, string> = {};
  for (const [name, value] of form) {
    if (typeof value === 'string' && !name.startsWith('$') && !forget.includes(name)) values[name] = value;
  }
  return { ...answer, values: { ...values, ...answer.values } };
}
