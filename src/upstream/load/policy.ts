/** How a deployment is found to be far from the others that serve the same model. */
export interface OutlierPolicy {
  /** Calls are judged over this time. */
  windowMs: number;
  /** Fewer calls within it say nothing. */
  callsMin: number;
  /** Fewer failures say nothing either, whatever their share. */
  failuresMin: number;
  /** A share of failures so much above the siblings' median ejects. */
  failureShareAbove: number;
  /** So many times the siblings' median time to the first content ejects. */
  slownessMin: number;
  /** First ejection; the n-th in a row lasts n times as long. */
  ejectionMs: number;
  ejectionMsMax: number;
  /** Each such time in service takes one off the count. */
  forgiveMs: number;
  /** Share of the siblings that may be out of service, ejected or with an open circuit, for one more to be ejected: below it. */
  outMax: number;
}

export interface LoadPolicy {
  outliers: OutlierPolicy;
  /** Share of the requests that look after the deployment that was not seen for longest, where latency decides. */
  explorationShare: number;
  /** Requests that wait for one deployment or one account. */
  queueLengthMax: number;
  queueWaitMsMax: number;
  /** A key that was refused, or whose account is empty, is left alone for so long; twice as long each time again. */
  refusedKeyMs: number;
  refusedKeyMsMax: number;
  /** A key that is limited and not told for how long; twice as long each time again. */
  limitedKeyMs: number;
  limitedKeyMsMax: number;
  /** Longest `retry-after` of a key that is obeyed. */
  retryAfterMsMax: number;
}

/**
 * The shape of outlier ejection, its 30 s that grow up to 300 s and its count that is taken back in good times are those of Envoy
 * (`outlier_detection.proto` v3: `base_ejection_time`, `max_ejection_time`, five failures). Envoy wants 50 to 100 requests in 10 s from five
 * hosts; models are called more rarely and stand in smaller groups, hence fewer calls in a longer window. Its limit of 10 % of the hosts
 * would never eject one of three: half is ours.
 */
export const defaultLoadPolicy: LoadPolicy = {
  outliers: {
    windowMs: 60_000,
    callsMin: 10,
    failuresMin: 5,
    failureShareAbove: 0.3,
    slownessMin: 3,
    ejectionMs: 30_000,
    ejectionMsMax: 300_000,
    forgiveMs: 60_000,
    outMax: 0.5,
  },
  explorationShare: 0.05,
  queueLengthMax: 256,
  queueWaitMsMax: 30_000,
  // Short at first, because a vendor's own trouble with keys passes; one call then finds out.
  refusedKeyMs: 15_000,
  refusedKeyMsMax: 3_600_000,
  limitedKeyMs: 1_000,
  limitedKeyMsMax: 60_000,
  retryAfterMsMax: 600_000,
};
