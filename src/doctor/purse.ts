import { costOf, type Deployment, selectPrice } from '../catalog/index.ts';
import { noUsage, type Usage } from '../protocol/index.ts';
import { type NanoUsd, nanoFromPico, picoUsdPerToken } from '../std/index.ts';

/** What a call is taken to cost where nobody states a price, USD per 1M tokens: more than most models ask. */
const cautious = { input: picoUsdPerToken(5), output: picoUsdPerToken(25) };

/** Text in any script has fewer tokens than a third of its bytes, or nearly so. */
const bytesPerToken = 3;

export interface CallSize {
  bytes: number;
  outputTokensMax: number;
}

/** The money that checks may spend. A call is held at its worst case before, and counted as it was after. */
export class Purse {
  readonly #maxNano: NanoUsd;
  readonly #nowMs: () => number;
  #spentNano: NanoUsd = 0;

  constructor(maxNano: NanoUsd, nowMs: () => number) {
    this.#maxNano = maxNano;
    this.#nowMs = nowMs;
  }

  get spentNano(): NanoUsd {
    return this.#spentNano;
  }

  /** Undefined when the call might cost more than is left; else how to count what it did cost. */
  hold(
    deployment: Deployment,
    { bytes, outputTokensMax }: CallSize,
  ): ((usage: Usage | undefined) => void) | undefined {
    const worst = {
      ...noUsage,
      inputTokens: Math.ceil(bytes / bytesPerToken),
      outputTokens: outputTokensMax,
    };
    const heldNano = this.#costOf(deployment, worst);
    if (this.#spentNano + heldNano > this.#maxNano) return undefined;
    this.#spentNano += heldNano;
    return (usage) => {
      this.#spentNano += (usage === undefined ? heldNano : this.#costOf(deployment, usage)) - heldNano;
    };
  }

  #costOf({ prices, provider }: Deployment, usage: Usage): NanoUsd {
    const row = selectPrice(prices, {
      atMs: this.#nowMs(),
      inputTokens: usage.inputTokens,
      region: provider.region,
    });
    if (row !== undefined) return costOf(usage, row);
    // An engine on the operator's own machines sends no bill.
    if (provider.vendor.engine !== undefined) return 0;
    return nanoFromPico(
      BigInt(usage.inputTokens) * BigInt(cautious.input) +
        BigInt(usage.outputTokens) * BigInt(cautious.output),
    );
  }
}
