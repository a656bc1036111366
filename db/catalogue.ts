/** What a fresh installation sells, and the demo with it: section 1 of the product's description. EUR, minor units. */

type LimitSeed = number | null | boolean;

type TierSeed = {
  code: string;
  name: string;
  description: string;
  monthly: number | null;
  limits: Record<string, LimitSeed>;
  isPublic?: boolean;
  isSelfService?: boolean;
};

/** A number or null (unlimited) is a limit, true a binary feature. */
const essential = {
  max_products: 200,
  max_orders_per_month: 100,
  max_team_members: 1,
  basic_support: true,
  basic_analytics: true,
};
const professional = {
  ...essential,
  max_products: null,
  max_orders_per_month: 500,
  max_team_members: 3,
  priority_support: true,
  analytics_dashboard: true,
  monthly_credits: 100,
};
const business = {
  ...professional,
  max_orders_per_month: 2000,
  max_team_members: 10,
  api_access: true,
  monthly_credits: 500,
};
const enterprise = {
  ...business,
  max_orders_per_month: null,
  max_team_members: null,
  email_accounts: null,
  white_label: true,
  custom_integrations: true,
  monthly_credits: 2000,
};

export const marketTiers: TierSeed[] = [
  {
    code: 'essential',
    name: 'Essential',
    description: 'For a shop that is starting out',
    monthly: 4900,
    limits: essential,
  },
  {
    code: 'professional',
    name: 'Professional',
    description: 'For a shop that is growing',
    monthly: 9900,
    limits: professional,
  },
  {
    code: 'business',
    name: 'Business',
    description: 'For several shops and a team',
    monthly: 19_900,
    limits: business,
  },
  {
    code: 'enterprise',
    name: 'Enterprise',
    description: 'Everything without limits, at your own price',
    monthly: null,
    limits: enterprise,
    isSelfService: false,
  },
];

export const loyaltyTiers: TierSeed[] = [
  {
    code: 'free',
    name: 'Free',
    description: 'Loyalty for up to 50 orders a month',
    monthly: 0,
    limits: { max_orders_per_month: 50 },
    isSelfService: false,
  },
  {
    code: 'plus',
    name: 'Plus',
    description: 'Loyalty for a shop that is growing',
    monthly: 2900,
    limits: { max_orders_per_month: 1000, basic_analytics: true, monthly_credits: 50 },
  },
];

export const marketAddOns = [
  {
    code: 'domain',
    name: 'Custom Domain',
    category: 'domain',
    interval: 'year',
    unitAmount: 1500,
    features: {},
  },
  {
    code: 'ssl_premium',
    name: 'Premium SSL',
    category: 'ssl',
    interval: 'year',
    unitAmount: 4900,
    features: {},
  },
  {
    code: 'email_5',
    name: '5 e-mail accounts',
    category: 'email',
    interval: 'month',
    unitAmount: 500,
    features: { email_accounts: 5 },
  },
  {
    code: 'email_10',
    name: '10 e-mail accounts',
    category: 'email',
    interval: 'month',
    unitAmount: 900,
    features: { email_accounts: 10 },
  },
  {
    code: 'email_25',
    name: '25 e-mail accounts',
    category: 'email',
    interval: 'month',
    unitAmount: 1900,
    features: { email_accounts: 25 },
  },
] as const;

export const marketPackages = [
  { code: 'credits_100', name: '100 credits', credits: 100, unitAmount: 1999 },
  { code: 'credits_500', name: '500 credits', credits: 500, unitAmount: 7999 },
] as const;
