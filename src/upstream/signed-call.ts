import type { RequestSigner } from './credentials/request-signer.ts';
import type { Transport, TransportCall, TransportHandler, TransportRequest } from './transport.ts';

/** A call that is signed before it is made, where no key says who sends it. Aborted while it is being signed, it is never made. */
export class SignedCall {
  private made: TransportCall | undefined;
  private aborted = false;

  /** Undefined until it is made. */
  get current(): TransportCall | undefined {
    return this.made;
  }

  /** @param refused called when it cannot be signed, with what was thrown; nothing was sent then */
  open(
    request: TransportRequest,
    handler: TransportHandler,
    { transport, signer }: { transport: Transport; signer: RequestSigner | undefined },
    refused: (thrown: unknown) => void,
  ): void {
    const { method, url, headers, body, upload } = request;
    const send = (added: { [name: string]: string }): void => {
      if (!this.aborted)
        this.made = transport.call({ ...request, headers: { ...headers, ...added } }, handler);
    };
    // A signature is over the whole body, which of an upload is not known yet.
    if (signer === undefined || upload !== undefined) send({});
    else signer.sign({ method, url, headers, body: body ?? new Uint8Array() }).then(send, refused);
  }

  abort(): void {
    this.aborted = true;
    this.made?.abort();
  }
}
