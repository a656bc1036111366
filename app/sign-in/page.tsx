import Link from 'next/link';
import { redirect } from 'next/navigation';
import { PublicFrame } from '@/components/public-frame';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { env } from '@/lib/env';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { getViewer } from '@/lib/session';
import { LanguageBar } from '../language-bar';
import { signInHere } from './actions';
import { DemoPeople } from './demo-people';

export const generateMetadata = pageTitle('auth.signIn', 'title');

export default async function SignInPage({ searchParams }: PageProps<'/sign-in'>) {
  const [viewer, query, t] = await Promise.all([getViewer(), searchParams, getTranslations('auth.signIn')]);
  if (viewer) redirect('/');
  const callbackUrl = typeof query.callbackUrl === 'string' ? query.callbackUrl : '/';
  return (
    <PublicFrame footer={<LanguageBar />}>
      <h1 className="text-2xl font-semibold tracking-tight">{t('title')}</h1>
      <ActionForm action={signInHere} className="space-y-4">
        <input type="hidden" name="callbackUrl" value={callbackUrl} />
        <TextField name="email" type="email" autoComplete="username" required label={t('email')} />
        <TextField
          name="password"
          type="password"
          autoComplete="current-password"
          required
          label={t('password')}
        />
        <SubmitButton className="w-full">{t('submit')}</SubmitButton>
      </ActionForm>
      <p className="text-muted">
        {t.rich('newHere', {
          link: (words) => (
            <Link href="/sign-up" className="font-medium text-accent-ink underline">
              {words}
            </Link>
          ),
        })}
      </p>
      {env().DEMO ? <DemoPeople callbackUrl={callbackUrl} /> : null}
    </PublicFrame>
  );
}
