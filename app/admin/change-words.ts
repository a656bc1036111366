import { useLocale } from 'next-intl';
import { cache } from 'react';
import { listOfferNames } from '@/lib/billing/plans/offers';
import { database } from '@/lib/database';
import { features } from '@/lib/features';
import { spell } from '@/lib/i18n/facts';
import type { Format } from '@/lib/i18n/format';
import type { Locale } from '@/lib/i18n/locales';
import { loadMessages } from '@/lib/i18n/messages';
import { errorTexts } from '@/lib/i18n/translate-error';
import { getWords, useWords } from '@/lib/i18n/translations';

/** What codes of the audit trail, the inbox and the jobs are called: people read words, filters and titles keep the code. */
export function useChangeWords() {
  const locale = useLocale() as Locale;
  const find = useWords('trail');
  const say = (area: string, code: string) => find(`${area}.${code}`) ?? spell(code);
  return {
    action: (code: string) => say('actions', code),
    entity: (code: string) => say('entities', code),
    job: (code: string) => say('jobs', code),
    /** Why an event was not applied or a job failed: a sentence, and the facts behind it. */
    failure: ({
      errorCode,
      errorDetails,
    }: {
      errorCode: string;
      errorDetails: Record<string, unknown> | null;
    }) => errorTexts(locale).failure({ errorCode, errorDetails: errorDetails ?? {} }),
    /** Why something of Stripe's could not be placed, by its code; null for a code we have no sentence for. */
    reason: (code: string) => find(`failures.${code}`),
    field: (code: string) => say('fields', code).replace(/^./, (first) => first.toLowerCase()),
  };
}

/** What a job is called, where one can await. */
export async function getJobName(code: string): Promise<string> {
  return (await getWords('trail'))(`jobs.${code}`) ?? spell(code);
}

/** The actions and kinds that a filter offers, by code and in words. */
export async function listKnown() {
  const find = await getWords('trail');
  const { actions, entities } = loadMessages('en').trail;
  const option = (area: string, code: string) => ({ value: code, label: find(`${area}.${code}`) ?? code });
  return {
    actions: Object.entries(actions).flatMap(([kind, verbs]) =>
      Object.keys(verbs).map((verb) => option('actions', `${kind}.${verb}`)),
    ),
    entities: Object.keys(entities).map((code) => option('entities', code)),
  };
}

/** Names of what is sold, by id: a plan is known by its name. Once per request. */
export const loadOfferNames = cache(() => listOfferNames(database()));

const MONEY = new Set(['mrrCents', 'unitAmount', 'amountDue', 'amountPaid', 'total', 'refunded', 'credited']);
const WORDS = new Set([
  'status',
  'interval',
  'pendingInterval',
  'vatStatus',
  'taxExempt',
  'treatment',
  'treatmentReason',
  'taxDisabledReason',
  'kind',
  'role',
  'error',
]);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

type Words = { yes: string; no: string; off: string; unlimited: string };

/** A value of a change as a person reads it; '' = there is none. `currency` is that of the row it stands in. */
export function sayValue(
  field: string,
  value: unknown,
  with_: { format: Format; names: Map<string, string>; words: Words; currency?: string },
): string {
  const { format, names, words, currency } = with_;
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') {
    if (!MONEY.has(field) && !field.endsWith('_cents')) return String(value);
    return currency ? format.money(value, currency) : (value / 100).toFixed(2);
  }
  if (typeof value === 'string') {
    if (INSTANT.test(value)) return format.date(value, 'time');
    if (WORDS.has(field)) return value.replaceAll('_', ' ');
    return names.get(value) ?? value;
  }
  if (Array.isArray(value)) return value.map((one) => sayValue(field, one, with_)).join(', ');
  if (isGrant(value)) {
    if (!value.enabled) return words.off;
    const isFlag = features.find((one) => one.code === field)?.kind === 'flag';
    return isFlag ? words.yes : value.limitValue === null ? words.unlimited : format.number(value.limitValue);
  }
  return Object.entries(value)
    .map(([name, inner]) => `${spell(name).toLowerCase()} ${sayValue(name, inner, with_) || '–'}`)
    .join(', ');
}

const isGrant = (value: object): value is { enabled: boolean; limitValue: number | null } =>
  'enabled' in value && 'limitValue' in value;
