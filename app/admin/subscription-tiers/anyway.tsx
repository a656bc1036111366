'use client';

import { CheckField } from '@/components/ui/check-field';
import { useForm } from '@/components/ui/form';

/** "I have read who is affected": shown with the preview it is about, and asked anew with another one. */
export function Anyway({ label, hint }: { label: string; hint: string }) {
  const seen = useForm().state.values?.seen;
  return seen ? <CheckField key={seen} name="anyway" value={seen} label={label} hint={hint} /> : null;
}
