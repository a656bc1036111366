import { cookies, headers } from 'next/headers';
import { getRequestConfig } from 'next-intl/server';
import { getViewer } from '../session';
import { chooseLocale } from './locales';
import { loadMessages } from './messages';

/** next-intl's configuration of one request. URLs carry no language: it is the person's setting, else cookie, else browser's. */
export default getRequestConfig(async (request) => {
  const [viewer, jar, headerList] = await Promise.all([getViewer(), cookies(), headers()]);
  const locale = chooseLocale({
    setting: request.locale ?? viewer?.locale,
    cookie: jar.get('locale')?.value,
    acceptLanguage: headerList.get('accept-language'),
  });
  return { locale, messages: loadMessages(locale), timeZone: 'UTC' };
});
