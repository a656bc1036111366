import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { getTranslations } from '@/lib/i18n/translations';
import { signInHere } from './actions';

const people = [
  'admin@tierline.test',
  'support@tierline.test',
  'owner@acme.test',
  'member@acme.test',
  'owner@fresh.test',
  'owner@lapsed.test',
  'owner@late.test',
  'owner@leaving.test',
  'owner@full.test',
  'owner@grand.test',
] as const;

/** The named people of the demo, one click each. Only drawn in demo mode, whose password everybody knows. */
export async function DemoPeople({ callbackUrl }: { callbackUrl: string }) {
  const t = await getTranslations('auth.demo');
  return (
    <section aria-labelledby="demo-people" className="rounded-xl border border-line bg-surface p-4">
      <h2 id="demo-people" className="font-semibold">
        {t('title')}
      </h2>
      <p className="mt-1 text-sm text-muted">{t('text', { password: 'demo-password' })}</p>
      <ul className="mt-3 divide-y divide-line">
        {people.map((email, index) => (
          <li key={email}>
            <ActionForm action={signInHere} className="flex items-center gap-3 py-1.5">
              <input type="hidden" name="callbackUrl" value={callbackUrl} />
              <input type="hidden" name="email" value={email} />
              <input type="hidden" name="password" value="demo-password" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{email}</span>
                <span className="block text-sm text-muted">{t(`people.p${index as 0}`)}</span>
              </span>
              <SubmitButton variant="secondary" size="sm">
                {t('use')}
                <span className="sr-only">{email}</span>
              </SubmitButton>
            </ActionForm>
          </li>
        ))}
      </ul>
    </section>
  );
}
