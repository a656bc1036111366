import { cookies } from 'next/headers';
import Link from 'next/link';
import { getLocale } from 'next-intl/server';
import { Icon } from '@/components/ui/icon';
import { Menu } from '@/components/ui/menu';
import { localeNames, locales } from '@/lib/i18n/locales';
import { getTranslations } from '@/lib/i18n/translations';
import type { Viewer } from '@/lib/session';
import { chooseLocale, chooseTheme } from './preferences';
import { signOutHere } from './sign-in/actions';

const choice =
  'min-h-8 flex-1 rounded-md px-1.5 text-sm text-muted hover:text-ink aria-pressed:bg-surface aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-raised';

/** Who is signed in, and what they may set from anywhere: language, theme, and the way out. */
export async function AccountMenu({ viewer }: { viewer: Viewer }) {
  const [t, locale, jar] = await Promise.all([getTranslations('common.account'), getLocale(), cookies()]);
  const theme = jar.get('theme')?.value ?? 'system';
  const row = 'flex min-h-9 w-full items-center rounded-lg px-3 hover:bg-sunken';
  return (
    <Menu
      id="account-menu"
      label={t('menu', { name: viewer.name })}
      position="inset-[auto_auto_4.5rem_0.75rem] w-64"
      triggerClass="flex w-full items-center gap-3 rounded-lg border border-line p-2 text-left hover:bg-sunken"
      trigger={
        <>
          <span className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-ink">
            <Icon name="user" />
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{viewer.name}</span>
            <span className="block truncate text-sm text-muted">{t(`roles.${viewer.role}`)}</span>
          </span>
          <Icon name="switch" className="size-4 text-muted" />
        </>
      }
    >
      <p className="truncate px-3 py-1 text-sm text-muted">{viewer.email}</p>
      <Link href="/account" prefetch={false} className={row}>
        {t('settings')}
      </Link>
      <form action={chooseLocale} className="px-3 py-2">
        <fieldset>
          <legend className="mb-1 text-sm text-muted">{t('language')}</legend>
          <div className="grid grid-cols-[auto_auto] rounded-lg bg-sunken p-1">
            {locales.map((code) => (
              <button
                key={code}
                type="submit"
                name="locale"
                value={code}
                lang={code}
                aria-pressed={code === locale}
                className={choice}
              >
                {localeNames[code]}
              </button>
            ))}
          </div>
        </fieldset>
      </form>
      <form action={chooseTheme} className="px-3 py-2">
        <fieldset>
          <legend className="mb-1 text-sm text-muted">{t('theme')}</legend>
          <div className="flex rounded-lg bg-sunken p-1">
            {(['system', 'light', 'dark'] as const).map((name) => (
              <button
                key={name}
                type="submit"
                name="theme"
                value={name}
                aria-pressed={name === theme}
                className={choice}
              >
                {t(`themes.${name}`)}
              </button>
            ))}
          </div>
        </fieldset>
      </form>
      <form action={signOutHere}>
        <button type="submit" className={row}>
          {t('signOut')}
        </button>
      </form>
    </Menu>
  );
}
