import Link from 'next/link';
import { redirect } from 'next/navigation';
import { getLocale } from 'next-intl/server';
import { countryOptions } from '@/components/countries';
import { PublicFrame } from '@/components/public-frame';
import { SelectField, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { PASSWORD_MIN } from '@/lib/auth-password';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { getViewer } from '@/lib/session';
import { LanguageBar } from '../language-bar';
import { signUp } from './actions';
import { findOpenPlatform } from './platform';

export const generateMetadata = pageTitle('auth.signUp', 'title');

export default async function SignUpPage({ searchParams }: PageProps<'/sign-up'>) {
  if (await getViewer()) redirect('/');
  const { platform: code } = await searchParams;
  const [platform, locale, t] = await Promise.all([
    findOpenPlatform(typeof code === 'string' ? code : ''),
    getLocale(),
    getTranslations('auth.signUp'),
  ]);
  return (
    <PublicFrame footer={<LanguageBar />}>
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">{t(platform ? 'title' : 'closed')}</h1>
        <p className="mt-1 text-muted">{t(platform ? 'text' : 'closedText')}</p>
      </div>
      {platform ? (
        <ActionForm action={signUp} className="space-y-4">
          <input type="hidden" name="platform" value={platform.code} />
          <TextField name="name" label={t('companyName')} autoComplete="organization" required />
          <SelectField
            name="country"
            label={t('country')}
            autoComplete="country"
            defaultValue="LU"
            options={countryOptions(locale)}
          />
          <TextField name="store.name" label={t('storeName')} required />
          <TextField
            name="store.code"
            label={t('storeCode')}
            hint={t('storeCodeHint')}
            autoCapitalize="characters"
            maxLength={20}
            required
          />
          <TextField name="owner.name" label={t('yourName')} autoComplete="name" required />
          <TextField name="owner.email" type="email" label={t('email')} autoComplete="username" required />
          <TextField
            name="owner.password"
            type="password"
            label={t('password')}
            hint={t('passwordHint', { length: PASSWORD_MIN })}
            autoComplete="new-password"
            required
          />
          <SubmitButton className="w-full">{t('submit')}</SubmitButton>
        </ActionForm>
      ) : null}
      <p className="text-muted">
        {t.rich('haveAccount', {
          link: (words) => (
            <Link href="/sign-in" className="font-medium text-accent-ink underline">
              {words}
            </Link>
          ),
        })}
      </p>
    </PublicFrame>
  );
}
