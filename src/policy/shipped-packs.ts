import type { PackSettings } from './pack.ts';
import apacOnly from './packs/apac-only.json' with { type: 'json' };
import euOnly from './packs/eu-only.json' with { type: 'json' };
import licenceTerms from './packs/licence-terms.json' with { type: 'json' };
import mainlandChinaOnly from './packs/mainland-china-only.json' with { type: 'json' };
import noPrcOperated from './packs/no-prc-operated.json' with { type: 'json' };
import onPremForTagged from './packs/on-prem-for-tagged.json' with { type: 'json' };
import usGovernment from './packs/us-government.json' with { type: 'json' };

/** Packs to start from, each with the date of its rules. A test checks their form. */
export const shippedPacks: readonly PackSettings[] = [
  apacOnly as PackSettings,
  euOnly as PackSettings,
  licenceTerms as PackSettings,
  mainlandChinaOnly as PackSettings,
  noPrcOperated as PackSettings,
  onPremForTagged as PackSettings,
  usGovernment as PackSettings,
];
