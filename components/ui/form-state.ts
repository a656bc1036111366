/** What would help after a refusal, in finished words: shown by the unlock panel. */
export type RefusalView = {
  title: string;
  text: string;
  options: { label: string; href?: string }[];
};

/** What is shown once and never again, in finished words. */
export type SecretView = { text: string; value: string; copy: string; copied: string };

/** The answer of a form's server action, in the viewer's language. `values` brings back what was typed. */
export type FormState = {
  status: 'idle' | 'ok' | 'error';
  /** Shown as a toast after success, as an alert in the form after a failure. */
  message?: string;
  /** One sentence per field that is wrong, by the field's name. */
  fields?: Record<string, string>;
  values?: Record<string, string>;
  refusal?: RefusalView;
  /** Shown in place of the fields after success: the dialog around the form stays open for it. */
  secret?: SecretView;
  /** What was left out or would happen, line by line; a line may lead somewhere. */
  report?: (string | { text: string; href: string })[];
};

export const idle: FormState = { status: 'idle' };

export type FormAction = (state: FormState, form: FormData) => Promise<FormState>;
