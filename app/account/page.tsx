import { getLocale } from 'next-intl/server';
import { Card } from '@/components/ui/card';
import { SelectField, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { PASSWORD_MIN } from '@/lib/auth-password';
import { localeNames, locales } from '@/lib/i18n/locales';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { requireViewer } from '@/lib/session';
import { Frame } from '../frame';
import { homeOf } from '../home';
import { changeOwnPassword, saveProfile, signOutOfEverything } from './actions';

export const generateMetadata = pageTitle('auth.account', 'title');

export default async function AccountPage() {
  const viewer = await requireViewer();
  const [t, nav, locale] = await Promise.all([getTranslations('auth.account'), homeOf(viewer), getLocale()]);
  return (
    <Frame viewer={viewer} nav={nav}>
      <PageHeader title={t('title')} description={viewer.email} />
      <div className="grid max-w-2xl gap-6">
        <Card id="profile" title={t('profile')}>
          <ActionForm action={saveProfile} className="space-y-4">
            <TextField
              name="name"
              label={t('name')}
              defaultValue={viewer.name}
              autoComplete="name"
              required
            />
            <SelectField
              name="locale"
              label={t('language')}
              defaultValue={viewer.locale ?? locale}
              options={locales.map((code) => ({ value: code, label: localeNames[code] }))}
            />
            <SubmitButton>{t('save')}</SubmitButton>
          </ActionForm>
        </Card>
        <Card id="password" title={t('password')} description={t('passwordText')}>
          <ActionForm action={changeOwnPassword} className="space-y-4" resetOnSuccess>
            <input type="hidden" name="username" autoComplete="username" value={viewer.email} />
            <TextField
              name="current"
              type="password"
              label={t('currentPassword')}
              autoComplete="current-password"
              required
            />
            <TextField
              name="next"
              type="password"
              label={t('newPassword')}
              hint={t('passwordHint', { length: PASSWORD_MIN })}
              autoComplete="new-password"
              required
            />
            <SubmitButton>{t('changePassword')}</SubmitButton>
          </ActionForm>
        </Card>
        <Card id="sessions" title={t('sessions')} description={t('sessionsText')}>
          <form action={signOutOfEverything}>
            <SubmitButton variant="secondary">{t('signOutEverywhere')}</SubmitButton>
          </form>
        </Card>
      </div>
    </Frame>
  );
}
