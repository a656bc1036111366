/** What VIES says of a number: no clock, no network. Numbers of comments are those of docs/vies.md. */
import { MEMBER_STATES, type State } from './state';

export const TRADER = [
  'traderName',
  'traderStreet',
  'traderPostalCode',
  'traderCity',
  'traderCompanyType',
] as const;
export type Trader = Partial<Record<(typeof TRADER)[number], string>>;

export interface Asked {
  country: string;
  number: string;
  requester: { country: string; number: string } | null;
  trader: Trader;
}

type Match = 'VALID' | 'INVALID' | 'NOT_PROCESSED';

export type Outcome =
  | { error: string }
  | {
      error: null;
      valid: boolean;
      name: string;
      address: string;
      /** Empty without a requester (vies.md 5). */
      consultation: string;
      matches: Record<(typeof TRADER)[number], Match>;
    };

/** "Nothing is told": also what Germany and Spain say of names and addresses (vies.md 6). */
export const UNTOLD = '---';
const SILENT_REGISTERS = new Set(['DE', 'ES']);
/** The member state whose register was seen to compare what is known of the trader (vies.md 7). */
const MATCHING_REGISTERS = new Set(['ES']);
/** vies.md 12 */
const NUMBER = /^[0-9A-Za-z+*.]{2,12}$/;
const MEMBER_STATE_ERRORS = { down: 'MS_UNAVAILABLE', timeout: 'TIMEOUT', busy: 'MS_MAX_CONCURRENT_REQ' };

/** The input and the requester are looked at before the register is asked: the order is not known of VIES. */
export function refuseInput(state: State, { country, number, requester }: Asked): string | null {
  if (!MEMBER_STATES.includes(country) || !NUMBER.test(number)) return 'INVALID_INPUT';
  if (requester && state.numbers[requester.country + requester.number]?.verdict !== 'valid')
    return state.settings.unknown_requester;
  return null;
}

export function check(state: State, { country, number, requester, trader }: Asked): Outcome {
  const trouble = state.settings.member_states[country];
  if (trouble && trouble !== 'up') return { error: MEMBER_STATE_ERRORS[trouble] };
  const entry = state.numbers[country + number.toUpperCase()];
  if (entry?.verdict === 'blocked') return { error: 'VAT_BLOCKED' };
  const valid = entry?.verdict === 'valid';
  const told = valid && !SILENT_REGISTERS.has(country);
  const consulted = requester !== null && (valid || state.settings.consultation_for_invalid);
  const matches = Object.fromEntries(
    TRADER.map((field) => [
      field,
      valid && MATCHING_REGISTERS.has(country) ? match(field, trader[field], entry) : 'NOT_PROCESSED',
    ]),
  ) as Record<(typeof TRADER)[number], Match>;
  return {
    error: null,
    valid,
    name: told ? entry.name : UNTOLD,
    address: told ? entry.address : UNTOLD,
    consultation: consulted ? state.nextConsultation() : '',
    matches,
  };
}

function match(field: string, given: string | undefined, entry: { name: string; address: string }): Match {
  if (!given || field === 'traderCompanyType') return 'NOT_PROCESSED';
  const kept = field === 'traderName' ? entry.name : entry.address;
  return plain(kept).includes(plain(given)) ? 'VALID' : 'INVALID';
}

const plain = (text: string): string => text.toUpperCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** The test service's numbers, for any country (vies.md 15). */
export const TEST_NUMBERS: Record<string, string> = {
  201: 'INVALID_INPUT',
  202: 'INVALID_REQUESTER_INFO',
  300: 'SERVICE_UNAVAILABLE',
  301: 'MS_UNAVAILABLE',
  302: 'TIMEOUT',
  400: 'VAT_BLOCKED',
  401: 'IP_BLOCKED',
  500: 'GLOBAL_MAX_CONCURRENT_REQ',
  501: 'GLOBAL_MAX_CONCURRENT_REQ_TIME',
  600: 'MS_MAX_CONCURRENT_REQ',
  601: 'MS_MAX_CONCURRENT_REQ_TIME',
};
