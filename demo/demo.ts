import { LOYALTY } from '@/db/make';

/** The password of everybody in the demo; listed on the sign-in page in demo mode only. */
export const DEMO_PASSWORD = 'demo-password';

export const demoStaff = [
  { id: 'usr_admin', email: 'admin@tierline.test', name: 'Ada Admin', staffRole: 'admin' },
  { id: 'usr_support', email: 'support@tierline.test', name: 'Sam Support', staffRole: 'support' },
] as const;

/** What happened to a merchant, in days before the seed's day. Each line is done through Stripe's API, as it was lived. */
export type StoryStep =
  | {
      day: number;
      do: 'subscribe';
      tier: string;
      interval?: 'month' | 'year';
      platform?: 'market' | 'loyalty';
      card?: string;
    }
  | { day: number; do: 'change'; tier: string }
  | { day: number; do: 'card'; card: string }
  | { day: number; do: 'pay' }
  | { day: number; do: 'cancel'; now?: boolean; reason: string }
  | { day: number; do: 'add_on'; code: string; domain?: string }
  | { day: number; do: 'credits'; code: string }
  | { day: number; do: 'enterprise'; amount: number };

export type DemoMerchant = {
  key: string;
  name: string;
  country?: string;
  vat?: string;
  owner: { email: string; name: string };
  stores: { code: string; name: string; platformId?: string }[];
  /** Days before the seed's day on which it joined (and its local trial began). */
  joined: number;
  story: StoryStep[];
  /** Rows of the modules now, for its first store (the second gets a third of it). */
  products: number;
  ordersThisMonth: number;
  team?: number;
};

const owner = (key: string, name: string) => ({ email: `owner@${key}.test`, name });

/** The people of section 9, each in the state that the demo, the tests and the README rely on. */
export const namedMerchants: DemoMerchant[] = [
  {
    key: 'acme',
    name: 'Acme Supplies',
    owner: owner('acme', 'Olivia Acme'),
    stores: [
      { code: 'ACME', name: 'Acme Luxembourg' },
      { code: 'ACMEDE', name: 'Acme Deutschland' },
      { code: 'ACMELOY', name: 'Acme Loyalty', platformId: LOYALTY },
    ],
    joined: 350,
    story: [
      { day: 340, do: 'subscribe', tier: 'essential' },
      { day: 190, do: 'change', tier: 'professional' },
      { day: 150, do: 'subscribe', tier: 'plus', platform: 'loyalty' },
      { day: 120, do: 'add_on', code: 'domain', domain: 'acme-supplies.example' },
      { day: 75, do: 'add_on', code: 'email_5' },
      { day: 60, do: 'credits', code: 'credits_100' },
    ],
    products: 156,
    ordersThisMonth: 190,
    team: 1,
  },
  {
    key: 'fresh',
    name: 'Fresh Flowers',
    owner: owner('fresh', 'Fiona Fresh'),
    stores: [{ code: 'FRESH', name: 'Fresh Flowers' }],
    joined: 10,
    story: [],
    products: 75,
    ordersThisMonth: 12,
  },
  {
    key: 'lapsed',
    name: 'Lapsed Lamps',
    owner: owner('lapsed', 'Leo Lapsed'),
    stores: [{ code: 'LAPSED', name: 'Lapsed Lamps' }],
    joined: 45,
    story: [],
    products: 34,
    ordersThisMonth: 0,
  },
  {
    key: 'late',
    name: 'Late Leather',
    owner: owner('late', 'Lara Late'),
    stores: [{ code: 'LATE', name: 'Late Leather' }],
    joined: 132,
    story: [
      { day: 126, do: 'subscribe', tier: 'professional' },
      { day: 20, do: 'card', card: 'pm_card_chargeCustomerFail' },
    ],
    products: 240,
    ordersThisMonth: 64,
  },
  {
    key: 'leaving',
    name: 'Leaving Luggage',
    owner: owner('leaving', 'Liam Leaving'),
    stores: [{ code: 'LEAVING', name: 'Leaving Luggage' }],
    joined: 200,
    story: [
      { day: 193, do: 'subscribe', tier: 'business' },
      { day: 4, do: 'cancel', reason: 'We are closing the shop' },
    ],
    products: 88,
    ordersThisMonth: 41,
  },
  {
    key: 'full',
    name: 'Full Furniture',
    owner: owner('full', 'Freya Full'),
    stores: [{ code: 'FULL', name: 'Full Furniture' }],
    joined: 82,
    story: [{ day: 75, do: 'subscribe', tier: 'essential' }],
    products: 200,
    ordersThisMonth: 71,
  },
  {
    key: 'grand',
    name: 'Grand Galleries',
    country: 'DE',
    owner: owner('grand', 'Greta Grand'),
    stores: [
      { code: 'GRAND', name: 'Grand Galleries' },
      { code: 'GRANDFR', name: 'Grand Galleries France' },
    ],
    joined: 300,
    story: [{ day: 290, do: 'enterprise', amount: 149_000 }],
    products: 900,
    ordersThisMonth: 400,
    team: 6,
  },
];

const shops = [
  'Alder Books',
  'Birch Bikes',
  'Cedar Ceramics',
  'Dahlia Design',
  'Elm Electronics',
  'Fern Fabrics',
  'Ginkgo Games',
  'Hazel Hardware',
  'Iris Instruments',
  'Juniper Jewels',
  'Kelp Kitchens',
  'Laurel Linens',
  'Maple Music',
  'Nettle Naturals',
  'Olive Optics',
  'Poplar Prints',
  'Quince Quilts',
  'Rowan Rugs',
  'Sage Soaps',
  'Teak Tools',
  'Umber Umbrellas',
  'Vine Vinyl',
  'Willow Wines',
  'Yarrow Yarns',
  'Zinnia Zippers',
  'Amber Art',
  'Basil Bakery',
  'Clover Coffee',
  'Daisy Drones',
  'Ember Eyewear',
  'Flint Fitness',
  'Garnet Gifts',
  'Heath Hats',
  'Indigo Ink',
  'Jasper Jackets',
  'Kite Knives',
  'Lotus Lights',
  'Moss Mugs',
  'North Nuts',
  'Opal Outdoor',
  'Pine Paper',
  'Quartz Quills',
] as const;

const countries = ['LU', 'DE', 'FR', 'BE', 'NL', 'LU', 'DE'] as const;

/** Some forty more merchants behind the named ones: the same each time, in every state a support person meets. */
export const otherMerchants: DemoMerchant[] = shops.map((name, index) => {
  const key = name.toLowerCase().replace(/[^a-z]+/g, '-');
  const code = name.split(' ')[0]?.toUpperCase() ?? key;
  const joined = 355 - index * 8;
  const tier =
    ['essential', 'professional', 'essential', 'business', 'professional'][index % 5] ?? 'essential';
  return {
    key: key.replace(/-/g, '_'),
    name,
    country: countries[index % countries.length],
    owner: {
      email: `owner@${key}.test`,
      name: `${['Alex', 'Billie', 'Chris', 'Dana', 'Eli'][index % 5]} ${name.split(' ')[1]}`,
    },
    stores: [{ code, name }],
    joined,
    story: storyOf(index, joined, tier),
    // One is over its plan: the exception it had is over (`makeOverrides`).
    products: name === 'Hazel Hardware' ? 230 : 12 + ((index * 37) % 180),
    ordersThisMonth: (index * 13) % 70,
    team: tier === 'business' && index % 2 === 1 ? 2 : undefined,
  };
});

function storyOf(index: number, joined: number, tier: string): StoryStep[] {
  const start = joined - 6;
  if (start < 12) return [];
  const yearly = index % 7 === 3;
  const first: StoryStep = { day: start, do: 'subscribe', tier, interval: yearly ? 'year' : 'month' };
  switch (index % 10) {
    case 1:
      return [first, { day: Math.max(9, start - 100), do: 'cancel', reason: 'Too expensive' }];
    case 2: // A failed payment that recovered: the card fails at the renewal and is mended days later.
      return start > 80
        ? [
            first,
            { day: start - 35, do: 'card', card: 'pm_card_chargeCustomerFail' },
            { day: start - 64, do: 'card', card: 'pm_card_visa' },
            { day: start - 64, do: 'pay' },
          ]
        : [first];
    case 4:
      return start > 60 && tier !== 'business'
        ? [first, { day: start - 45, do: 'change', tier: 'business' }]
        : [first];
    case 6:
      return [];
    case 8:
      return start > 90
        ? [first, { day: start - 70, do: 'cancel', now: true, reason: 'Closed the shop' }]
        : [first];
    default:
      return index % 3 === 0
        ? [first, { day: Math.max(8, start - 20), do: 'credits', code: 'credits_100' }]
        : [first];
  }
}

/** For the sign-in page of the demo. */
export const demoPeople = [
  { email: 'admin@tierline.test', what: 'admin' },
  { email: 'support@tierline.test', what: 'support' },
  { email: 'owner@acme.test', what: 'acme' },
  { email: 'member@acme.test', what: 'member' },
  { email: 'owner@fresh.test', what: 'fresh' },
  { email: 'owner@lapsed.test', what: 'lapsed' },
  { email: 'owner@late.test', what: 'late' },
  { email: 'owner@leaving.test', what: 'leaving' },
  { email: 'owner@full.test', what: 'full' },
  { email: 'owner@grand.test', what: 'grand' },
] as const;
