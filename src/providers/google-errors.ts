import type { ErrorClass } from './vendor.ts';

/**
 * What Google's two APIs for Gemini say alike; the same sentences arrive through every dialect. Sources: ai.google.dev
 * troubleshooting, docs.cloud.google.com API errors (2026-10).
 */
export const googleErrorClasses: ErrorClass[] = [
  {
    code: /^(SAFETY|BLOCKLIST|PROHIBITED_CONTENT|SPII|MODEL_ARMOR|JAILBREAK|IMAGE_SAFETY)$/,
    is: 'content_filtered',
  },
  {
    message:
      /\b(BLOCKLIST|PROHIBITED_CONTENT|SPII|MODEL_ARMOR)\b|blocked (due to|by|for) .*(safety|prohibited|policy)/i,
    is: 'content_filtered',
    hint: 'Google’s filter refused the prompt; some categories can be relaxed with safetySettings, prohibited content cannot.',
  },
  {
    message: /has not been used in project .* before or it is disabled/i,
    is: 'upstream_auth',
    hint: 'Enable the API in the Google Cloud project that the credentials belong to.',
  },
  {
    message: /requires billing to be enabled|billing account .*(disabled|closed)|enable billing/i,
    is: 'upstream_quota',
    hint: 'Link an active billing account to the Google Cloud project.',
  },
  {
    message: /(credits|prepay\w*|balance)\b.*\b(depleted|exhausted)/i,
    is: 'upstream_quota',
    hint: 'Top up the project’s prepaid credits.',
  },
  { message: /token count .* exceeds the maximum/i, is: 'upstream_rejected' },
];
