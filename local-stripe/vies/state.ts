/** What the local VIES knows and how it behaves, kept in one file beside local Stripe's journal. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type Entry, firstEntries } from './register';

/** Member states as VIES names them: Greece is EL, Northern Ireland XI (vies.md 12). */
export const MEMBER_STATES =
  'AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI'.split(' ');

const memberState = z.string().refine((code) => MEMBER_STATES.includes(code), 'no member state of VIES');
const milliseconds = z.coerce.number().int().min(0).max(600_000);
/** Empty in a form, null in JSON: no limit. */
const limit = z.union([z.literal('').transform(() => null), z.null(), z.coerce.number().int().min(1)]);

export const SERVICE = [
  'up',
  'html_503',
  'service_unavailable',
  'timeout',
  'busy',
  'blocked',
  'silent',
] as const;
export const MEMBER_STATE = ['up', 'down', 'timeout', 'busy'] as const;

export const settingsChange = z
  .strictObject({
    /** `html_503`: a page and no JSON. `silent`: never answers. The others: their error code (vies.md 9, 17). */
    service: z.enum(SERVICE),
    /** Only those that are not `up`; `up` takes one out. */
    member_states: z.partialRecord(memberState, z.enum(MEMBER_STATE)),
    /** How long each check takes, and what a member state adds to it. */
    slow_ms: milliseconds,
    slow_member_states: z.partialRecord(memberState, milliseconds),
    /** How many checks VIES runs at once, in all and per member state; one more is refused (vies.md 16). */
    at_once: limit,
    at_once_per_member_state: limit,
    /** Not known of VIES: an invalid number gets a consultation number too (vies.md 4). */
    consultation_for_invalid: z.union([
      z.boolean(),
      z.enum(['true', 'false']).transform((is) => is === 'true'),
    ]),
    /** Not known of VIES: which code a requester gets that no register knows (vies.md 11). */
    unknown_requester: z.enum(['INVALID_REQUESTER_INFO', 'INVALID_INPUT']),
  })
  .partial();
export type Settings = Required<z.output<typeof settingsChange>>;

export const DEFAULTS: Settings = {
  service: 'up',
  member_states: {},
  slow_ms: 0,
  slow_member_states: {},
  at_once: null,
  at_once_per_member_state: null,
  consultation_for_invalid: false,
  unknown_requester: 'INVALID_REQUESTER_INFO',
};

export const entryGiven = z.strictObject({
  number: z
    .string()
    .transform((text) => text.toUpperCase().replaceAll(/[\s.-]/g, ''))
    .refine((number) => MEMBER_STATES.includes(number.slice(0, 2)) && number.length > 3, 'no VAT number'),
  verdict: z.enum(['valid', 'invalid', 'blocked']),
  name: z.string().max(500).optional(),
  address: z.string().max(1000).optional(),
});

interface Kept {
  settings: Settings;
  numbers: Record<string, Entry>;
  consultations: number;
}

export class State {
  private kept: Kept;

  /** `file` null: memory only. */
  constructor(private readonly file: string | null) {
    this.kept = (file && read(file)) || fresh();
  }

  get settings(): Settings {
    return this.kept.settings;
  }

  get numbers(): Record<string, Entry> {
    return this.kept.numbers;
  }

  /** Maps are merged key by key. */
  change(given: z.output<typeof settingsChange>): Settings {
    const { settings } = this.kept;
    const memberStates = { ...settings.member_states, ...given.member_states };
    const slow = { ...settings.slow_member_states, ...given.slow_member_states };
    this.kept.settings = {
      ...settings,
      ...given,
      member_states: without(memberStates, 'up'),
      slow_member_states: without(slow, 0),
    };
    this.save();
    return this.settings;
  }

  /** What is not given of a number that is known stays. */
  register({ number, ...given }: z.output<typeof entryGiven>): Entry {
    const known = this.kept.numbers[number] ?? { name: `Firm ${number}`, address: '1 Main Street' };
    const entry = { ...known, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value)) };
    this.kept.numbers[number] = entry as Entry;
    this.save();
    return entry as Entry;
  }

  remove(number: string): boolean {
    const was = number in this.kept.numbers;
    delete this.kept.numbers[number];
    this.save();
    return was;
  }

  reset(): void {
    this.kept = fresh();
    this.save();
  }

  /** Sixteen characters, as VIES's are (vies.md 5); never the same again, a reset apart. */
  nextConsultation(): string {
    this.kept.consultations += 1;
    this.save();
    return `WAPIAAAA${this.kept.consultations.toString(36).padStart(8, '0')}`;
  }

  private save(): void {
    if (!this.file) return;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, JSON.stringify(this.kept));
    renameSync(`${this.file}.new`, this.file);
  }
}

const fresh = (): Kept => ({ settings: { ...DEFAULTS }, numbers: firstEntries(), consultations: 0 });

function read(file: string): Kept | null {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    return { ...kept, settings: { ...DEFAULTS, ...kept.settings } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function without<T>(map: Record<string, T>, off: T): Record<string, T> {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== off));
}
