import type { Metadata } from 'next';
import { PublicFrame } from '@/components/public-frame';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { PASSWORD_MIN } from '@/lib/auth-password';
import { database } from '@/lib/database';
import { getTranslations } from '@/lib/i18n/translations';
import { findInvitation } from '@/lib/tenancy/invitations';
import { businessNow } from '@/lib/time';
import { LanguageBar } from '../../language-bar';
import { join } from './actions';

export const metadata: Metadata = { referrer: 'no-referrer' };

/** Where an invitation's link leads: join as the person one is, or make an account. */
export default async function InvitationPage({ params }: PageProps<'/invitation/[token]'>) {
  const { token } = await params;
  const db = database();
  const [t, now] = await Promise.all([getTranslations('store.invitation'), businessNow(db)]);
  const invitation = await findInvitation(db, token, now);
  return (
    <PublicFrame footer={<LanguageBar />}>
      <title>{invitation ? t('title', { store: invitation.store }) : t('gone')}</title>
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">
          {invitation ? t('title', { store: invitation.store }) : t('gone')}
        </h1>
        <p className="mt-1 text-muted">
          {invitation ? t('text', { merchant: invitation.merchant }) : t('goneText')}
        </p>
      </div>
      {invitation ? (
        <ActionForm action={join} className="space-y-4">
          <input type="hidden" name="token" value={token} />
          {invitation.hasAccount ? (
            <p>{t('known', { email: invitation.email })}</p>
          ) : (
            <>
              <input type="hidden" name="username" autoComplete="username" value={invitation.email} />
              <TextField name="name" label={t('name')} autoComplete="name" required />
              <TextField
                name="password"
                type="password"
                label={t('password')}
                hint={t('passwordHint', { length: PASSWORD_MIN })}
                autoComplete="new-password"
                required
              />
            </>
          )}
          <SubmitButton className="w-full">{t('join')}</SubmitButton>
        </ActionForm>
      ) : null}
    </PublicFrame>
  );
}
