import type { LimitFacts, Unlock } from '../billing/errors';
import type { DomainError, FieldProblem } from '../errors';
import type { Failure } from '../failure';
import { sayFacts, spell } from './facts';
import { formatFor } from './format';
import type { Locale } from './locales';
import { type FindWords, wordsFor } from './translations';

/** A refusal in words, and what would help. */
export type Refusal = { title: string; text: string; options: { unlock: Unlock; label: string }[] };

/**
 * The one place that turns a refusal of the domain into a sentence: `errors.<code>` with its details, said to the person
 * who can do something about it. Codes, field names and ids never show.
 */
export function errorTexts(locale: Locale): ErrorTexts {
  const known = made.get(locale);
  if (known) return known;
  const texts = makeErrorTexts(locale);
  made.set(locale, texts);
  return texts;
}

export type ErrorTexts = ReturnType<typeof makeErrorTexts>;
const made = new Map<Locale, ErrorTexts>();

function makeErrorTexts(locale: Locale) {
  const format = formatFor(locale);
  const find = wordsFor(locale);
  const t: (...asked: Parameters<FindWords>) => string = (key, values) => find(key, values) ?? key;

  /** A feature's name, as the plan tables show it. */
  function feature(code: string): string {
    return find(`features.${code}`) ?? code;
  }

  /** One sentence for any refusal. */
  function sentence(error: DomainError): string {
    const { details } = error;
    const values = {
      feature: typeof details.feature === 'string' ? feature(details.feature) : '',
      limit: typeof details.limit === 'number' ? format.number(details.limit) : '',
      current: typeof details.current === 'number' ? format.number(details.current) : '',
      reason: typeof details.reason === 'string' ? details.reason : 'none',
      role: typeof details.role === 'string' ? details.role : 'none',
      domain: typeof details.domain === 'string' ? details.domain : '',
      asked: typeof details.requested === 'number' ? details.requested : 0,
      minutes: typeof details.retryAfter === 'number' ? Math.max(1, Math.ceil(details.retryAfter / 60)) : 1,
    };
    return find(`errors.${error.code}`, values) ?? t('errors.unexpected', values);
  }

  /** What a row keeps of a failure, or of why something was left alone: a sentence, and the facts behind it. */
  function failure({ errorCode, errorDetails }: Failure): string {
    const { message, ...facts } = errorDetails;
    const says = find(`trail.failures.${errorCode}`) ?? spell(errorCode);
    return [says, message, sayFacts(facts)].filter(Boolean).join(' ');
  }

  /** What is wrong with one field. */
  function field(problem: FieldProblem): string {
    return find(`errors.rules.${problem.rule}`) ?? t('errors.rules.invalid');
  }

  /** The unlock panel's words for `limit_reached` and `feature_not_in_plan`; null for other refusals. */
  function refusal(error: DomainError): Refusal | null {
    if (error.code !== 'limit_reached' && error.code !== 'feature_not_in_plan') return null;
    const facts = error.details as LimitFacts;
    return {
      title: t(`errors.${error.code}_title`, { feature: feature(facts.feature) }),
      text: sentence(error),
      options: facts.unlock.map((unlock) => ({ unlock, label: unlockLabel(unlock, facts.feature) })),
    };
  }

  /** "Upgrade to Professional for €99.00 a month". */
  function unlockLabel(unlock: Unlock, featureCode: string): string {
    const price = unlock.price;
    const key =
      unlock.kind === 'release' ? 'release' : price ? `${unlock.kind}_${price.interval}` : unlock.kind;
    return t(`errors.unlock.${key}`, {
      name: unlock.name ?? '',
      feature: feature(featureCode),
      price: price ? format.money(price.amount, price.currency) : '',
    });
  }

  return { sentence, failure, field, refusal, feature, unlockLabel };
}
