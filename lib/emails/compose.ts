import { createTranslator } from 'next-intl';
import type { emails } from '@/db/schema';
import { formatFor } from '@/lib/i18n/format';
import { chooseLocale } from '@/lib/i18n/locales';
import { loadMessages } from '@/lib/i18n/messages';

type EmailRow = Pick<typeof emails.$inferSelect, 'template' | 'locale' | 'data'>;
type Template = Exclude<keyof ReturnType<typeof loadMessages>['emails'], 'greeting' | 'closing'>;

export type Composed = { subject: string; text: string };

/** An e-mail in the reader's language, as plain text: who asks for it gives facts, never words. */
export function composeEmail(email: EmailRow, appUrl: string): Composed {
  const locale = chooseLocale({ setting: email.locale });
  const messages = loadMessages(locale);
  const template = email.template as Template;
  const t = createTranslator({ locale, messages, namespace: `emails.${template}` });
  const common = createTranslator({ locale, messages, namespace: 'emails' });
  const facts = factsOf(email.data, locale);
  const say = (key: string) => t(key as 'subject', facts);
  const url = linkOf(email, appUrl);
  const next =
    'next' in messages.emails[template] && facts.nextDate
      ? [t('next' as 'subject', { date: facts.nextDate })]
      : [];
  return {
    subject: say('subject'),
    text: [common('greeting'), say('text'), ...next, `${say('button')}: ${url}`, common('closing')].join(
      '\n\n',
    ),
  };
}

/** Where the button leads: a page of Stripe's, or one of ours behind a one-time token. */
function linkOf({ template, data }: EmailRow, appUrl: string): string {
  if (typeof data.path === 'string') return `${appUrl}${data.path}`;
  // Mails that were queued before links led to us.
  if (typeof data.url === 'string') return data.url;
  if (template === 'invitation' && typeof data.token === 'string')
    return `${appUrl}/invitation/${data.token}`;
  return appUrl;
}

/** Amounts and dates in the reader's form; the rest as it is. */
function factsOf(
  data: Record<string, unknown>,
  locale: ReturnType<typeof chooseLocale>,
): Record<string, string> {
  const format = formatFor(locale);
  const date = (value: unknown) => (typeof value === 'string' ? format.date(value) : '');
  const amount =
    typeof data.amount === 'number' && typeof data.currency === 'string'
      ? format.money(data.amount, data.currency)
      : '';
  const rest = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value === null ? '' : String(value)]),
  );
  return {
    ...rest,
    amount,
    date: date(data.date ?? data.trialEnd ?? data.expiresAt),
    nextDate: date(data.nextAttemptAt),
  };
}
