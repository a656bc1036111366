'use client';

import type { Tone } from '@/components/ui/badge';
import { ConfirmButton } from '@/components/ui/confirm-button';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import type { FormAction } from '@/components/ui/form-state';
import { SubmitButton } from '@/components/ui/submit-button';

/** An add-on that the store has, in finished words. `question` asks before it is cancelled, `confirm` says yes; none = it ends already. */
export type OwnAddOnView = {
  id: string;
  name: string;
  domain: string | null;
  badge: { tone: Tone; text: string };
  note: string;
  question: string | null;
  confirm: string;
};

/** An add-on that can be bought. */
export type AddOnView = { code: string; name: string; price: string; adds: string; needsDomain: boolean };

export type AddOnWords = Record<'buy' | 'cancel' | 'keep' | 'domain' | 'domainHint' | 'close', string>;

const row = 'flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-3';

type Common = { store: string; words: AddOnWords; disabledReason?: string };

/** The store's add-ons: until when, and the way out. Words travel as data: see `InvoiceList`. */
export function OwnAddOns({
  addOns,
  actions,
  store,
  words,
  disabledReason,
}: Common & { addOns: OwnAddOnView[]; actions: { cancel: FormAction; keep: FormAction } }) {
  return (
    <ul className="divide-y divide-line">
      {addOns.map(({ id, name, domain, badge, note, question, confirm }) => (
        <li key={id} className={row}>
          <div className="min-w-0">
            <p className="flex flex-wrap items-center gap-2 font-medium">
              {name}
              {domain ? <span className="font-normal text-muted">{domain}</span> : null}
              <span className={`badge badge-${badge.tone}`}>{badge.text}</span>
            </p>
            <p className="text-sm text-muted">{note}</p>
          </div>
          <ActionForm
            action={question ? actions.cancel : actions.keep}
            fields={{ store, id }}
            className="space-y-2"
          >
            {question ? (
              <ConfirmButton
                question={question}
                confirm={confirm}
                cancel={words.keep}
                disabledReason={disabledReason}
              >
                {words.cancel} <span className="sr-only">{name}</span>
              </ConfirmButton>
            ) : (
              <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
                {words.keep} <span className="sr-only">{name}</span>
              </SubmitButton>
            )}
          </ActionForm>
        </li>
      ))}
    </ul>
  );
}

/** What can be bought beside the plan, and what it adds; one that is a domain asks for its name first. */
export function OfferedAddOns({
  addOns,
  action,
  store,
  words,
  disabledReason,
}: Common & { addOns: AddOnView[]; action: FormAction }) {
  return (
    <ul className="divide-y divide-line">
      {addOns.map(({ code, name, price, adds, needsDomain }) => (
        <li key={code} className={row}>
          <div className="min-w-0">
            <p className="font-medium">{name}</p>
            <p className="text-sm text-muted">{adds ? `${price} · ${adds}` : price}</p>
          </div>
          {needsDomain ? (
            <Dialog
              trigger={
                <>
                  {words.buy} <span className="sr-only">{name}</span>
                </>
              }
              size="sm"
              title={name}
              description={price}
              closeLabel={words.close}
              disabledReason={disabledReason}
            >
              <ActionForm action={action} fields={{ store, addOn: code }} className="space-y-4">
                <TextField
                  name="domain"
                  label={words.domain}
                  hint={words.domainHint}
                  autoCapitalize="none"
                  spellCheck={false}
                  required
                />
                <SubmitButton>{words.buy}</SubmitButton>
              </ActionForm>
            </Dialog>
          ) : (
            <ActionForm action={action} fields={{ store, addOn: code }} className="space-y-2">
              <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
                {words.buy} <span className="sr-only">{name}</span>
              </SubmitButton>
            </ActionForm>
          )}
        </li>
      ))}
    </ul>
  );
}
