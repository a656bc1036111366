'use server';

import { redirect } from 'next/navigation';
import { signIn } from '@/lib/auth';
import { database } from '@/lib/database';
import { env } from '@/lib/env';
import { createMerchant, newMerchantInput } from '@/lib/tenancy/merchants';
import { businessNow } from '@/lib/time';
import { actionsFor } from '../form-answer';
import { findOpenPlatform } from './platform';

/** The contract's input, less what the page knows; here a password is a must. */
const input = newMerchantInput
  .omit({ platform: true, tierCode: true, email: true })
  .extend({ owner: newMerchantInput.shape.owner.required({ password: true }) });

const openAction = actionsFor(async (form) => ({
  platform: (await findOpenPlatform(String(form.get('platform') ?? ''))) ?? redirect('/sign-up'),
}));

/** Makes the merchant with its store and owner, signs the owner in and shows the new store. */
export const signUp = openAction(
  input,
  async ({ owner, ...merchant }, { platform }) => {
    const db = database();
    const made = await createMerchant(
      db,
      { ...merchant, email: owner.email, platform: platform.id, owner },
      { now: await businessNow(db), trialDays: env().STRIPE_TRIAL_DAYS },
    );
    await signIn('credentials', {
      email: owner.email,
      password: owner.password,
      redirectTo: `/store/${made.storeCode}`,
    });
    return undefined;
  },
  { forget: ['owner.password'] },
);
