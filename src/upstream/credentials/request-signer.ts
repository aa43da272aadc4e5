/** A request as it will be sent, but for who sends it. */
export interface SignableRequest {
  method: string;
  /** With its path percent-encoded as it goes over the wire. */
  url: URL;
  /** Lower-case names. */
  headers: { [name: string]: string };
  body: Uint8Array;
}

/** Says who sends a request where a fixed key cannot: by a signature over it, or by a token that is fetched. */
export interface RequestSigner {
  /** The headers to send beside the request's own. Rejects with GatewayError. */
  sign(request: SignableRequest): Promise<{ [name: string]: string }>;
}
